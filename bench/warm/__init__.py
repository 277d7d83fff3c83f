"""Measures the function's own time, its requests and its connections once it is warm."""
