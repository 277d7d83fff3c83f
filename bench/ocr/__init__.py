"""How well and how fast invoices are read, beside the stock engine, in one run."""
