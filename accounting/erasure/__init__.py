"""Erasure: removes an input and all its traces."""
