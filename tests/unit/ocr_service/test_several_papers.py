"""Several papers on one image: which of them are different, and which one stands for all."""

from __future__ import annotations

from ocr_service.reading.invoice import Field, QuotaInvoice
from ocr_service.reading.several_papers import are_different, fullest, one_of_several


def invoice(code: str = "144031900111", number: str = "01142646", *, left: int = 0) -> QuotaInvoice:
    corners = ((left, 0), (left + 9, 0), (left + 9, 9), (left, 9))
    first, second, amount, place = (
        Field(text, 0.98 if text else 0.0) for text in (code, number, "￥5.00", "北京市")
    )
    return QuotaInvoice(first, second, amount, place, corners)


def test_one_of_several_keeps_its_texts_and_has_half_the_confidence() -> None:
    one = one_of_several(invoice())
    assert [field.text for field in one.fields] == [field.text for field in invoice().fields]
    assert [field.confidence for field in one.fields] == [0.49] * 4


def test_copies_are_not_different_but_an_unreadable_invoice_may_be() -> None:
    assert not are_different([invoice(), invoice(left=50)])
    assert are_different([invoice(), invoice(number="01142647", left=50)])
    assert are_different([invoice(), invoice(number="", left=50)])


def test_the_fullest_invoice_is_the_first_of_equals() -> None:
    first, second, partial = invoice(), invoice(left=50), invoice(code="", left=99)
    assert fullest([partial, first, second]) is first
