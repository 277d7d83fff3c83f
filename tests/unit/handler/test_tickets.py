"""The tickets of Auto Classification: which error a reading without an invoice is."""

from __future__ import annotations

from typing import Any

import pytest

from quota_invoice.errors import ImageRefused, NotRecognized
from quota_invoice.recognition.reading import Api, Reading, Recognition
from quota_invoice.recognition.tickets import require_invoice
from tests.support.fakes import ticket

POOR = ticket("AIS.0104", "The image quality is poor.")
NOT_RECOGNIZED = ticket("AIS.0105", "Recognition failed.")
OTHER = ticket("ModelArts.4505", "Internal error.")


def reading(*tickets: dict[str, Any]) -> Reading:
    return Reading(Api.AUTO_CLASSIFICATION, {1: Recognition(list(tickets), "r-1", 1)}, 1)


@pytest.mark.parametrize(
    "tickets", [[NOT_RECOGNIZED], [POOR, NOT_RECOGNIZED], [OTHER, NOT_RECOGNIZED]]
)
def test_a_ticket_that_was_not_recognized_may_be_later(tickets: list[dict[str, Any]]) -> None:
    with pytest.raises(NotRecognized) as caught:
        require_invoice(reading(*tickets))
    error = caught.value
    assert (error.code, error.message, error.request_id) == (
        "AIS.0105",
        "Recognition failed.",
        "r-1",
    )


@pytest.mark.parametrize("tickets", [[POOR], [OTHER, POOR], [], [OTHER]])
def test_an_image_without_an_invoice_is_refused(tickets: list[dict[str, Any]]) -> None:
    with pytest.raises(ImageRefused, match=r"AIS\.0104"):
        require_invoice(reading(*tickets))


def test_an_invoice_beside_an_unreadable_ticket_is_read() -> None:
    found = reading(NOT_RECOGNIZED, ticket())
    assert require_invoice(found) is found
