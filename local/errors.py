"""Errors of the local cloud itself."""

from __future__ import annotations


class CloudError(Exception):
    """A part of the local cloud failed."""
