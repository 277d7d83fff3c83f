"""The API's contract: bodies, error codes, OpenAPI description."""
