"""Measures the memory of an instance over many uploads."""
