"""HTTP connections, limits, request logging and error responses."""
