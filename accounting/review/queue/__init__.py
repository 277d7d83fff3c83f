"""The list of invoices, those that are most likely wrong first."""
