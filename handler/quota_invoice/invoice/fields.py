"""The fields of an invoice, as the rules take them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cached_property
from typing import Any

from quota_invoice.invoice.amount import amounts_in
from quota_invoice.invoice.code import place_of_code, year_of_code
from quota_invoice.invoice.findings import Text
from quota_invoice.invoice.numerals import FULL_WIDTH
from quota_invoice.invoice.place import Place, parse_place

NAMES = {
    "code": Text("发票代码", "invoice code"),
    "number": Text("发票号码", "invoice number"),
    "location": Text("所在地", "place"),
    "amount": Text("金额", "amount"),
}
_CHINA = timezone(timedelta(hours=8))
CONFIDENCE_BELOW = 0.9
"""By default, a field with a lower confidence should be compared with the image."""


def day_in_china(moment: datetime | None = None) -> date:
    """Return the day of a time, or of now, in China.

    >>> day_in_china(datetime(2025, 12, 31, 16, tzinfo=timezone.utc))
    datetime.date(2026, 1, 1)
    """
    return (moment or datetime.now(_CHINA)).astimezone(_CHINA).date()


class Conditions:
    """The facts and settings that the rules take besides an invoice's texts.

    Attributes:
        seen_on: the day in China on which the image was uploaded, so that the findings stay the
            same on every later day; today for an image that is not stored.
        confidence_below: a field with a lower confidence is doubtful.
        is_one_per_image: whether the API gives one invoice per image, however many it shows.
        is_checked: whether a person has compared the texts with the image, so that the OCR
            service's confidence no longer matters.
    """

    # Both classes are plain ones: data classes would add 8% to a cold start.

    def __init__(
        self,
        seen_on: date | None = None,
        confidence_below: float = CONFIDENCE_BELOW,
        *,
        is_one_per_image: bool = False,
        is_checked: bool = False,
    ) -> None:
        self.seen_on = seen_on or day_in_china()
        self.confidence_below = confidence_below
        self.is_one_per_image = is_one_per_image
        self.is_checked = is_checked


class Fields:
    """The texts of an invoice; empty if the OCR service read none.

    Attributes:
        code: the code; without full-width forms, so that equal codes are equal texts.
        number: the number; likewise.
        confidence: the OCR service's confidence per field; any JSON.
        conditions: the facts besides the texts.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - one for each attribute
        self,
        code: str = "",
        number: str = "",
        location: str = "",
        amount: str = "",
        confidence: Mapping[str, Any] | None = None,
        conditions: Conditions | None = None,
    ) -> None:
        self.code = code
        self.number = number
        self.location = location
        self.amount = amount
        self.confidence = confidence or {}
        self.conditions = conditions or Conditions()

    @classmethod
    def of(cls, result: Mapping[str, Any], conditions: Conditions | None = None) -> Fields:
        """Return the fields of the API's ``result``, which may hold any JSON.

        >>> Fields.of({"code": "１44031909110", "number": "９１２３４５６７"}).number
        '91234567'
        """

        def text(name: str) -> str:
            value = result.get(name)
            return value if isinstance(value, str) else ""

        confidence = result.get("confidence")
        return cls(
            code=text("code").translate(FULL_WIDTH),
            number=text("number").translate(FULL_WIDTH),
            location=text("location"),
            amount=text("amount"),
            confidence=confidence if isinstance(confidence, dict) else None,
            conditions=conditions,
        )

    # Several rules need each of these: it is read once.

    @cached_property
    def amounts(self) -> tuple[Decimal, ...]:
        """The amounts that the text of the amount says, as ``amounts_in`` returns them."""
        return amounts_in(self.amount)

    @cached_property
    def year(self) -> int | None:
        """The year of the code."""
        return year_of_code(self.code)

    @cached_property
    def place(self) -> Place:
        """The place that is printed on the invoice."""
        return parse_place(self.location)

    @cached_property
    def place_of_code(self) -> Place:
        """The place of the tax bureau that issued the code."""
        return place_of_code(self.code)
