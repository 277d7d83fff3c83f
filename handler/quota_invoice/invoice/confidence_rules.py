"""The rules on the confidence that the OCR service gives for each field."""

from __future__ import annotations

from collections.abc import Iterator

from quota_invoice.invoice.fields import NAMES, Fields
from quota_invoice.invoice.findings import Finding, Severity, Text

DOUBTFUL_BELOW = 0.9
"""A field with a lower confidence should be compared with the image."""
_OF_SEVERAL = 0.5  # a service that reads one of several invoices is not surer of any field


def several_invoices(fields: Fields) -> Iterator[Finding]:
    """The image shows one invoice, where the API gives one per image.

    It cannot say that there are others: a whole invoice of which it is unsure is the only sign.

    >>> low = dict.fromkeys(NAMES, 0.4)
    >>> fields = Fields("144031909110", "91234567", "深圳", "￥50.00", low, is_one_per_image=True)
    >>> [finding.code for finding in several_invoices(fields)]
    ['several_invoices']
    """
    is_whole = all(getattr(fields, name) for name in NAMES)
    confidences = [fields.confidence.get(name) for name in NAMES]
    is_unsure = all(isinstance(each, int | float) and each <= _OF_SEVERAL for each in confidences)
    if fields.is_one_per_image and is_whole and is_unsure:
        text = Text(
            "所有字段的识别置信度都很低：图片上可能还有其他发票。请与图片核对；"
            "如有多张发票，请每张单独拍照上传，或请系统运维人员设置 RECOGNITION=auto。",
            "The OCR service's confidence in all fields is low: there may be further invoices on "
            "the image. Compare it with the image. If there are several, photograph each alone, or "
            "ask the operator to set RECOGNITION=auto.",
        )
        yield Finding("several_invoices", Severity.DOUBT, text)


def low_confidence(fields: Fields) -> Iterator[Finding]:
    """The OCR service is confident of each text that it read; see ``several_invoices`` for all.

    >>> fields = Fields(code="144031909110", confidence={"code": 0.5})
    >>> [finding.code for finding in low_confidence(fields)]
    ['low_confidence.code']
    """
    if any(several_invoices(fields)):
        return
    for name, (zh, en) in NAMES.items():
        if getattr(fields, name) and not _is_sure(fields.confidence.get(name)):
            text = Text(
                f"{zh}的识别置信度低于 {DOUBTFUL_BELOW}，请与图片核对。",
                f"The OCR service's confidence in the {en} is below {DOUBTFUL_BELOW}: compare it "
                "with the image.",
            )
            yield Finding(f"low_confidence.{name}", Severity.DOUBT, text)


def _is_sure(confidence: object) -> bool:
    return isinstance(confidence, int | float) and confidence >= DOUBTFUL_BELOW
