"""The rights that a plan grants, and whether they allow a request."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from tests.infra.conftest import Plan, resources

BUCKET = "quota-invoices-dev"
FUNCTION = "huaweicloud_identity_role.bucket[0]"
REVIEWERS = "huaweicloud_identity_role.reviewers[0]"


def statements(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """Return the statements of each role, by its address."""
    roles = resources(plan, "huaweicloud_identity_role")
    return {address: json.loads(role["policy"])["Statement"] for address, role in roles.items()}


def granted(plan: Plan, role: str = FUNCTION) -> dict[str, set[str]]:
    """Return the resources of each action that a role allows; the function's by default."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for right in statements(plan)[role]:
        for action in right["Action"]:
            found[action] |= set(right["Resource"])
    return dict(found)


def allows(rights: Mapping[str, set[str]], action: str, key: str = "") -> bool:
    """Evaluate whether rights allow an action on an object, or on the bucket itself.

    Args:
        rights: resources by action, as OBS's policies name them.
        action: such as ``obs:object:GetObject``.
        key: the object's key; empty for the bucket.
    """
    asked = f"OBS:cn-north-4:account:object:{BUCKET}/{key}"
    if not key:
        asked = f"OBS:cn-north-4:account:bucket:{BUCKET}"
    patterns = (
        pattern for name, them in rights.items() if fnmatchcase(action, name) for pattern in them
    )
    return any(fnmatchcase(asked, pattern) for pattern in patterns)
