"""The cover of the paste sheets: the filed sum in figures and words, and the invoices not filed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from accounting.errors import AccountingError
from accounting.ledger.query import Ledger
from accounting.ledger.summary import yuan
from accounting.packet.contents import REASONS, Listed, Totals, listed
from accounting.packet.sheets import sheets_of
from quota_invoice.invoice.amount import amount_in_words

_LONGEST = 200  # characters of a text that a person or another program wrote


def cover_lines(ledger: Ledger, totals: Totals) -> Iterator[str]:
    """Yield the lines of the cover.

    Args:
        ledger: the ledger of the batch.
        totals: its counts and sums.

    Raises:
        AccountingError: the total is too large to be written in words.
    """
    choice = ledger.choice
    yield f"批次 Batch：{_cut(choice.prefix)}"
    if choice.since or choice.until:
        yield f"上传日期 Uploaded：{choice.since or ''} – {choice.until or ''}"
    yield f"编制日期 Made on：{choice.made_on}"
    yield ""
    yield f"发票 Invoices：{totals.invoices} 张"
    yield f"粘贴单 Paste sheets：{sheets_of(totals.pictures)} 张"
    yield f"原图 Originals：{totals.files} 个"
    yield f"合计 Total：{yuan(totals.amount)}"
    yield f"大写 In words：人民币{_words(totals)}"
    yield f"其中人工更正 Corrected by people：{_people(totals.corrected)}"
    yield f"其中手工录入 Entered by hand：{_people(totals.by_hand)}"
    yield ""
    yield "经办人 Prepared by：____________    审核人 Checked by：____________"
    yield ""
    yield "图片宽度一律为 180 mm，按原比例显示，每张两幅；过高的图片按比例缩小。"
    yield "Pictures: 180 mm wide, in true proportion, two per sheet; tall ones are smaller."
    yield ""
    yield "未计入 Not filed："
    for reason, (count, amount) in zip(REASONS, totals.listed, strict=True):
        yield f"{reason.label}：{count}{f'，{yuan(amount)}' * reason.are_invoices}"
    count, amount = totals.unexplained
    yield f"差异 Unexplained：{count}，{yuan(amount)}"
    for reason in REASONS:
        for number, row in enumerate(listed(ledger, reason), 1):
            if number == 1:
                yield ""
                yield reason.label
            yield f"{number}. {_line(row)}"


def _people(counts: Mapping[str, int]) -> str:
    """Return the number of invoices, and of each person's.

    >>> _people({"李会计": 2, "王会计": 1}), _people({})
    ('3 张（李会计 2，王会计 1）', '0 张')
    """
    each = "，".join(f"{_cut(person)} {count}" for person, count in counts.items())
    return f"{sum(counts.values())} 张{f'（{each}）' if each else ''}"


def _words(totals: Totals) -> str:
    try:
        return amount_in_words(totals.amount)
    except ValueError:
        raise AccountingError("the total is too large: choose a smaller batch") from None


def _line(row: Listed) -> str:
    amount = "" if row.amount is None else yuan(row.amount)
    note = row.note.replace("\n", "；")
    return "  ".join(
        filter(None, (*map(_cut, (row.key, row.code, row.number)), amount, _cut(note)))
    )


def _cut(text: str) -> str:
    """Return a text of bearable length.

    >>> len(_cut("长" * 10_000))
    201
    """
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
