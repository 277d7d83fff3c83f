"""Benchmarks, the soak test, and the drawing of invoices for them and for the samples."""
