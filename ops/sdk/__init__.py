"""Clients of the official SDKs for operators, and their errors in words."""
