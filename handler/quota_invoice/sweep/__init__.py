"""The sweep: finds inputs without a right record, and sees each one to an end."""
