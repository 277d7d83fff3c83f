"""The table of provinces' last days, and the findings on invoices that come later."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from ops.errors import OpsError
from ops.package import build as building
from ops.package.selection import Selection
from quota_invoice.invoice import expiry_rules, rules
from quota_invoice.invoice.expiry_rules import parse_table, past_last_day, table
from quota_invoice.invoice.fields import Conditions, Fields
from quota_invoice.invoice.rules import applied

TABLE = "# announced by the bureaus\n广东省: 2025-06-30\n深圳市: 2024-12-31\n\n"


@pytest.fixture
def _filled(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (expiry_rules, rules):
        monkeypatch.setattr(module, "table", lambda: parse_table(TABLE))


def found(code: str, seen_on: date, location: str = "") -> list[tuple[str, str]]:
    fields = Fields(code=code, location=location, conditions=Conditions(seen_on))
    return [(each.code, each.severity.value) for each in past_last_day(fields)]


def test_the_table_is_read_as_any_yaml_reader_reads_it() -> None:
    assert parse_table(TABLE) == (yaml.safe_load(TABLE), ())
    path = Path(expiry_rules.__file__).with_name("expiry.yaml")
    assert table() == (yaml.safe_load(path.read_text(encoding="utf-8")) or {}, ())


@pytest.mark.parametrize(
    "line",
    [
        "广东省\uff1a2025-06-30",
        "广东省:2025-06-30",
        "广东省: 2025-6-30",
        "广东省: 2025/06/30",
        "广东省: 2025.6.30",
        "广东省\uff1a 2025年6月30日",
        '"广东省": "2025-06-30"',
        "\ufeff广东省: 2025-06-30",
    ],
)
def test_the_usual_forms_of_a_line_are_read(line: str) -> None:
    assert parse_table(line.encode().decode("utf-8-sig")) == ({"广东省": date(2025, 6, 30)}, ())


@pytest.mark.parametrize(
    "line",
    ["广东省 2025-06-30", "广东省: soon", "广东: 2025-06-30", "- 广东省", "广东省: 2025-13-30"],
)
def test_a_line_that_says_no_last_day_is_told_and_stops_no_invoice(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (expiry_rules, rules):
        monkeypatch.setattr(module, "table", lambda: parse_table(f"{line}\n深圳市: 2024-12-31"))
    run, not_run = applied()
    assert "past_last_day" in run
    [reason] = [each["reason"] for each in not_run if each["rule"] == "past_last_day"]
    assert "expiry.yaml" in reason
    assert line in reason
    assert found("144031909110", date(2025, 1, 1)) == [("past_last_day", "doubt")]


def test_a_wrong_line_is_refused_when_the_package_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "quota_invoice/invoice/expiry.yaml"
    monkeypatch.setattr(building, "_own_files", lambda: {name: "广东: 2025-06-30".encode()})
    monkeypatch.setattr(building, "read_packages", lambda _: [])
    monkeypatch.setattr(building, "read_rules", list)
    monkeypatch.setattr(building, "select", lambda *_: Selection({}, {}, {}))
    with pytest.raises(OpsError, match=r"expiry\.yaml: .*: 广东: 2025-06-30"):
        building.build(Path("packages"), Path("function.zip"))


@pytest.mark.usefixtures("_filled")
@pytest.mark.parametrize(
    ("code", "location", "last"),
    [
        ("144011909110", "", date(2025, 6, 30)),  # Guangzhou
        ("144031909110", "", date(2024, 12, 31)),  # Shenzhen has a day of its own
        ("", "广东省广州市", date(2025, 6, 30)),
    ],
)
def test_an_invoice_that_was_uploaded_after_the_last_day_is_doubtful(
    code: str, location: str, last: date
) -> None:
    assert found(code, last, location) == []
    assert found(code, last + timedelta(days=1), location) == [("past_last_day", "doubt")]


@pytest.mark.usefixtures("_filled")
def test_a_code_of_a_year_after_the_last_day_is_serious() -> None:
    assert found("144032509110", date(2025, 1, 1)) == [("past_last_day", "serious")]
    # Guangzhou's day lies within this year: the invoice may have been issued before.
    assert found("144012509110", date(2025, 6, 30)) == []
    assert found("144012509110", date(2025, 7, 1)) == [("past_last_day", "doubt")]


@pytest.mark.usefixtures("_filled")
def test_an_invoice_of_another_province_has_no_last_day() -> None:
    assert found("111002509110", date(2026, 1, 1)) == []


@pytest.mark.usefixtures("_filled")
def test_a_filled_table_is_a_rule_that_is_run() -> None:
    run, not_run = applied()
    assert "past_last_day" in run
    assert "past_last_day" not in [each["rule"] for each in not_run]


def test_an_empty_table_is_a_rule_that_is_not_run() -> None:
    run, not_run = applied()
    assert "past_last_day" not in run
    assert "past_last_day" in [each["rule"] for each in not_run]
