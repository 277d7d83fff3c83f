"""The errors of this package."""

from __future__ import annotations


class AccountingError(Exception):
    """An error that the user can resolve; the message tells how."""
