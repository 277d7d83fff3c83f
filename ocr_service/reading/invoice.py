"""What is read from a quota invoice."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Field:
    """A text and how sure it is, 0 to 1. What cannot be read is "" with 0.0."""

    text: str = ""
    confidence: float = 0.0

    def __bool__(self) -> bool:
        """Whether anything was read.

        >>> bool(Field("50000002", 0.98)), bool(Field())
        (True, False)
        """
        return bool(self.text)


@dataclass(frozen=True)
class QuotaInvoice:
    """One quota invoice as read.

    `polygon`: its four corners in pixels of the image, clockwise, the first one top left
    as the invoice is read.
    """

    code: Field
    number: Field
    amount: Field
    location: Field
    polygon: Corners
