"""Checks of the OCR service."""

from __future__ import annotations

import io

from PIL import Image

from ops.live_check.check import Finding, held, not_held, unknown
from ops.live_check.live_stage import SAMPLE, LiveStage
from quota_invoice.errors import ImageTooLarge, QuotaInvoiceError
from quota_invoice.ocr.service import OcrService
from quota_invoice.recognition.ocr_input import OcrInput
from quota_invoice.recognition.reading import Api

LARGEST_SIDE = 4096
"""Pixels, by the API's contract; its present web page says 8,192."""
_SECONDS = 60
_QUALITY = 60  # of JPEG: the file has to stay below 10 MB


def largest_side(live: LiveStage) -> Finding:
    """Send one sample twice: as large as the contract allows, and twice as large."""
    allowed, refused = (_recognize(live, LARGEST_SIDE), _recognize(live, 2 * LARGEST_SIDE))
    text = f"{LARGEST_SIDE} px: {_told(allowed)}; {2 * LARGEST_SIDE} px: {_told(refused)}"
    if allowed is None and isinstance(refused, ImageTooLarge):
        return held(text)
    if refused is None or isinstance(allowed, ImageTooLarge):
        return not_held(text)
    return unknown(text)  # refused for another reason


def tickets_are_billed(live: LiveStage) -> Finding:
    """Tell how to compare the bill: no API of a service shows it."""
    if not live.settings.recognize_all:
        return unknown("RECOGNITION is quota: one successful result is billed per image")
    return unknown(
        "compare by hand: upload one image of three invoices, and see the day's bill tomorrow; "
        f"{live.stage.command('status')} shows the number that is expected"
    )


def _recognize(live: LiveStage, side: int) -> QuotaInvoiceError | None:
    """Send the sample with this longer side; return the error, or None if it was read."""
    service = OcrService.connect(live.settings, live.credentials)
    try:
        service.recognize(OcrInput(image=_sample(side)), Api.QUOTA_INVOICE, None, _SECONDS)
    except QuotaInvoiceError as error:
        return error
    return None


def _sample(side: int) -> bytes:
    with Image.open(SAMPLE) as image, io.BytesIO() as file:
        scale = side / max(image.size)
        size = [min(side, round(length * scale)) for length in image.size]
        image.convert("RGB").resize((size[0], size[1])).save(file, "JPEG", quality=_QUALITY)
        return file.getvalue()


def _told(error: QuotaInvoiceError | None) -> str:
    return "read" if error is None else error.code
