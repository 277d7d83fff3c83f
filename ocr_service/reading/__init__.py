"""Reads quota invoices (定额发票): an image in, its fields out.

The way of an image::

    engine       where text is, and what it says            neural networks
    orientation  which way up it is                         geometry, and a small network
    lines        the text in reading order                  geometry
    title        is it a quota invoice at all?              rule
    code number amount place                                one rule each
    confidence   what the findings say about each other     rule
    reader       the above, one after the other, and second looks where one was not enough
"""

from ocr_service.reading.invoice import Field, QuotaInvoice
from ocr_service.reading.reader import Reader

__all__ = ["Field", "QuotaInvoice", "Reader"]
