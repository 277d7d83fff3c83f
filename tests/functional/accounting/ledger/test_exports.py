"""The ledger as CSV, JSON lines and Parquet."""

from __future__ import annotations

import codecs
import csv
import json
import stat
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from accounting.errors import AccountingError
from accounting.ledger.exports import COLUMNS, escape_formula
from accounting.ledger.make import Made
from tests.support.ledger.record_store import HOSTILE, RecordStore, invoice

Make = Callable[..., Made]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_csv_file_begins_with_a_bom_and_has_texts(
    store: RecordStore, make: Make, tmp_path: Path
) -> None:
    store.add("a.jpg", invoice(code="011001900212", number="00000001"))
    make(tmp_path / "ledger.csv")
    assert (tmp_path / "ledger.csv").read_bytes().startswith(codecs.BOM_UTF8)
    [row] = read_csv(tmp_path / "ledger.csv")
    assert list(row) == list(COLUMNS)
    assert (row["code"], row["number"], row["amount"]) == ("011001900212", "00000001", "50.00")


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_hostile_texts_arrive_as_texts(
    store: RecordStore, make: Make, tmp_path: Path, suffix: str
) -> None:
    for place, text in enumerate(HOSTILE):
        store.add(f"{place:02}.jpg", {**invoice(), "code": text, "location": text})
    out = tmp_path / f"ledger{suffix}"
    make(out)
    if suffix == ".csv":
        rows = read_csv(out)
        escaped = [(escape_formula(text),) * 2 for text in HOSTILE]
        assert [(row["code"], row["location"]) for row in rows] == escaped
        signs = tuple("=+-@\t\r\n＝＋－＠")
        assert [row["code"] for row in rows if row["code"].startswith(signs)] == []
    elif suffix == ".jsonl":
        lines = out.read_bytes().removesuffix(b"\n").split(b"\n")
        assert [json.loads(line)["code"] for line in lines] == HOSTILE
    else:
        found = duckdb.read_parquet(str(out)).project("code, location").fetchall()
        assert found == [(text, text) for text in HOSTILE]


def test_amounts_are_exact_in_each_format(store: RecordStore, make: Make, tmp_path: Path) -> None:
    store.add("a.jpg", invoice(amount="￥99999999.99"))
    for suffix in (".csv", ".jsonl", ".parquet"):
        make(tmp_path / f"ledger{suffix}")
    [row] = read_csv(tmp_path / "ledger.csv")
    line = json.loads((tmp_path / "ledger.jsonl").read_text(encoding="utf-8"))
    [(amount,)] = duckdb.read_parquet(str(tmp_path / "ledger.parquet")).project("amount").fetchall()
    assert (row["amount"], line["amount"], amount) == (
        "99999999.99",
        "99999999.99",
        Decimal("99999999.99"),
    )


def test_only_the_owner_can_read_ledger_and_cache(
    store: RecordStore, make: Make, tmp_path: Path
) -> None:
    store.add("a.jpg", invoice())
    make(tmp_path / "ledger.csv")
    files = [tmp_path / "ledger.csv", *(tmp_path / "cache").rglob("*")]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in files}
    assert set(modes.values()) == {0}, modes
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700


@pytest.mark.skipif(sys.platform != "linux", reason="nobody can create files in /proc")
@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".jsonl", ".parquet"])
def test_a_place_that_takes_no_file_is_an_error_of_the_system(make: Make, suffix: str) -> None:
    with pytest.raises(OSError, match="ledger"):
        make(Path(f"/proc/ledger{suffix}"))


def test_another_ending_is_refused_before_any_request(
    store: RecordStore, make: Make, tmp_path: Path
) -> None:
    with pytest.raises(AccountingError, match=r"ends in \.xlsx, \.csv, \.jsonl, \.parquet"):
        make(tmp_path / "ledger.xls")
    assert store.requests == []
