"""The errors of this package."""

from __future__ import annotations


class AccountingError(Exception):
    """An error that the user can resolve; the message tells how."""


class EmptyChoice(AccountingError):
    """No input is chosen.

    Args:
        prefix: the beginning of the keys that were looked for.
    """

    def __init__(self, prefix: str) -> None:
        super().__init__(f"there is no input below {prefix}")
