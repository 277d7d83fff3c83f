"""Event shapes: the only package that reads events and decodes object keys."""
