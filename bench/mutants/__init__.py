"""Measures how many small faults in the function its tests notice."""
