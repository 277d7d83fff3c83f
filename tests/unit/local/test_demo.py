"""The table that ``make demo`` prints."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from local.demo import Result, _columns, _line, _row
from tests.support.paths import ROOT

NAME = "kunming-50-yuan-stamp-over-code.jpg"


def printed(width: int, *, needs_review: bool) -> str:
    invoice = {
        "code": "153011296753",
        "number": "71804853",
        "city": "昆明市",
        "province": "云南省",
        "location": "昆明",
        "amount": {"text": "￥50.00"},
        "needs_review": needs_review,
    }
    confidence = {"code": 0.7, "number": 0.99, "location": 0.99, "amount": 0.99}
    record = {
        "status": "recognized",
        "invoices": [invoice],
        "result": {"confidence": confidence},
    }
    right = dict.fromkeys(("code", "number", "location", "amount"), True)
    console = Console(file=io.StringIO(), width=width)
    console.print(_line(_columns(width), _row(NAME, Result(record, right, 1200))))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().rstrip("\n")


def test_a_long_name_stays_on_one_line_of_80_columns() -> None:
    text = printed(80, needs_review=False)
    assert "\n" not in text
    assert text.startswith("kunming-5…")
    assert "code.jpg " in text


def test_a_wide_terminal_shows_whole_names() -> None:
    assert printed(120, needs_review=False).startswith(NAME)


def test_a_doubtful_invoice_has_a_question_mark() -> None:
    assert "0.700?" in printed(80, needs_review=True)
    assert "?" not in printed(80, needs_review=False)


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_shows_the_table_of_80_columns(page: str) -> None:
    columns = _columns(80)
    console = Console(file=io.StringIO(), width=80)
    console.print(_line(columns, list(columns), header=True))
    assert isinstance(console.file, io.StringIO)
    header = console.file.getvalue().rstrip()
    assert f"```text\n{header}\n" in (ROOT / page).read_text(encoding="utf-8")
