"""Benchmarks, the soak test, and the drawing of invoices that they and the samples need."""
