"""The sheets of totals and of the reconciliation."""

from __future__ import annotations

from decimal import Decimal

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from accounting.ledger.query import COUNTED, NOT_INVOICES, WORDS, Ledger
from accounting.ledger.reconciliation import GONE, Reconciliation
from accounting.ledger.table import Colour, Column, Formats, Kind, Table

_COUNT = Column("张数 Invoices", Kind.NUMBER)
_SUM = Column("金额 Amount", Kind.MONEY, 16)
_REASONS = {
    "pending": "等待识别 no record yet",
    "archived": "识别结果已归档 its record is in the archive: restore it",
    "ignored": "不是发票文件 no invoice by its name",
    "not_an_invoice": "复核为不是发票 a person found that it is no invoice",
    "gone": "原图已删除或改名 removed or renamed",
}


def write_totals(ledger: Ledger, book: Workbook, formats: Formats) -> None:
    """Write the totals by month, with a chart, and by month, region and denomination.

    Duplicates are not counted.
    """
    sheet = book.add_worksheet("Totals")
    months = Table(sheet, formats, (Column("月份 Month"), _COUNT, _SUM))
    sheet.set_column(3, 4, 14)
    query = f"SELECT month, count(*), sum(amount) {COUNTED} GROUP BY month ORDER BY month"
    for row in ledger.rows(query):
        months.add(row)
    last = months.row - 1
    columns = (
        Column("月份 Month"),
        Column("地区 Region"),
        Column("面额 Denomination", Kind.MONEY),
        _COUNT,
        _SUM,
    )
    details = Table(sheet, formats, columns, months.row + 1)
    keys = "month, coalesce(nullif(province, ''), '未知 unknown') AS region, amount"
    query = f"SELECT {keys}, count(*), sum(amount) {COUNTED} GROUP BY ALL ORDER BY ALL"
    for row in ledger.rows(query):
        details.add(row)
    chart = book.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": "金额 Amount",
            "categories": ["Totals", 1, 0, max(last, 1), 0],
            "values": ["Totals", 1, 2, max(last, 1), 2],
        }
    )
    chart.set_title({"name": "每月金额 Amount by month"})
    chart.set_legend({"none": True})
    sheet.insert_chart("G2", chart)


def write_reconciliation(ledger: Ledger, sheet: Worksheet, formats: Formats) -> None:
    """Write the counts and sums by which the ledger agrees with the bucket."""
    found = Reconciliation.of(ledger)
    table = Table(sheet, formats, (Column("文件 Inputs", width=48), _COUNT))
    for label, count in (
        ("全部文件 inputs in all", found.inputs),
        ("已识别 with a record", found.states["recognized"]),
        ("其中没有发票 of these without an invoice", found.without_invoice),
        ("识别失败 failed", found.states["failed"]),
        ("等待识别 pending", found.states["pending"]),
        ("识别结果已归档 record in the archive", found.states["archived"]),
        ("已忽略 ignored", found.states["ignored"]),
        ("差异 unexplained", found.unexplained),
        ("另有原图已删除 besides: removed inputs with a record or failure", found.gone),
    ):
        table.add((label, count), _warning(label, count))
    sums = Table(sheet, formats, (Column("发票 Invoices"), _COUNT, _SUM), table.row + 1)
    sheet.set_column(2, 2, 16)
    for label, (count, amount) in {
        "全部发票 invoices in all": found.invoices,
        "重复 duplicates": found.duplicates,
        "计入合计 counted": found.counted,
        "其中待核对 of these to review": found.to_review,
        "其中未读出金额 of these without an amount": (found.without_amount, Decimal(0)),
        "差异 unexplained": (
            found.invoices[0] - found.duplicates[0] - found.counted[0],
            found.unexplained_sum,
        ),
    }.items():
        sums.add((label, count, amount), _warning(label, count or amount))
    reviews = Table(sheet, formats, (Column("复核 Reviews"), _COUNT), sums.row + 1)
    for word, count in found.reviews.items():
        reviews.add(
            (WORDS[word], count), Colour.DUPLICATE if word == "conflict" and count else Colour.NONE
        )
    _write_choice(ledger, sheet, formats, reviews.row + 1)


def _warning(label: str, difference: int | Decimal) -> Colour:
    return Colour.DUPLICATE if label.startswith("差异") and difference else Colour.NONE


def _write_choice(ledger: Ledger, sheet: Worksheet, formats: Formats, row: int) -> None:
    choice = ledger.choice
    made = Table(sheet, formats, (Column("范围 Choice"), Column("")), row)
    for label, value in (
        ("编制日期 made on", choice.made_on),
        ("文件夹 folder", choice.prefix),
        ("自 uploaded since", choice.since),
        ("至 uploaded until", choice.until),
    ):
        made.add((label, str(value) if value else ""))
    others = Table(
        sheet,
        formats,
        (Column("没有发票的文件 Without invoice"), Column("原因 Why")),
        made.row + 1,
    )
    missing = "FROM ledger WHERE status IN ('pending', 'archived', 'ignored')"
    for reason, rows in (("status", missing), ("verdict", NOT_INVOICES)):
        query = f"SELECT key, {reason} {rows} ORDER BY status, key, entry"
        for key, why in ledger.rows(query):
            others.add((key, _REASONS[why]))
    for (key,) in ledger.rows(f"SELECT source_key {GONE} ORDER BY source_key"):
        others.add((key, _REASONS["gone"]))
