"""Clients of the official SDKs for the operator tools, and their errors as readable lines."""
