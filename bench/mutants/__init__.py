"""Measures how many small faults in the function its unit tests notice."""
