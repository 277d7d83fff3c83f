"""Quota Invoice OCR on an image of several papers: one result, with the fields of one paper.

The rule: the result is one whole invoice, and never has a field of another paper. If the image has
another invoice, every confidence is multiplied by 0.5. So a client that accepts fields from 0.9,
such as the cloud function, marks the record for review. An invoice whose title is cut off counts,
if it shows another code or amount in words. Further copies of the same invoice, or a stub with its
code and number, and papers that are no quota invoices, leave the confidence as it is.

The first pass over an image mixes its papers, so these rules decide whether to look for more
titles. On a single invoice they cost no inference.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from ocr_service.reading import multi_invoice
from ocr_service.reading.fields import code
from ocr_service.reading.fields.candidates import Candidate, Label
from ocr_service.reading.fields.extraction import Extraction
from ocr_service.reading.fields.title import is_other_title
from ocr_service.reading.invoice import Field, QuotaInvoice
from ocr_service.reading.text.lines import Line
from ocr_service.reading.text.orientation import Box, aligned, height, length, slope
from ocr_service.reading.text.page import Page
from ocr_service.reading.title_detection import completed

_UNKNOWN_PAPER = 0.5  # factor of the confidence if the client cannot know which invoice it gets
_ELONGATED = 3.0  # minimum ratio of length to height of a box that shows the direction of its text
_TURNED = 0.7  # sine of the angle between texts of different directions
_MOST_TITLES = 24
_FAR = 1.0  # distance, as in ``multi_invoice``, that only stray text of a single invoice exceeds
_STRAY = 3  # boxes across a single paper: a printer's line, parts of a seal
_APART = 1.1  # distance that no text of a drawn single invoice reaches, 1.03 at most
_MISREAD = 4  # of the twelve characters of a code, in two readings of it
_WIDE = 1.5  # minimum ratio of length to height of a box that is more than a spot


def are_too_many(titles: Sequence[Line]) -> bool:
    """Whether the titles are those of a list: no sheet has room for so many invoices and stubs.

    Reading each of them would take minutes.
    """
    invoices = sum("存根" not in title.text for title in titles)
    return invoices > _MOST_TITLES or len(titles) > 2 * _MOST_TITLES


def are_likely(page: Page, found: Extraction) -> bool:
    """Whether the first pass shows text of more than one paper."""
    boxes, title = page.boxes + page.across, found.title
    # Papers that lie across each other can leave no direction in which a title can be read.
    if _has_two_directions(boxes):
        return True
    if not found.is_invoice or not title:
        return False
    if found.other_titles or _have_two_codes(found):
        return True
    if any(not multi_invoice.is_same_line(each.box, title.box) for each in found.titles):
        return True
    whole = completed(title)
    # A much smaller invoice is one or two boxes for the first pass.
    return _has_text_apart(page.boxes, whole) or multi_invoice.has_other_text(
        boxes, whole, far=_FAR
    )


def is_on_paper(found: Extraction, title: Line) -> bool:
    """Whether all candidates are on the paper with this title."""
    box = completed(title)
    fields = (found.codes, found.numbers, found.words, found.figures)
    return all(
        multi_invoice.may_have_field(each.line.box, [box], 0) for field in fields for each in field
    )


def has_untitled_invoice(found: Extraction, title: Line, lines: Sequence[Line]) -> bool:
    """Whether there is another code, or an amount in words away from the paper with this title.

    The code may be near, where one paper lies on the title of another. They do not count if the
    image has the title of a paper of another kind: this can be near to the invoice, while its code
    is away.

    Args:
        found: the candidates of the whole image.
        title: the only title.
        lines: all lines of the image.
    """

    def is_away(line: Line) -> bool:
        return multi_invoice.distance(line.box, completed(title)) >= _FAR

    def has_other(candidates: Sequence[Candidate]) -> bool:
        own = {each.text for each in candidates if not is_away(each.line)}
        return any(is_away(each.line) and each.text not in own for each in candidates)

    if any(is_other_title(line.text) for line in lines):
        return False
    codes = [one for one in found.codes if one.label is Label.OWN and code.is_plausible(one.text)]
    return has_other(codes) or has_other(found.words) or _have_two_codes(found)


def _have_two_codes(found: Extraction) -> bool:
    """Whether two labels have codes that are not readings of one code."""
    codes = [each.text for each in found.codes if each.label is Label.OWN]
    return any(
        sum(map(operator.ne, one, other)) > _MISREAD for one, other in combinations(codes, 2)
    )


def fullest(invoices: Sequence[QuotaInvoice]) -> QuotaInvoice:
    """Return the invoice with most fields; of several, the first."""
    return max(invoices, key=lambda one: sum(map(bool, one.fields)))


def are_different(invoices: Sequence[QuotaInvoice]) -> bool:
    """Whether these are more than copies or a stub of one invoice, as far as they can be read."""
    papers = {
        (one.code.text, one.number.text) if one.code and one.number else one.polygon
        for one in invoices
    }
    return len(papers) > 1


def one_of_several(invoice: QuotaInvoice) -> QuotaInvoice:
    """Return the invoice with the confidence of one that is not alone on its image."""
    code, number, amount, location = (
        Field(field.text, field.confidence * _UNKNOWN_PAPER) for field in invoice.fields
    )
    return replace(invoice, code=code, number=number, amount=amount, location=location)


def _has_text_apart(boxes: Sequence[Box], title: Box) -> bool:
    return any(
        length(box) > _WIDE * height(box) and multi_invoice.distance(box, title) >= _APART
        for box in boxes
    )


def _has_two_directions(boxes: Sequence[Box]) -> bool:
    level = [aligned(box, slope([box])) for box in boxes]
    long = [box for box in level if length(box) > _ELONGATED * height(box)]
    if not long:
        return False
    along = np.array([(box[1] - box[0]) / length(box) for box in long])
    longest = along[int(np.argmax([length(box) for box in long]))]
    across = np.abs(along[:, 0] * longest[1] - along[:, 1] * longest[0])
    return _STRAY < int((across > _TURNED).sum()) < len(long) - _STRAY
