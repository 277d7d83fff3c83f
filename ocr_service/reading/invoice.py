"""A quota invoice as read from an image."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Field:
    """A text and its confidence, 0 to 1; "" and 0.0 for an unreadable field."""

    text: str = ""
    confidence: float = 0.0

    def __bool__(self) -> bool:
        """Whether the field could be read.

        >>> bool(Field("50000002", 0.98)), bool(Field())
        (True, False)
        """
        return bool(self.text)


@dataclass(frozen=True)
class QuotaInvoice:
    """The fields of an invoice.

    ``polygon``: its four corners in pixels of the image, clockwise from the top left corner of the
    upright invoice.
    """

    code: Field
    number: Field
    amount: Field
    location: Field
    polygon: Corners

    @property
    def fields(self) -> tuple[Field, Field, Field, Field]:
        """Code, number, amount and location."""
        return self.code, self.number, self.amount, self.location
