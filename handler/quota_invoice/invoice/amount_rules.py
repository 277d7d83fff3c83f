"""The rules that check an invoice's amount."""

from __future__ import annotations

import re
from collections.abc import Iterator

from quota_invoice.invoice.amount import agreed
from quota_invoice.invoice.fields import Fields
from quota_invoice.invoice.findings import Finding, Severity, Text

# Nothing behind the digits, also of full width.
_WITHOUT_POINT = re.compile(r"\D*\d+\s*")
_USUAL = frozenset({1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000})  # yuan


def unreadable_amount(fields: Fields) -> Iterator[Finding]:
    """The amount's text is an amount of money, by the grammar of ``amount``.

    >>> [finding.code for finding in unreadable_amount(Fields(amount="￥10,00"))]
    ['unreadable_amount']
    """
    if fields.amount and not fields.amounts:
        text = Text(
            "读到的金额不是有效的金额，请按票面填写。",
            "The text read as the amount is not an amount of money: take the amount from the "
            "image.",
        )
        yield Finding("unreadable_amount", Severity.SERIOUS, text)


def contradicting_amount(fields: Fields) -> Iterator[Finding]:
    """The amount in words and the amount in figures are the same.

    Source: 《会计基础工作规范》第四十八条: 大写与小写金额必须相符.

    >>> [finding.code for finding in contradicting_amount(Fields(amount="伍拾元整(￥20.00)"))]
    ['contradicting_amount']
    """
    amounts = fields.amounts
    if len(set(amounts)) > 1:
        first, second = amounts
        text = Text(
            f"大写金额与小写金额不一致：{first} 与 {second}，请与图片核对。",
            f"The amounts in words and in figures differ: {first} and {second}. Compare them with "
            "the image.",
        )
        yield Finding("contradicting_amount", Severity.SERIOUS, text)


def zero_amount(fields: Fields) -> Iterator[Finding]:
    """No quota invoice is for nothing: 定额 is an amount that is printed on it.

    >>> [finding.code for finding in zero_amount(Fields(amount="￥0.00"))]
    ['zero_amount']
    """
    amounts = fields.amounts
    if amounts and not any(amounts):
        text = Text(
            "读到的金额为 0，定额发票的金额不会是 0，请与图片核对。",
            "The amount was read as 0, but no quota invoice is for nothing: compare it with the "
            "image.",
        )
        yield Finding("zero_amount", Severity.SERIOUS, text)


def lost_point(fields: Fields) -> Iterator[Finding]:
    """Figures without 元 have decimals: ￥5000 may be ￥50.00 whose point was not read.

    >>> [finding.code for finding in lost_point(Fields(amount="￥5000"))]
    ['lost_point']
    >>> [*lost_point(Fields(amount="￥5000.00")), *lost_point(Fields(amount="5000元"))]
    []
    >>> [*lost_point(Fields(amount="伍佰元整￥500"))]
    []
    """
    amount = agreed(fields.amounts)
    is_confirmed = len(fields.amounts) > 1 or fields.conditions.is_checked  # by words, or a person
    if amount is None or is_confirmed or not _WITHOUT_POINT.fullmatch(fields.amount):
        return
    shorter = amount / 100
    if shorter in _USUAL:
        text = Text(
            f"金额读作 {amount} 元，没有小数点：也可能是 {shorter:.2f} 元，请与图片核对。",
            f"The amount was read as {amount} yuan, without a decimal point: it may be "
            f"{shorter:.2f} yuan. Compare it with the image.",
        )
        yield Finding("lost_point", Severity.DOUBT, text)


def unusual_amount(fields: Fields) -> Iterator[Finding]:
    """The amount is a usual one, as 定额 are printed in few denominations.

    Source: practice; no regulation lists the denominations, so that another one is only a doubt.

    >>> [finding.code for finding in unusual_amount(Fields(amount="￥60.00"))]
    ['unusual_amount']
    """
    amount = agreed(fields.amounts)
    if amount is not None and amount not in _USUAL:
        text = Text(
            f"金额 {amount} 元不是常见的定额，请与图片核对。",
            f"Quota invoices of {amount} yuan are unusual: compare the amount with the image.",
        )
        yield Finding("unusual_amount", Severity.DOUBT, text)
