"""Uploads, failures, and the ledger and packet of a selection."""
