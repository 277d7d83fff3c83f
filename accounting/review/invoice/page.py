"""The page of one invoice: the values of its template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from accounting.review.context import context_of
from accounting.review.invoice.checks import typed_findings
from accounting.review.invoice.fields import FindingView, finding_views
from accounting.review.invoice.order import Order
from accounting.review.invoice.picture import NotShown, pictures_of
from accounting.review.invoice.reviewed import Reviewed, invoice_at, load, with_duplicates
from accounting.review.invoice.saving import Result
from accounting.review.invoice.twin import Twin, twin_of
from accounting.review.invoice.view import InvoiceView, Typed, view_of
from accounting.review.pages import image_url, render
from quota_invoice.errors import ObjectUnavailable, StoreError
from quota_invoice.invoice.duplicates import FIRST_MISSING
from quota_invoice.recognition.formats.kinds import Kind


class Message(NamedTuple):
    """The result of a decision that is not saved.

    Attributes:
        result: the result.
        reason: the key of a text with the reason.
        unseen: the findings that the person should see first.
    """

    result: Result
    reason: str = ""
    unseen: Sequence[Mapping[str, Any]] = ()


class InvoicePage:
    """One invoice's page.

    Args:
        request: the request.
        reviewed: the input.
        place: the invoice's place.
        typed: a person's input that is not saved.
        message: the reason why it is not.
    """

    def __init__(
        self,
        request: Request,
        reviewed: Reviewed,
        place: int,
        typed: Typed | None = None,
        message: Message | None = None,
    ) -> None:
        self._request = request
        self._context = context_of(request)
        self._reviewed = reviewed
        self._place = place
        self._typed = typed
        self._message = message
        self._order = Order(request)

    def response(self, status: int = 200) -> Response:
        """Return the page."""
        reviewed, order = self._reviewed, self._order
        record = with_duplicates(
            reviewed.effective(), reviewed.key, order.appearances, self._context.bucket
        )
        view = view_of(reviewed, self._place, self._context.language, record)
        if self._typed:
            view = replace(view, findings=self._findings_of_typed(self._typed, view))
        twin = self._twin(record)
        previous, following = order.around(reviewed.key, self._place)
        return render(
            self._request,
            "invoice/page.html",
            status,
            view=view,
            typed=self._typed,
            message=self._message,
            picture=self._picture_url(reviewed, view.page),
            scale=self._scale(view),
            twin=twin,
            twin_picture=twin and _url(twin.key, twin.page, twin.etag),
            previous=previous,
            following=following,
            order=order,
        )

    def _findings_of_typed(self, typed: Typed, view: InvoiceView) -> list[FindingView]:
        language = self._context.language
        found = typed_findings(typed.texts, view.uploaded_at, view.key, self._order, language)
        # The texts do not tell that the file which the person named does not count the invoice.
        unseen = self._message.unseen if self._message else ()
        missing = [each for each in unseen if each["code"] == FIRST_MISSING]
        return [*finding_views(missing, language), *found]

    def _picture_url(self, reviewed: Reviewed, page: int) -> str | None:
        """Return the URL of the image; None if there is none that could be shown."""
        if reviewed.source is None:
            return None
        return _url(reviewed.key, page, reviewed.source.etag)

    def _scale(self, view: InvoiceView) -> float | None:
        """Return the scale of the picture; None if places on it are unknown or not needed."""
        source, kind = self._reviewed.source, self._reviewed.kind
        if source is None or not any(each.polygon for each in view.siblings):
            return None
        if kind.is_read_by_url and kind not in {Kind.PDF, Kind.TIFF, Kind.UNKNOWN}:
            return 1.0
        try:
            return pictures_of(self._context).of(source, view.page).scale
        except (NotShown, ObjectUnavailable, StoreError):
            return None

    def _twin(self, record: dict[str, Any]) -> Twin | None:
        """Return the invoice that this one repeats, if it can be read."""
        own = invoice_at(record, self._place)
        key = (own or {}).get("duplicate_of")
        if own is None or not isinstance(key, str):
            return None
        if key == self._reviewed.key:
            return twin_of(own, self._reviewed, self._context.language, self._place)
        try:
            other = load(self._context.bucket, key, self._context.confidence_below)
        except (ObjectUnavailable, StoreError):
            other = None
        return twin_of(own, other, self._context.language) if other else None


def _url(key: str, page: int, etag: str) -> str:
    return f"{image_url(key, page)}&etag={etag}"
