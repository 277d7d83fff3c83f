"""Auto Classification OCR: several tickets on one image, each with its own status.

Of the ticket types of the cloud's API, this service reads only quota invoices. A request for other
types alone gets AIS.0104, as for any other paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema

from ocr_service.contract.models import QuotaInvoiceResult, SourceBody
from ocr_service.errors import NOT_AN_INVOICE, ApiError
from ocr_service.reading.invoice import QuotaInvoice

_QUOTA_INVOICE: Literal["quota_invoice"] = "quota_invoice"

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
"""The names of the official SDK."""


_MOST_TYPES = 100  # each wrong one would be an error of its own, and millions take all memory
_Objects = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": True},
        }
    ),
]


def _require_objects(found: dict[str, Any]) -> dict[str, Any]:
    """Check that each value is an object, with one error for all of them."""
    if not all(isinstance(value, dict) for value in found.values()):
        raise ValueError
    return found


class AutoClassificationRequestBody(SourceBody):
    """Exactly one of ``image`` and ``url``, and the types to look for."""

    type_list: list[TicketType] | None = Field(
        default=None,
        min_length=1,
        max_length=_MOST_TYPES,
        description="Types to look for; by default all supported types, which is quota_invoice.",
    )
    pdf_page_number: int | None = Field(
        default=None, ge=1, description="The page of a PDF to read; the first one by default."
    )
    extended_parameters: Annotated[_Objects, AfterValidator(_require_objects)] | None = Field(
        default=None, description="Parameters by type; quota invoices have none."
    )
    detect_seal: bool | None = Field(
        default=None, description="Accepted and ignored: seals are not detected."
    )


class TicketStatus(BaseModel):
    """AIS.0000, or the reason for an unreadable ticket."""

    error_code: str
    error_msg: str


class TicketResult(BaseModel):
    """One ticket; ``content`` is empty for an unreadable one."""

    status: TicketStatus
    type: Literal["quota_invoice"]
    location: list[tuple[int, int]]
    content: QuotaInvoiceResult | dict[str, Any]


class AutoClassificationResponse(BaseModel):
    """All tickets on the image."""

    result: list[TicketResult]

    @classmethod
    def of(cls, invoices: Sequence[QuotaInvoice]) -> AutoClassificationResponse:
        """Convert the invoices from the reader."""
        return cls(result=[_result(one) for one in invoices])


_SUCCEEDED = TicketStatus(error_code="AIS.0000", error_msg="Succeeded.")
_FAILED = TicketStatus(**ApiError(NOT_AN_INVOICE).body())


def is_supported(body: AutoClassificationRequestBody) -> bool:
    """Whether the request asks for a type that this service can read."""
    return body.type_list is None or _QUOTA_INVOICE in body.type_list


def _result(invoice: QuotaInvoice) -> TicketResult:
    read = any((invoice.code.text, invoice.number.text, invoice.amount.text))
    return TicketResult(
        status=_SUCCEEDED if read else _FAILED,
        type=_QUOTA_INVOICE,
        location=[(round(x), round(y)) for x, y in invoice.polygon],
        content=QuotaInvoiceResult.of(invoice) if read else {},
    )
