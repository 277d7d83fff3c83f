"""The meaning of a quota invoice's fields: from the OCR service's result to an invoice entry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from quota_invoice.invoice.amount import amount_in_words, parse_amount
from quota_invoice.invoice.place import Place, division, parse_place

# Twelve characters: tax bureau, division, year, then five for the trade and the province's own use,
# which may be letters (15107158E001).
_CODE = re.compile(r"[012](\d{4})(\d{2})[0-9A-Z]{5}")
_NUMBER = re.compile(r"\d{8}")
_FIELDS = ("code", "number", "location", "amount")
_DOUBTFUL_BELOW = 0.9


def interpret(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of a record's ``invoices`` for a result.

    Args:
        result: the API's ``result``: a text per field, and ``confidence`` with a number per field.

    Returns:
        The entry: the texts, the place as ``province`` and ``city``, the code's ``year``, the
        ``amount`` as text, decimal text and words, ``confidence``, and ``issues``, which a person
        should check; ``needs_review`` is true if there are any.
    """
    code, number, location, amount = (_text(result.get(name)) for name in _FIELDS)
    place = parse_place(location)
    by_code = place_of_code(code)
    value = parse_amount(amount)
    confidence = result.get("confidence")
    confidence = dict(confidence) if isinstance(confidence, Mapping) else {}
    issues = [
        *(f"{name} is missing" for name in _FIELDS if not _text(result.get(name))),
        *(["code is malformed"] if code and not _CODE.fullmatch(code) else []),
        *(["number is malformed"] if number and not _NUMBER.fullmatch(number) else []),
        *(["amount is not an amount"] if amount and value is None else []),
        *(["code and location name different places"] if _contradict(place, by_code) else []),
        *(
            f"confidence of {name} is low"
            for name in _FIELDS
            if _text(result.get(name)) and not _is_sure(confidence.get(name))
        ),
    ]
    return {
        "code": code,
        "number": number,
        "location": location,
        "province": place.province or by_code.province,
        "city": place.city or (by_code.city if not _contradict(place, by_code) else None),
        "year": year_of_code(code),
        "amount": {
            "text": amount,
            "value": None if value is None else str(value),
            "words": None if value is None else amount_in_words(value),
            "currency": "CNY",
        },
        "confidence": confidence,
        "issues": issues,
        "needs_review": bool(issues),
    }


def year_of_code(code: str) -> int | None:
    """Return the year in which the invoice was printed: characters 6 and 7 of the code.

    >>> year_of_code("144031909110"), year_of_code("15107158E001"), year_of_code("12345")
    (2019, 2015, None)
    """
    match = _CODE.fullmatch(code)
    return 2000 + int(match[2]) if match else None


def place_of_code(code: str) -> Place:
    """Return the place of the tax bureau that issued the code: characters 2 to 5, by GB/T 2260.

    >>> place_of_code("144031909110")
    Place(province='广东省', city='深圳市')
    """
    match = _CODE.fullmatch(code)
    return division(match[1]) if match else Place(None, None)


def _contradict(place: Place, other: Place) -> bool:
    return any(a and b and a != b for a, b in zip(place, other, strict=True))


def _is_sure(confidence: object) -> bool:
    return isinstance(confidence, int | float) and confidence >= _DOUBTFUL_BELOW


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
