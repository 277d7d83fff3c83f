"""HTTP connections, limits, and the answer to a failed request."""
