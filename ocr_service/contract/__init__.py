"""The contract of the API: bodies, error codes, OpenAPI description."""
