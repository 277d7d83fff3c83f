"""The template is valid for the provider's schema, and plans with each choice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.deploy.engine import Engine
from ops.errors import OpsError
from ops.stage import ROOT, TEMPLATE

FUNCTION = "huaweicloud_fgs_function"
TESTS = Path(__file__).with_name("template.tftest.hcl")

Rendered = Callable[..., Engine]
Change = Callable[[dict[str, Any]], None]


def test_the_template_is_valid_for_the_providers_schema(rendered: Rendered) -> None:
    assert "valid" in rendered().run("validate", "-no-color")


def test_no_argument_is_deprecated() -> None:
    template = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "ops/standin/provider-schema.json").read_text(encoding="utf-8"))
    for kind, found in template["resource"].items():
        arguments = schema["resources"].get(kind, {}).get("attributes", {})
        old = {name for name, about in arguments.items() if about.get("deprecated")}
        for name, resource in found.items():
            assert not old & set(resource), f"{kind}.{name}"


def misspelt(template: dict[str, Any]) -> None:
    function = template["resource"][FUNCTION]["function"]
    function["memory_sizes"] = function.pop("memory_size")


def of_wrong_type(template: dict[str, Any]) -> None:
    template["resource"][FUNCTION]["function"]["timeout"] = "soon"


def misspelt_in_a_block(template: dict[str, Any]) -> None:
    bucket = template["resource"]["huaweicloud_obs_bucket"]["invoices"]
    rule = bucket["dynamic"]["lifecycle_rule"]["content"]
    rule["prefixes"] = rule.pop("prefix")


def of_unknown_resource_type(template: dict[str, Any]) -> None:
    template["resource"]["huaweicloud_fgs_functions"] = template["resource"].pop(FUNCTION)


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (misspelt, "memory_size"),
        (of_wrong_type, "a number is required"),
        (misspelt_in_a_block, "prefixes"),
        (of_unknown_resource_type, "huaweicloud_fgs_functions"),
    ],
)
def test_arguments_outside_the_schema_are_refused(
    rendered: Rendered, change: Change, message: str
) -> None:
    with pytest.raises(OpsError, match=message):
        rendered(change).run("validate", "-no-color")


@pytest.mark.exhaustive
@pytest.mark.timeout(300)
def test_each_choice_changes_the_plan(rendered: Rendered) -> None:
    engine = rendered()
    (engine.folder / "tests").mkdir()
    shutil.copy(TESTS, engine.folder / "tests")
    (engine.folder / "function.zip").write_bytes(b"code")
    (engine.folder / "stage.auto.tfvars.json").unlink()
    code = str(engine.folder / "function.zip")
    only = f"-filter=tests/{TESTS.name}"
    output = engine.run("test", "-no-color", only, f"-var=code={code}", "-var=bucket=invoices")
    assert "18 passed, 0 failed" in output
