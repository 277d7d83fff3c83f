"""The rules on whole files: on pages and papers beside an invoice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quota_invoice.invoice.findings import Finding, Severity, Text


def unread_pages(pages: Sequence[range]) -> Iterator[Finding]:
    """Each page of a file was read: another one may hold an invoice.

    >>> [finding.message.en for finding in unread_pages([range(2, 3), range(4, 5), range(5, 7)])]
    ['These pages of the file were not read: 2, 4-6. Check whether they hold further invoices.']
    """
    if pages:
        text = Text(
            f"文件的以下页面未能读取：第 {_listed(pages, '、')} 页，请核对其中是否还有发票。",
            f"These pages of the file were not read: {_listed(pages, ', ')}. Check whether they "
            "hold further invoices.",
        )
        yield Finding("unread_pages", Severity.DOUBT, text)


def unread_tickets(number: int) -> Iterator[Finding]:
    """All tickets that the service found in a file were read: another one may be an invoice.

    >>> [finding.message.en for finding in unread_tickets(1)]
    ['Papers that could not be read lie beside the invoices: 1. Compare them with the image.']
    """
    if number:
        text = Text(
            f"除已读出的发票外，还有 {number} 张票据未能识别，请对照图片核对。",
            f"Papers that could not be read lie beside the invoices: {number}. Compare them with "
            "the image.",
        )
        yield Finding("unread_tickets", Severity.DOUBT, text)


def pages_without_invoice(pages: Sequence[range]) -> Iterator[Finding]:
    """Pages that were read may hold no invoice, such as blank backs: nobody needs to act.

    >>> [finding.message.en for finding in pages_without_invoice([range(2, 3)])]
    ['These pages of the file were read and hold no quota invoice: 2.']
    """
    if pages:
        text = Text(
            f"文件的以下页面已读取，没有定额发票：第 {_listed(pages, '、')} 页。",
            f"These pages of the file were read and hold no quota invoice: {_listed(pages, ', ')}.",
        )
        yield Finding("pages_without_invoice", Severity.INFO, text)


def _listed(pages: Sequence[range], separator: str) -> str:
    """Return ascending page numbers in words, with neighbours as one range."""
    runs: list[range] = []
    for run in pages:
        if runs and runs[-1].stop == run.start:
            runs[-1] = range(runs[-1].start, run.stop)
        else:
            runs.append(run)
    last = [f"-{run.stop - 1}" if run.stop - 1 > run.start else "" for run in runs]
    return separator.join(f"{run.start}{end}" for run, end in zip(runs, last, strict=True))
