"""Papers that are no quota invoices, which a reader must refuse."""
