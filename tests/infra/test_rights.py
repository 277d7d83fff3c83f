"""Roles allow the requests that their holders make, and no others; the local cloud has the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from local.bucket.seaweedfs import policies
from tests.infra.conftest import Plan, resources
from tests.infra.rights import BUCKET, FUNCTION, REVIEWERS, allows, granted

Planned = Callable[..., Plan]

SEEN = (
    "incoming/2026/11/a.jpg",
    "results/a.jpg.json",
    "failures/a.jpg.json",
    "reviews/a.jpg/1.json",
)
OF_THE_FUNCTION = (
    "results/a.jpg.json",
    "failures/a.jpg.json",
    "retries/a.jpg.1.json",
    "progress/a.pdf/1.json",
    "index/1/2/a",
    "history/a.jpg.e.json",
)
WRITES = (
    "PutObject",
    "DeleteObject",
    "DeleteObjectVersion",
    "PutObjectAcl",
    "ModifyObjectMetaData",
)


def test_reviewers_get_a_role_when_the_stage_chooses_it(plan: Planned) -> None:
    assert REVIEWERS not in resources(plan(), "huaweicloud_identity_role")
    found = resources(plan(reviewers_role=True), "huaweicloud_identity_role")[REVIEWERS]
    assert (found["name"], found["type"]) == ("quota-invoice-ocr-dev-reviewers", "AX")


def test_operators_who_may_not_create_an_agency_can_offer_the_role(plan: Planned) -> None:
    found = plan(reviewers_role=True, function_agency="theirs")
    assert set(resources(found, "huaweicloud_identity_role")) == {REVIEWERS}


@pytest.mark.parametrize("key", SEEN)
def test_reviewers_read_images_records_failures_and_decisions(plan: Planned, key: str) -> None:
    rights = granted(plan(reviewers_role=True), REVIEWERS)
    assert allows(rights, "obs:object:GetObject", key)
    assert allows(rights, "obs:bucket:ListBucket")


@pytest.mark.parametrize("key", ["incoming/2026/11/a.jpg", "reviews/a.jpg/1.json"])
def test_reviewers_add_uploads_and_decisions(plan: Planned, key: str) -> None:
    assert allows(granted(plan(reviewers_role=True), REVIEWERS), "obs:object:PutObject", key)


def test_reviewers_delete_nothing_and_write_nothing_of_the_function(plan: Planned) -> None:
    rights = granted(plan(reviewers_role=True), REVIEWERS)
    for action in WRITES:
        for key in (*OF_THE_FUNCTION, "anything"):
            assert not allows(rights, f"obs:object:{action}", key), (action, key)
    for action in WRITES[1:]:
        for key in SEEN:
            assert not allows(rights, f"obs:object:{action}", key), (action, key)
    for action in ("PutBucketPolicy", "PutBucketAcl", "DeleteBucket", "PutLifecycleConfiguration"):
        assert not allows(rights, f"obs:bucket:{action}"), action


def test_reviewers_see_nothing_else_and_reach_no_other_bucket(plan: Planned) -> None:
    rights = granted(plan(reviewers_role=True), REVIEWERS)
    for key in ("index/1/2/a", "retries/a.jpg.1.json", "history/a.jpg.e.json", "other.txt"):
        assert not allows(rights, "obs:object:GetObject", key), key
    named = {
        resource.rpartition(":")[2].partition("/")[0]
        for each in rights.values()
        for resource in each
    }
    assert named == {BUCKET}


def test_the_reviewers_role_follows_the_prefixes(plan: Planned) -> None:
    chosen = {"input_prefix": "in/a/", "reviews_prefix": "people/", "results_prefix": "out/"}
    rights = granted(plan(reviewers_role=True, **chosen), REVIEWERS)
    assert allows(rights, "obs:object:PutObject", "people/a.jpg/1.json")
    assert not allows(rights, "obs:object:PutObject", "reviews/a.jpg/1.json")
    assert not allows(rights, "obs:object:PutObject", "out/a.jpg.json")


@pytest.mark.parametrize(("number", "role"), [(0, FUNCTION), (1, REVIEWERS)])
def test_the_local_cloud_grants_the_same_rights(plan: Planned, number: int, role: str) -> None:
    local: defaultdict[str, set[str]] = defaultdict(set)
    document: dict[str, Any] = policies(BUCKET)["policies"][number]["document"]
    for right in document["Statement"]:
        for action in right["Action"]:
            local[action.removeprefix("s3:")] |= {
                resource.rpartition(":")[2] for resource in right["Resource"]
            }
    deployed = {
        action.rpartition(":")[2]: {resource.rpartition(":")[2] for resource in found}
        for action, found in granted(plan(reviewers_role=True), role).items()
    }
    assert local == deployed
