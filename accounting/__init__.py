"""For accountants: from the records in the bucket to a ledger."""
