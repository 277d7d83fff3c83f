"""The review page: people check the doubtful invoices, and their decisions become entries."""
