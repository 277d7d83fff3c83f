"""Authentication: access keys, request signatures, tokens."""
