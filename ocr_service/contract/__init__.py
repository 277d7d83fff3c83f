"""The contract of the API: bodies and OpenAPI description."""
