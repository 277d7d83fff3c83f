"""Runs all benchmarks and writes their figures as one file and one page."""
