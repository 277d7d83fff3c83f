"""Accuracy and speed of reading invoices, compared with the stock engine."""
