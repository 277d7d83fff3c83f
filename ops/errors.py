"""The error of the operator tools."""

from __future__ import annotations

import re

# The codes with which API Gateway, IAM and OBS refuse an access key or its signature.
_REFUSED = re.compile(
    r"APIGW?\.0301|IAM\.0001|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSecurity|ExpiredToken"
    r"|Incorrect IAM authentication"
)


class OpsError(Exception):
    """An operator command cannot continue.

    Args:
        problems: one line for each problem.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def hint(problem: str) -> str:
    """Return the rest of the line for a problem that wrong credentials cause; else nothing."""
    return "; are the credentials right and still valid?" if _REFUSED.search(problem) else ""
