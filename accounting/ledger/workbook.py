"""The ledger as a workbook for Excel, WPS and LibreOffice."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from accounting.ledger.query import (
    COUNTED,
    INVOICES,
    ORDER,
    REVIEW,
    TO_REVIEW,
    WORDS,
    Ledger,
)
from accounting.ledger.reconciliation import WITHOUT_INVOICE
from accounting.ledger.summary_sheets import write_reconciliation, write_totals
from accounting.ledger.table import Colour, Column, Formats, Kind, Link, Table
from accounting.progress import Notice, counted
from quota_invoice.invoice.fields import NAMES

_DUPLICATE, _REVIEW, _NEAR = "重复 duplicate", "待核对 to review", "相近 nearly equal"
_SHOWN = " ".join(f"WHEN '{word}' THEN '{shown}'" for word, shown in WORDS.items())
_REVIEWED = f"CASE {REVIEW} {_SHOWN} END"
_IN_CHINA = "CAST(try_cast(reviewed_at AS TIMESTAMP) + INTERVAL 8 HOUR AS DATE)"
_NO_INVOICE = "文件中没有找到定额发票，请核对图片。 No quota invoice was found: look at the image."
_FILE = Column("文件 File", width=48)
_DAY = Column("上传日期 Uploaded", Kind.DATE)
_CODE = Column("发票代码 Code", width=15)
_NUMBER = Column("发票号码 Number", width=11)
_AMOUNT = Column("金额 Amount", Kind.MONEY)
_FINDINGS = Column("提示 Findings", width=60)
_REVIEW_STATE = Column("复核结果 Review", width=16)
_INVOICES = {
    "uploaded_on": _DAY,
    "code": _CODE,
    "number": _NUMBER,
    "amount": _AMOUNT,
    "amount_words": Column("大写 In words", width=20),
    "amount_text": Column("票面金额 As printed"),
    "location": Column("所在地 Place", width=20),
    "province": Column("省 Province"),
    "city": Column("市 City"),
    "year": Column("代码年份 Code's year", Kind.NUMBER, 9),
    f"CASE WHEN duplicate_of IS NOT NULL THEN '{_DUPLICATE}' "
    f"WHEN needs_review THEN '{_REVIEW}' END": Column("状态 State", width=16),
    _REVIEWED: _REVIEW_STATE,
    "reviewed_by": Column("复核人 By"),
    _IN_CHINA: Column("复核日期 On", Kind.DATE),
    "read_values": Column("OCR 识别值 Read by OCR", width=24),
    "review_reason": Column("复核说明 Reason", width=24),
    "duplicate_of": Column("首次出现 First appearance", width=30),
    "near_invoice": Column("相近发票 Nearly equal", width=22),
    "CASE WHEN is_year_over THEN '是 yes' END": Column("超过汇算清缴期 Past 31 May", width=16),
    "confidence": Column("最低置信度 Confidence", Kind.SHARE),
    "findings": _FINDINGS,
    "page": Column("页 Page", Kind.NUMBER, 6),
    "key": _FILE,
}
_HEADINGS = [column.heading.partition(" ")[0] for column in _INVOICES.values()]
_STATE, _READ = _HEADINGS.index("状态"), list(_INVOICES).index("read_values")
Extra = Callable[[Workbook, Formats], None]
"""Adds sheets to a workbook."""
_COLOURS = {_DUPLICATE: Colour.DUPLICATE, _REVIEW: Colour.DOUBT}


def write_workbook(ledger: Ledger, path: Path, notice: Notice, extra: Extra | None = None) -> None:
    """Write the workbook.

    Args:
        ledger: the ledger.
        path: the file.
        notice: called with the progress.
        extra: adds further sheets.

    Raises:
        AccountingError: a sheet cannot hold so many rows.
        OSError: the file cannot be written.
    """
    try:
        with Workbook(str(path), {"constant_memory": True}) as book:
            formats = Formats(book)
            _write_invoices(ledger, book, formats, notice)
            write_totals(ledger, book, formats)
            _write_duplicates(ledger, book, formats)
            _write_to_review(ledger, book, formats)
            _write_failures(ledger, book, formats)
            write_reconciliation(ledger, book.add_worksheet("Reconciliation"), formats)
            if extra:
                extra(book, formats)
    except FileCreateError as error:  # it hides the system's own error
        raise OSError(str(error)) from None


def _write_invoices(ledger: Ledger, book: Workbook, formats: Formats, notice: Notice) -> None:
    table = Table(book.add_worksheet("Invoices"), formats, [*_INVOICES.values()])
    rows = ledger.rows(f"SELECT {', '.join(_INVOICES)} {INVOICES} {ORDER}")
    for row in counted(rows, "writing", ledger.count(INVOICES), notice):
        shown = (*row[:_READ], texts_in_words(row[_READ]), *row[_READ + 1 :])
        table.add(shown, _COLOURS.get(row[_STATE], Colour.NONE))
    table.finish()


def texts_in_words(read_values: str) -> str:
    """Return the texts that the OCR service read, in words.

    >>> texts_in_words('{"number": "9123456O", "amount": ""}')
    '发票号码 9123456O；金额（未读出）'
    """
    texts = json.loads(read_values or "{}")
    return "；".join(
        f"{NAMES[name].zh} {text}" if text else f"{NAMES[name].zh}（未读出）"
        for name, text in texts.items()
    )


def _write_duplicates(ledger: Ledger, book: Workbook, formats: Formats) -> None:
    columns = (
        Column("类型 Kind", width=18),
        _CODE,
        _NUMBER,
        _AMOUNT,
        _FILE,
        _DAY,
        _REVIEW_STATE,
        Column("首次出现或相近发票 First appearance, or nearly equal", width=48),
    )
    table = Table(book.add_worksheet("Duplicates"), formats, columns)
    chosen = f"code, number, amount, key, uploaded_on, {_REVIEWED}"
    order = "ORDER BY code, number, uploaded_at, key, entry"
    exact = f"SELECT {chosen}, duplicate_of {INVOICES} AND duplicate_of IS NOT NULL {order}"
    for row in ledger.rows(exact):
        table.add((_DUPLICATE, *row), Colour.DUPLICATE)
    near = f"SELECT {chosen}, near_invoice {COUNTED} AND near_invoice IS NOT NULL {order}"
    for row in ledger.rows(near):
        table.add((_NEAR, *row), Colour.DOUBT)
    table.finish()


def _write_to_review(ledger: Ledger, book: Workbook, formats: Formats) -> None:
    columns = (_FILE, _DAY, _CODE, _NUMBER, _AMOUNT, _REVIEW_STATE, _FINDINGS)
    table = Table(book.add_worksheet("To review"), formats, columns)
    entries = f"concat('?place=', entry), uploaded_on, code, number, amount, {_REVIEWED}, findings"
    queries = (
        f"SELECT key, {entries} {TO_REVIEW}",
        f"SELECT key, '', uploaded_on, '', '', NULL, '', '{_NO_INVOICE}' {WITHOUT_INVOICE}",
    )
    page = ledger.choice.review_url.rstrip("/")
    rows = chain.from_iterable(ledger.rows(f"{query} {ORDER}") for query in queries)
    for key, query, *values in rows:
        url = f"{page}/invoices/{quote(key, safe='')}{query}" if page else ""
        table.add((Link(url, key), *values))
    table.finish()


def _write_failures(ledger: Ledger, book: Workbook, formats: Formats) -> None:
    columns = (
        _FILE,
        _DAY,
        Column("原因 Cause", width=40),
        Column("处理办法 Next step in Chinese", width=60),
        Column("Cause", width=40),
        Column("Next step", width=60),
        Column("错误码 Code", width=16),
    )
    table = Table(book.add_worksheet("Failures"), formats, columns)
    query = (
        "SELECT key, uploaded_on, message, hint, message_en, hint_en, error_code "
        "FROM ledger WHERE status = 'failed' ORDER BY key"
    )
    for row in ledger.rows(query):
        table.add(row)
    table.finish()
