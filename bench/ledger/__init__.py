"""The benchmark of the ledger: many records, from a bucket that answers at once."""
