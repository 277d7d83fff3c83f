"""The queue of the review page: all invoices, those most likely wrong first."""
