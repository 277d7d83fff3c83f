"""The fields of an invoice, as the rules take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from quota_invoice.invoice.findings import Text

NAMES = {
    "code": Text("发票代码", "invoice code"),
    "number": Text("发票号码", "invoice number"),
    "location": Text("所在地", "place"),
    "amount": Text("金额", "amount"),
}
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""For ``str.translate``: the full-width forms of ASCII, which are other spellings of the same."""
_SPELLED_IN_ASCII = ("code", "number")
_CHINA = timezone(timedelta(hours=8))


def year_in_china() -> int:
    """Return the current calendar year in China."""
    return datetime.now(_CHINA).year


@dataclass(frozen=True)
class Fields:
    """The texts of an invoice; empty if the OCR service read none.

    Attributes:
        code: the code; without full-width forms, so that equal codes are equal texts.
        number: the number; likewise.
        confidence: the OCR service's confidence per field; any JSON.
        this_year: the calendar year in which the invoice is checked.
        is_one_per_image: whether the API gives one invoice per image, however many it shows.
    """

    code: str = ""
    number: str = ""
    location: str = ""
    amount: str = ""
    confidence: Mapping[str, Any] = field(default_factory=dict)
    this_year: int = field(default_factory=year_in_china)
    is_one_per_image: bool = False

    @classmethod
    def of(
        cls,
        result: Mapping[str, Any],
        this_year: int | None = None,
        *,
        is_one_per_image: bool = False,
    ) -> Fields:
        """Return the fields of the API's ``result``, which may hold any JSON.

        >>> Fields.of({"code": "１44031909110", "number": "９１２３４５６７"}).number
        '91234567'
        """
        texts = {name: text if isinstance(text := result.get(name), str) else "" for name in NAMES}
        texts |= {name: texts[name].translate(FULL_WIDTH) for name in _SPELLED_IN_ASCII}
        confidence = result.get("confidence")
        return cls(
            **texts,
            confidence=confidence if isinstance(confidence, Mapping) else {},
            this_year=this_year or year_in_china(),
            is_one_per_image=is_one_per_image,
        )
