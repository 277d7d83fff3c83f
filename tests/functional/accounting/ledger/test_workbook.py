"""The workbook, read back by another library."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from accounting.errors import AccountingError
from accounting.ledger import table
from accounting.ledger.make import Made
from quota_invoice.reviews.entry import Verdict
from tests.support.ledger.record_store import ALL, HOSTILE, RecordStore, invoice
from tests.support.ledger.review import ALL_FIELDS, review

SHEETS = ["Invoices", "Totals", "Duplicates", "To review", "Failures", "Reconciliation"]
Make = Callable[..., Made]


def read(path: Path) -> dict[str, list[list[Any]]]:
    """The rows of each sheet."""
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def column(rows: list[list[Any]], heading: str) -> list[Any]:
    [place] = [place for place, text in enumerate(rows[0]) if text.startswith(heading)]
    return [row[place] for row in rows[1:]]


@pytest.fixture
def mixed(store: RecordStore) -> RecordStore:
    """Each kind of input: counted, doubtful, duplicate, nearly equal, failed, pending, ignored."""
    store.add("2026/a.jpg", invoice())
    store.add("2026/b.jpg", invoice(), second=40 * 24 * 3600)
    store.add("2026/c.jpg", invoice(number="91234571", amount="￥0.10"))
    beijing = {"code": "011001900212", "location": "北京市"}
    store.add("2026/d.jpg", invoice(**beijing, number="00000001", amount=""))
    store.add("2026/e.jpg", invoice(**beijing, number="5", amount="￥0.20"))
    store.add_failure("2026/f.jpg")
    store.upload("2026/g.jpg")
    store.upload("2026/Thumbs.db")
    gone = store.add("2026/h.jpg", invoice(number="00000000"))
    del store.objects[gone]
    return store


def test_codes_and_numbers_are_texts_and_amounts_are_numbers(
    mixed: RecordStore, make: Make, tmp_path: Path
) -> None:
    make(tmp_path / "ledger.xlsx")
    sheets = read(tmp_path / "ledger.xlsx")
    assert list(sheets) == SHEETS
    rows = sheets["Invoices"]
    codes = ["144031909110", "144031909110", "011001900212", "011001900212", "144031909110"]
    assert column(rows, "发票代码") == codes
    assert column(rows, "发票号码") == ["91234561", "91234571", "00000001", "5", "91234561"]
    assert column(rows, "金额") == [50.0, 0.1, "", 0.2, 50.0]
    assert column(rows, "上传日期")[0] == date(2026, 11, 22)
    assert column(rows, "文件")[0] == "incoming/2026/a.jpg"
    del mixed


def test_the_state_of_an_invoice_says_duplicate_or_to_review(
    mixed: RecordStore, make: Make, tmp_path: Path
) -> None:
    make(tmp_path / "ledger.xlsx")
    sheets = read(tmp_path / "ledger.xlsx")
    states = [text.partition(" ")[0] for text in column(sheets["Invoices"], "状态")]
    assert states == ["", "待核对", "待核对", "待核对", "重复"]  # 0.10 is no usual amount
    letters = [text[-5] for text in column(sheets["To review"], "文件")]
    assert letters == ["c", "d", "e"]
    assert column(sheets["Duplicates"], "类型") == [
        "重复 duplicate",
        "相近 nearly equal",
        "相近 nearly equal",
    ]
    assert column(sheets["Duplicates"], "首次出现") == [
        "incoming/2026/a.jpg",
        "144031909110 91234571",
        "144031909110 91234561",
    ]
    del mixed


def test_an_image_in_which_no_invoice_was_found_is_to_be_reviewed(
    store: RecordStore, make: Make, tmp_path: Path
) -> None:
    store.add("tree.jpg")
    found = make(tmp_path / "ledger.xlsx").reconciliation
    assert (found.without_invoice, found.to_review[0]) == (1, 0)
    [_, row] = read(tmp_path / "ledger.xlsx")["To review"]
    assert row[0] == "incoming/tree.jpg"
    assert row[-1].startswith("文件中没有找到定额发票")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400])
def test_a_confidence_that_is_no_share_leaves_its_cell_empty(
    store: RecordStore, make: Make, tmp_path: Path, value: float
) -> None:
    store.add("a.jpg", {**invoice(), "confidence": {"code": value}})
    make(tmp_path / "ledger.xlsx")
    assert column(read(tmp_path / "ledger.xlsx")["Invoices"], "最低置信度") == [""]


def test_the_workbook_tells_what_people_decided(
    store: RecordStore, make: Make, tmp_path: Path
) -> None:
    paths = ("corrected", "not an invoice", "duplicate", "conflict", "undone", "confirmed", "hand")
    keys = {
        path: store.add(path, invoice(number=f"{place * 1234567:08}", amount=""))
        for place, path in enumerate(paths)
    }
    store.records["results/duplicate.json"]["invoices"][0]["number"] = "91234567"
    store.add_failure("hand")
    accepted = ("missing_field.amount",)
    fields = {"number": "91234567", "amount": "￥50.00"}
    review(store, keys["corrected"], fields=fields, reason="看原件")
    review(store, keys["not an invoice"], Verdict.NOT_AN_INVOICE)
    review(
        store,
        keys["duplicate"],
        Verdict.DUPLICATE,
        duplicate_of=keys["corrected"],
        accepted=accepted,
    )
    review(store, keys["conflict"], fields=fields)
    review(store, keys["conflict"], Verdict.NOT_AN_INVOICE, by="王会计")
    review(store, keys["undone"], None, seen=(review(store, keys["undone"], fields=fields),))
    review(store, keys["confirmed"], Verdict.CONFIRMED, accepted=accepted)
    del store.records["results/hand.json"]
    review(store, keys["hand"], fields=ALL_FIELDS, is_by_hand=True)
    found = make(tmp_path / "ledger.xlsx").reconciliation
    sheets = read(tmp_path / "ledger.xlsx")
    rows = sheets["Invoices"]
    words = dict(zip(column(rows, "文件"), column(rows, "复核结果"), strict=True))
    assert {key.removeprefix("incoming/"): word for key, word in words.items()} == {
        "corrected": "已更正 corrected",
        "duplicate": "复核为重复 duplicate",
        "conflict": "复核结果不一致 conflict",
        "undone": "复核已撤销 undone",
        "confirmed": "已确认 confirmed",
        "hand": "手工录入 entered by hand",
    }
    [at] = [at for at, key in enumerate(column(rows, "文件")) if key == keys["corrected"]]
    assert [
        column(rows, name)[at] for name in ("复核人", "复核日期", "OCR 识别值", "复核说明")
    ] == [
        "李会计",
        date(2026, 11, 23),
        "发票号码 00000000；金额（未读出）",
        "看原件",
    ]
    assert sorted(column(sheets["To review"], "文件")) == [keys["conflict"], keys["undone"]]
    texts = [row[:2] for row in sheets["Reconciliation"]]
    assert [keys["not an invoice"], "复核为不是发票 a person found that it is no invoice"] in texts
    assert ["已更正 corrected", 1.0] in texts
    assert ["不是发票 not an invoice", 1.0] in texts
    assert found.reviews == {
        "corrected": 1,
        "confirmed": 1,
        "duplicate": 1,
        "by_hand": 1,
        "not_an_invoice": 1,
        "conflict": 1,
        "undone": 1,
        "outdated": 0,
    }


def test_failures_say_the_cause_and_the_next_step(
    mixed: RecordStore, make: Make, tmp_path: Path
) -> None:
    make(tmp_path / "ledger.xlsx")
    [heading, row] = read(tmp_path / "ledger.xlsx")["Failures"]
    assert heading[0].startswith("文件")
    assert row == [
        "incoming/2026/f.jpg",
        date(2026, 11, 22),
        "文件是空的。",
        "请重新上传。",
        "The file is empty.",
        "Upload it again.",
        "File.Empty",
    ]
    del mixed


def test_totals_count_no_duplicate(mixed: RecordStore, make: Make, tmp_path: Path) -> None:
    make(tmp_path / "ledger.xlsx")
    rows = read(tmp_path / "ledger.xlsx")["Totals"]
    assert [row[:3] for row in rows[1:2]] == [["2026-11", 4.0, 50.3]]
    details = [row[:5] for row in rows[4:]]
    assert details == [
        ["2026-11", "北京市", 0.2, 1.0, 0.2],
        ["2026-11", "北京市", "", 1.0, ""],
        ["2026-11", "广东省", 0.1, 1.0, 0.1],
        ["2026-11", "广东省", 50.0, 1.0, 50.0],
    ]
    del mixed


def test_the_reconciliation_explains_every_input_and_every_fen(
    mixed: RecordStore, make: Make, tmp_path: Path
) -> None:
    found = make(tmp_path / "ledger.xlsx").reconciliation
    assert (found.inputs, found.unexplained, found.gone) == (8, 0, 1)
    assert found.states == {
        "recognized": 5,
        "failed": 1,
        "pending": 1,
        "archived": 0,
        "ignored": 1,
    }
    assert found.invoices == (5, Decimal("100.30"))
    assert found.duplicates == (1, Decimal("50.00"))
    assert found.counted == (4, Decimal("50.30"))
    assert found.unexplained_sum == 0
    texts = [row[:2] for row in read(tmp_path / "ledger.xlsx")["Reconciliation"]]
    assert ["全部文件 inputs in all", 8.0] in texts
    assert ["差异 unexplained", 0.0] in texts
    assert ["incoming/2026/g.jpg", "等待识别 no record yet"] in texts
    assert ["incoming/2026/Thumbs.db", "不是发票文件 no invoice by its name"] in texts
    assert ["incoming/2026/h.jpg", "原图已删除或改名 removed or renamed"] in texts
    del mixed


def test_sums_are_right_to_the_fen(store: RecordStore, make: Make, tmp_path: Path) -> None:
    """Ten thousand times 0.10 is not 1,000.00 in binary fractions."""
    made = invoice(amount="￥0.10")
    entries = [{**made, "number": f"{number:08}"} for number in range(10_000)]
    store.add("sheet.pdf", *entries)
    found = make(tmp_path / "ledger.csv").reconciliation
    assert found.counted == (10_000, Decimal("1000.00"))


def test_hostile_texts_arrive_as_texts(store: RecordStore, make: Make, tmp_path: Path) -> None:
    for place, text in enumerate(HOSTILE):
        texts = {"code": text, "number": text, "location": text}
        store.add(f"{place:02}.jpg", {**invoice(), **texts})
    make(tmp_path / "ledger.xlsx")
    rows = read(tmp_path / "ledger.xlsx")["Invoices"]
    for heading in ("发票代码", "发票号码", "所在地"):
        assert column(rows, heading) == HOSTILE
    assert b"<f>" not in sheet_xml(tmp_path / "ledger.xlsx")


def sheet_xml(path: Path) -> bytes:
    folder = path.with_suffix("")
    shutil.unpack_archive(path, folder, "zip")
    return (folder / "xl" / "worksheets" / "sheet1.xml").read_bytes()


def test_invoices_to_review_link_to_the_review_page(
    store: RecordStore, make: Make, tmp_path: Path
) -> None:
    store.add("a b&中.jpg", invoice(amount=""))
    make(tmp_path / "ledger.xlsx", replace(ALL, review_url="http://127.0.0.1:8302/"))
    shutil.unpack_archive(tmp_path / "ledger.xlsx", tmp_path / "book", "zip")
    links = (tmp_path / "book/xl/worksheets/_rels/sheet4.xml.rels").read_text(encoding="utf-8")
    assert "http://127.0.0.1:8302/invoices/incoming%2Fa%20b%26%E4%B8%AD.jpg?place=1" in links


def test_a_full_sheet_names_the_other_formats(
    store: RecordStore, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "_ROWS", 3)
    out = tmp_path / "ledger.xlsx"
    store.add("sheet.pdf", *(invoice(number=f"1000000{number}") for number in range(3)))
    with pytest.raises(AccountingError, match="write .csv or .parquet"):
        make(out)
    assert list(tmp_path.glob("*ledger*")) == []


@pytest.mark.exhaustive
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_opens_the_workbook(mixed: RecordStore, make: Make, tmp_path: Path) -> None:
    make(tmp_path / "ledger.xlsx")
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    convert = ["soffice", home, "--headless", "--convert-to", "ods", "--outdir", str(tmp_path)]
    subprocess.run([*convert, str(tmp_path / "ledger.xlsx")], check=True, timeout=100)  # noqa: S603 - above
    before, after = read(tmp_path / "ledger.xlsx"), read(tmp_path / "ledger.ods")
    assert list(after) == SHEETS
    for heading in ("发票代码", "发票号码", "金额", "文件"):
        assert column(after["Invoices"], heading) == column(before["Invoices"], heading)
    del mixed
