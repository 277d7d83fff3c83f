"""The README is correct."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from accounting.ledger.exports import COLUMNS
from quota_invoice.errors import ConfigurationError, ImageRefused
from quota_invoice.invoice.duplicates import FIRST_MISSING, RULE
from quota_invoice.invoice.fields import Fields
from quota_invoice.invoice.file_rules import (
    pages_without_invoice,
    unread_pages,
    unread_tickets,
)
from quota_invoice.invoice.rules import RULES, check
from quota_invoice.obs.objects import Source
from quota_invoice.recognition.reading import Api, Reading, Recognition
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.records.record import failed, recognized
from quota_invoice.reviews.effective import CONFLICT, READ_AGAIN
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from quota_invoice.settings.settings import Settings
from tests.support.fakes import FakeStore
from tests.support.paths import ROOT

PAGES = ("README.md", "stages/README.md", "docs/operations.md", "docs/review.md")
TEXTS = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}
README = TEXTS["README.md"]
TARGETS = sorted(set(re.findall(r"`?make ([a-z][a-z-]+)", "\n".join(TEXTS.values()))))
BLOCKS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]
SOURCE = Source("b", "incoming/a.jpg", "e", 1, None, None)


@pytest.mark.parametrize("target", TARGETS)
def test_each_make_target_exists(target: str) -> None:
    command = ["make", "--dry-run", target, "EVENT=e", "REVIEWER=e"]
    asked = subprocess.run(command, check=False, cwd=ROOT, capture_output=True)  # noqa: S603 - our own
    assert asked.returncode == 0, asked.stderr


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_somewhere(page: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXTS[page]) if "://" not in link]
    assert links
    assert [link for link in links if not leads_somewhere(page, link)] == []


def leads_somewhere(page: str, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page
    if not anchor:
        return target.exists()
    headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
    slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return anchor in slugs


def test_the_record_has_the_members_of_a_written_one() -> None:
    record = BLOCKS[0]
    reading = Reading(Api.QUOTA_INVOICE, {1: Recognition(record["result"], "id", 1)}, 1)
    made = recognized(SOURCE, reading, region="cn-north-4")
    made = AppearanceIndex(FakeStore(), DEFAULT_LAYOUT).add(SOURCE, made)
    assert list(paths(record)) == list(paths(made))
    assert record["invoices"] == made["invoices"]
    for name, rules in record["rules"].items():
        shown = [each.get("rule", "") for each in rules] if name == "not_run" else rules
        written = made["rules"][name]
        assert shown == ([each["rule"] for each in written] if name == "not_run" else written)


def test_the_finding_is_one_of_a_rule() -> None:
    finding, _ = check(Fields.of({**BLOCKS[0]["result"], "code": "144031909110"}))
    assert finding.to_json() == BLOCKS[1]


def test_the_table_of_findings_has_each_rule() -> None:
    [table] = re.findall(r"^\| Finding \|.*?\n\n", README, re.MULTILINE | re.DOTALL)
    names = set(
        re.findall(
            r"^\| `([a-z_]+)(?:\.[a-z]+)?`.*\| `(?:info|doubt|serious)`", table, re.MULTILINE
        )
    )
    of_files = (unread_pages, pages_without_invoice, unread_tickets)
    of_records = {RULE, FIRST_MISSING, CONFLICT, READ_AGAIN}
    assert names == {rule.__name__ for rule in (*RULES, *of_files)} | of_records


def test_the_failure_record_has_the_members_of_a_written_one() -> None:
    shown, made = BLOCKS[2], failed(SOURCE, ImageRefused("AIS.0104", "poor", "id"))
    assert list(shown) == list(made)
    assert list(paths(shown["error"])) == list(paths(made["error"]))
    assert shown["error"]["message"] == made["error"]["message"]
    for language, hint in shown["error"]["hint"].items():
        assert made["error"]["hint"][language].startswith(hint.removesuffix("…").rstrip())


def test_the_table_of_the_bucket_has_every_prefix_in_order() -> None:
    table = README.partition("## The bucket\n")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `([^`]+/)` \|", table, re.MULTILINE)) == tuple(
        DEFAULT_LAYOUT.prefixes.values()
    )


def test_the_table_of_the_ledger_has_every_column_in_order() -> None:
    table = README.partition("| Column | Meaning |\n")[2].partition("\n\n")[0]
    names = [line.split("|")[1] for line in table.splitlines()[1:]]
    assert tuple(re.findall(r"`([a-z_]+)`", " ".join(names))) == COLUMNS


def test_the_settings_table_has_every_setting_with_its_default() -> None:
    table = dict(
        re.findall(r"^\| `([A-Z_]+)` \|.*\| (?:`([^`]*)`|[^|]*) \|$", README, re.MULTILINE)
    )
    read: list[str] = []

    def lookup(name: str) -> str | None:
        read.append(name)
        return table.get(name) or None

    project = "0123456789abcdef0123456789abcdef"
    assert Settings.read(lookup, project) == Settings.read(lambda _: None, project)
    assert sorted(read) == sorted(table)
    with pytest.raises(ConfigurationError):
        Settings.read({"REGION": "mars"}.get, project)


@pytest.mark.parametrize("page", ["README.md", "docs/operations.md"])
def test_each_alarm_of_the_template_is_in_the_table(page: str) -> None:
    found = yaml.safe_load((ROOT / "template.yaml").read_text(encoding="utf-8"))["locals"]
    [table] = re.findall(r"^\| Alarm \|.*?\n\n", TEXTS[page], re.MULTILINE | re.DOTALL)
    names = re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)
    assert names == [*found["metric_alarms"], *found["log_alarms"]]


def paths(value: Any, at: str = "") -> Iterator[str]:
    """Yield the names of all members, at any depth."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield f"{at}.{name}"
            yield from paths(item, f"{at}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, f"{at}[]")
