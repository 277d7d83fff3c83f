"""Papers that a reader must refuse because they are not quota invoices."""
