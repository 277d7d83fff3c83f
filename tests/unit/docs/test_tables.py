"""The tables and examples of the documentation are those of the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image, ImageChops

from accounting.ledger.exports import COLUMNS
from bench.report.page import draw
from bench.report.readme import FIGURES, PLOT, plot, with_figures
from bench.write_settings import with_table
from quota_invoice.errors import ConfigurationError, ImageRefused
from quota_invoice.invoice import file_rules
from quota_invoice.invoice.duplicates import FIRST_MISSING, RULE
from quota_invoice.invoice.fields import Fields
from quota_invoice.invoice.rules import RULES, check
from quota_invoice.obs.objects import Source
from quota_invoice.recognition.formats.signatures import Kind
from quota_invoice.recognition.reading import Api, Reading, Recognition
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.records.file_texts import OF_FILES
from quota_invoice.records.record import failed, recognized
from quota_invoice.reviews.effective import CONFLICT, READ_AGAIN
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from quota_invoice.settings.settings import Settings
from tests.support.fakes import FakeStore
from tests.support.paths import ROOT
from tests.support.repository.layers import LAYERS, SINGLE
from tests.support.repository.pages import CHINESE, README, blocks, table_below, text_of

RECORDS = text_of("docs/records.md")
BLOCKS = [json.loads(block) for block in blocks(RECORDS, "json")]
RECORD, FINDING, FAILURE = BLOCKS
FORMAT = {README: "Format", CHINESE: "格式"}
SOURCE = Source("b", "incoming/a.jpg", "e", 1, None, None)
FILE_RULES = [
    rule
    for name, rule in vars(file_rules).items()
    if getattr(rule, "__module__", "") == file_rules.__name__ and not name.startswith("_")
]
PROJECT = "0123456789abcdef0123456789abcdef"
SETTINGS = {row[0].strip("`"): row for row in table_below(text_of(README), "Name")}
RANGES = [
    (name, *limits[0])
    for name, (_, meaning, _) in SETTINGS.items()
    if (limits := re.findall(r"(\d+) to (\d+)$", meaning))
]


def test_the_record_has_the_members_of_a_written_one() -> None:
    reading = Reading(Api.QUOTA_INVOICE, {1: Recognition(RECORD["result"], "id", 1)}, 1)
    made = recognized(SOURCE, reading, region="cn-north-4")
    made = AppearanceIndex(FakeStore(), DEFAULT_LAYOUT).add(SOURCE, made)
    assert list(paths(RECORD)) == list(paths(made))
    assert RECORD["invoices"] == made["invoices"]
    for name, rules in RECORD["rules"].items():
        shown = [each.get("rule", "") for each in rules] if name == "not_run" else rules
        written = made["rules"][name]
        assert shown == ([each["rule"] for each in written] if name == "not_run" else written)


def test_the_finding_is_one_of_a_rule() -> None:
    finding, _ = check(Fields.of({**RECORD["result"], "code": "144031909110"}))
    assert finding.to_json() == FINDING


def test_the_table_of_findings_has_each_rule() -> None:
    rows = table_below(RECORDS, "Finding")
    names = [re.match(r"`([a-z_]+)(?:\.[a-z]+)?`", row[0]) for row in rows]
    assert {name[1] for name in names if name} == (
        {rule.__name__ for rule in (*RULES, *FILE_RULES)}
        | {RULE, FIRST_MISSING, CONFLICT, READ_AGAIN}
    )
    severities = {word for row in rows for word in re.findall(r"`(\w+)`", row[1])}
    assert severities == {"info", "doubt", "serious"}
    assert all(row[1] for row in rows)


def test_the_table_of_refused_files_has_each_code() -> None:
    codes = {
        code for row in table_below(RECORDS, "Code") for code in re.findall(r"`([\w.]+)`", row[0])
    }
    assert codes == {code for code in OF_FILES if code.startswith("File.")}


def test_the_failure_record_has_the_members_of_a_written_one() -> None:
    made = failed(SOURCE, ImageRefused("AIS.0104", "poor", "id"))
    assert list(FAILURE) == list(made)
    assert list(paths(FAILURE["error"])) == list(paths(made["error"]))
    assert FAILURE["error"]["message"] == made["error"]["message"]
    for language, hint in FAILURE["error"]["hint"].items():
        assert made["error"]["hint"][language].startswith(hint.removesuffix("…").rstrip())


@pytest.mark.parametrize("page", [README, CHINESE])
def test_the_table_of_formats_has_each_kind_that_can_be_read(page: str) -> None:
    by_url, converted, _ = (row[0] for row in table_below(text_of(page), FORMAT[page]))
    assert re.split("[、，,] ?", by_url) == [
        kind.value for kind in Kind if kind.is_read_by_url and kind is not Kind.UNKNOWN
    ]
    assert re.split("[、，,] ?", converted) == [kind.value for kind in Kind if kind.is_converted]


def test_the_table_of_layers_has_each_layer_in_order() -> None:
    rows = table_below(text_of("docs/design.md"), "Folder or module")
    names = [re.match(r"\[`(\w+)", row[0]) for row in rows]
    assert [name[1] for name in names if name] == [layer for layer in LAYERS if layer != SINGLE]


def test_the_table_of_the_bucket_has_every_prefix_in_order() -> None:
    rows = table_below(text_of("docs/design.md"), "Prefix")
    assert [row[0] for row in rows] == [f"`{name}`" for name in DEFAULT_LAYOUT.prefixes.values()]


def test_the_table_of_the_ledger_has_every_column_in_order() -> None:
    rows = table_below(text_of("docs/ledger.md"), "Column")
    names = " ".join(row[0] for row in rows)
    assert tuple(re.findall(r"`([a-z_]+)`", names)) == COLUMNS


def test_the_settings_table_is_made_of_the_present_settings() -> None:
    assert with_table(text_of(README)) == text_of(README)


def test_the_settings_table_has_every_setting_with_its_default() -> None:
    read: list[str] = []

    def lookup(name: str) -> str | None:
        read.append(name)
        default = re.fullmatch("`(.*)`", SETTINGS[name][2])
        return default[1] if default else None

    assert Settings.read(lookup, PROJECT) == Settings.read(lambda _: None, PROJECT)
    assert sorted(read) == sorted(SETTINGS)
    with pytest.raises(ConfigurationError):
        Settings.read({"REGION": "mars"}.get, PROJECT)


@pytest.mark.parametrize(("name", "least", "most"), RANGES)
def test_the_limits_of_a_setting_are_those_of_the_table(name: str, least: str, most: str) -> None:
    # A timeout of OCR may not exceed the life of the URL, so that life is long here.
    others = {} if name == "SIGNED_URL_SECONDS" else {"SIGNED_URL_SECONDS": "85800"}
    others |= {"OCR_TIMEOUT_SECONDS": "1"} if name == "SIGNED_URL_SECONDS" else {}
    for value in (least, most):
        Settings.read({**others, name: value}.get, PROJECT)
    for outside in (int(least) - 1, int(most) + 1):
        with pytest.raises(ConfigurationError, match=name):
            Settings.read({**others, name: str(outside)}.get, PROJECT)


def test_each_alarm_of_the_template_is_in_the_table() -> None:
    found = yaml.safe_load((ROOT / "template.yaml").read_text(encoding="utf-8"))["locals"]
    rows = table_below(text_of("docs/operations.md"), "Alarm")
    names = [row[0].strip("`") for row in rows]
    assert names == [*found["metric_alarms"], *found["log_alarms"]]
    assert all(len(row) == 3 and all(row) for row in rows)


def paths(value: Any, at: str = "") -> Iterator[str]:
    """Yield the names of all members, at any depth."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield f"{at}.{name}"
            yield from paths(item, f"{at}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, f"{at}[]")


@pytest.mark.parametrize("readme", [README, CHINESE])
def test_the_figures_of_the_benchmarks_are_those_of_the_last_run(readme: str) -> None:
    values = json.loads(FIGURES.read_bytes())
    text = text_of(readme)
    assert with_figures(readme, text, values) == text
    assert with_figures(readme, text, {**values, "zip_ms": 987}) != text


def test_the_plot_shows_the_figures_of_the_last_run(tmp_path: Path) -> None:
    draw(plot(json.loads(FIGURES.read_bytes())), tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as drawn, Image.open(PLOT) as kept:
        assert ImageChops.difference(drawn, kept).getbbox() is None
    assert f"docs/figures/{PLOT.name}" in text_of(README)
