"""Why a stage cannot be worked on."""

from __future__ import annotations


class DeployError(Exception):
    """Something is missing or went wrong; one line for each thing that does.

    Args:
        problems: the lines.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
