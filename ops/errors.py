"""The error of the operator tools."""

from __future__ import annotations


class OpsError(Exception):
    """An operator command cannot continue.

    Args:
        problems: one line for each problem.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
