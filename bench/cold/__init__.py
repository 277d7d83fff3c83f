"""Measures the cold start of the zip against the usual packing and ``requests`` alone."""
