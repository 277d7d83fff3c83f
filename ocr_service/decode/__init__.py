"""Decodes untrusted files to pixels in resource-limited subprocesses."""
