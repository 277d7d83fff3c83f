"""The contract's bodies as models, which check requests and make up the API's description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ocr_service.contract.errors import BAD_PARAMETER, NOT_JSON, ApiError, Code
from ocr_service.decode.images import BASE64, LARGEST
from ocr_service.fetch import LONGEST_URL

Model = TypeVar("Model", bound=BaseModel)


class Read(Protocol):
    """One field as the reader gives it: "" and 0 where it could not be read."""

    @property
    def text(self) -> str:
        """The field's text."""

    @property
    def confidence(self) -> float:
        """From 0 to 1."""


class Invoice(Protocol):
    """What the reader found on an invoice."""

    @property
    def amount(self) -> Read:
        """Such as ￥50.00."""

    @property
    def code(self) -> Read:
        """发票代码."""

    @property
    def location(self) -> Read:
        """Such as 广东省深圳市."""

    @property
    def number(self) -> Read:
        """发票号码."""


class SourceBody(BaseModel):
    """Where the image is: exactly one of `image` and `url`."""

    model_config = ConfigDict(strict=True)

    image: str | None = Field(
        default=None,
        description="Base64 of a JPEG, PNG, BMP or TIFF image: at most 10 MiB of characters, its "
        "narrow side at least 15 and its wide side at most 4,096 pixels.",
        json_schema_extra={
            "contentEncoding": "base64",
            "pattern": BASE64,
            "minLength": 4,
            "maxLength": LARGEST,
        },
    )
    url: str | None = Field(
        default=None,
        description="HTTP or HTTPS address of such an image, of at most 10 MiB.",
        json_schema_extra={"format": "uri", "pattern": "^https?://", "maxLength": LONGEST_URL},
    )


class QuotaInvoiceRequestBody(SourceBody):
    """Exactly one of `image` and `url`."""


Confidence = Annotated[float, Field(ge=0, le=1)]


class QuotaInvoiceConfidence(BaseModel):
    """Confidence of each field, to four decimals."""

    amount: Confidence
    code: Confidence
    location: Confidence
    number: Confidence

    @classmethod
    def of(cls, found: Invoice) -> QuotaInvoiceConfidence:
        """Take them from what the reader found."""
        return cls(
            **{name: round(float(getattr(found, name).confidence), 4) for name in cls.model_fields}
        )


class QuotaInvoiceResult(BaseModel):
    """The recognised fields; one that could not be read is "" with confidence 0."""

    amount: str
    code: str
    location: str
    number: str
    confidence: QuotaInvoiceConfidence

    @classmethod
    def of(cls, found: Invoice) -> QuotaInvoiceResult:
        """Take them from what the reader found."""
        return cls(
            amount=found.amount.text,
            code=found.code.text,
            location=found.location.text,
            number=found.number.text,
            confidence=QuotaInvoiceConfidence.of(found),
        )


class QuotaInvoiceResponse(BaseModel):
    """The answer to a success."""

    result: QuotaInvoiceResult


class ErrorResponse(BaseModel):
    """The answer to everything else."""

    error_code: str
    error_msg: str


def parse(model: type[Model], body: bytes) -> Model:
    """Read a JSON body.

    Raises:
        ApiError: it is not JSON, or its members have other types.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise ApiError(_code(error.errors(include_url=False, include_input=False)[0])) from None


def _code(problem: Mapping[str, object]) -> Code:
    return NOT_JSON if problem["type"] == "json_invalid" else BAD_PARAMETER
