"""The sweep: finds inputs without a right record, and processes them."""
