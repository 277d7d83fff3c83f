"""What can go wrong with the local cloud itself."""

from __future__ import annotations


class CloudError(Exception):
    """A part of the local cloud did not do what it should."""
