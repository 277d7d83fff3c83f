"""Measures sweeps and backfills of many objects."""
