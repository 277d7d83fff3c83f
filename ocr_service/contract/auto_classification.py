"""Auto Classification OCR: several tickets on one image, each with a status of its own.

Of the ticket types of the cloud's API this service reads one, quota invoices. The others are not
guessed at: a request that asks for none but them is told AIS.0104, as for any other paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from pydantic import BaseModel, Field

from ocr_service.contract.errors import NOT_AN_INVOICE, ApiError
from ocr_service.contract.models import Invoice, QuotaInvoiceResult, SourceBody

QUOTA_INVOICE: Literal["quota_invoice"] = "quota_invoice"

TicketType = Literal[
    "vat_invoice",
    "quota_invoice",
    "taxi_invoice",
    "train_ticket",
    "flight_itinerary",
    "toll_invoice",
    "mvs_invoice",
    "id_card",
    "passport",
    "driver_license",
    "vehicle_license",
    "transportation_license",
    "bankcard",
    "bus_ship_ticket",
    "ride_hailing_itinerary",
    "machine_printed_invoice",
]
"""As the official SDK names them."""


class Ticket(Invoice, Protocol):
    """An invoice and where it lies."""

    @property
    def polygon(self) -> Sequence[tuple[float, float]]:
        """Its corners in pixels."""


class AutoClassificationRequestBody(SourceBody):
    """Exactly one of `image` and `url`, and what to look for."""

    type_list: list[TicketType] | None = Field(
        default=None,
        min_length=1,
        description="Types to look for; without it, all that are supported, which is quota_invoice",
    )
    pdf_page_number: int | None = Field(
        default=None, ge=1, description="Which page of a PDF to read; the first by default."
    )
    extended_parameters: dict[str, dict[str, Any]] | None = Field(
        default=None, description="Parameters by type; quota invoices have none."
    )
    detect_seal: bool | None = Field(
        default=None, description="Taken and not used: no seal is looked for."
    )


class TicketStatus(BaseModel):
    """AIS.0000, or why the ticket could not be read."""

    error_code: str
    error_msg: str


class TicketResult(BaseModel):
    """One ticket; `content` is empty unless it was read."""

    status: TicketStatus
    type: Literal["quota_invoice"]
    location: list[tuple[int, int]]
    content: QuotaInvoiceResult | dict[str, Any]


class AutoClassificationResponse(BaseModel):
    """All tickets that were found."""

    result: list[TicketResult]


SUCCEEDED = TicketStatus(error_code="AIS.0000", error_msg="Succeeded.")
FAILED = TicketStatus(**ApiError(NOT_AN_INVOICE).body())


def wanted(body: AutoClassificationRequestBody) -> bool:
    """Tell whether the request asks for what this service can read."""
    return body.type_list is None or QUOTA_INVOICE in body.type_list


def results(found: Sequence[Ticket]) -> AutoClassificationResponse:
    """Give the answer for what the reader found."""
    return AutoClassificationResponse(result=[_result(one) for one in found])


def _result(one: Ticket) -> TicketResult:
    read = any(field.text for field in (one.code, one.number, one.amount))
    return TicketResult(
        status=SUCCEEDED if read else FAILED,
        type=QUOTA_INVOICE,
        location=[(round(x), round(y)) for x, y in one.polygon],
        content=QuotaInvoiceResult.of(one) if read else {},
    )
