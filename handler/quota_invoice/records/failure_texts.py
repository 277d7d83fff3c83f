"""Failures in words for an accountant: the cause, and the next step.

The OCR service's own message says neither in Chinese nor in words that an accountant can act on; a
record keeps it as ``service_message``. The texts follow the service's table of error codes
(``ocr.error_codes``) and the classes of ``errors``; the code decides before the class.
"""

from __future__ import annotations

from quota_invoice.errors import (
    DownloadFailed,
    FormatRefused,
    ImageRefused,
    ImageTooLarge,
    InputTooLong,
    KeyRefused,
    NotRecognized,
    ObjectChanging,
    ObjectUnavailable,
    OutOfTime,
    PagesRefused,
    QuotaInvoiceError,
    ServiceRefused,
    ServiceUnavailable,
    StoreError,
    UnexpectedFault,
    UnusableAnswer,
)
from quota_invoice.invoice.findings import Text
from quota_invoice.records.file_texts import (
    NEW_PHOTO,
    OF_FILES,
    WRONG_FORMAT,
    WRONG_SIZE,
    FailureText,
)
from quota_invoice.records.request_texts import ASK_OPERATOR, OF_REQUESTS

_TOO_LONG = FailureText(
    Text(
        "在限定时间内未能完成识别。",
        "Reading this file took longer than the function's time limit, in several attempts.",
    ),
    Text(
        "如果是页数多的 PDF，请拆分后上传；否则请联系系统运维人员。",
        "Split a PDF of many pages and upload the parts. For other files, tell the operator.",
    ),
)


_BY_CODE = {
    **OF_FILES,
    "Invoice.Gone": FailureText(
        Text("此文件已删除或改名。", "This file was removed or renamed."),
        Text(
            "它的识别结果仍可用 GET 查询；需要重新识别时，请再次上传。",
            "GET still returns its record; to have it read anew, upload it again.",
        ),
    ),
    "Record.Unavailable": FailureText(
        Text(
            "此文件的识别结果或人工复核记录已归档，暂时无法读取；文件本身不受影响。",
            "The record of this file, or a person's decision on it, is in the archive. The file "
            "itself is as it was.",
        ),
        Text(
            "请系统运维人员恢复已归档的识别结果和复核记录；无需重新识别。",
            "Ask the operator to restore the record and the decisions; the file need not be read "
            "again.",
        ),
    ),
    "Object.AccessDenied": FailureText(
        Text(
            "存储桶不允许系统读取此文件，它可能由其他账号上传。",
            "The bucket does not let the function read this file; another account may own it.",
        ),
        Text(
            "请用本单位的账号重新上传此文件，或请系统运维人员开放读取权限，并让系统重新识别。",
            "Upload the file again with your own account, or ask the operator to permit reading it "
            "and to have it read again.",
        ),
    ),
}

_BY_CLASS: dict[type[QuotaInvoiceError], FailureText] = {
    **OF_REQUESTS,
    QuotaInvoiceError: FailureText(
        Text("此文件未能识别。", "This file could not be read."), ASK_OPERATOR
    ),
    ImageRefused: FailureText(
        Text("识别服务不接受此文件。", "The OCR service does not accept this file."),
        Text(
            "请打开文件检查：如能正常显示，请另存为 JPEG 或 PNG 后再次上传；否则请重新拍照或扫描。",
            "Open the file. If it is shown correctly, save it as JPEG or PNG and upload that; if "
            "not, take a new photo or scan.",
        ),
    ),
    FormatRefused: WRONG_FORMAT,
    ImageTooLarge: WRONG_SIZE,
    KeyRefused: FailureText(
        Text(
            "文件路径中有名为“.”或“..”的部分，系统无法读取。",
            "The file's path has a part '.' or '..': such a file cannot be read.",
        ),
        Text(
            "请去掉路径中的“.”和“..”，换一个名称再次上传。",
            "Rename the file so that no part of its path is '.' or '..', and upload it again.",
        ),
    ),
    NotRecognized: FailureText(
        Text(
            "识别服务多次尝试后仍未能识别此图片，可能是图片模糊。",
            "The OCR service could not recognize this image, in several attempts; it may be "
            "blurred.",
        ),
        NEW_PHOTO,
    ),
    ObjectUnavailable: FailureText(
        Text(
            "此文件已归档，暂时无法读取。",
            "This file is in the archive, where it cannot be read.",
        ),
        Text(
            "请先从归档存储中恢复此文件，再请系统运维人员让系统重新识别。",
            "Restore the file from the archive, then ask the operator to have it read again.",
        ),
    ),
    ObjectChanging: FailureText(
        Text(
            "识别期间此文件被反复替换。",
            "This file was replaced again and again while it was read.",
        ),
        Text(
            "请停止重复上传，确定最终版本后再上传一次。",
            "Stop the repeated uploads, then upload the final version once.",
        ),
    ),
    DownloadFailed: FailureText(
        Text(
            "识别服务多次未能从存储桶下载此文件。",
            "The OCR service could not download this file from the bucket, in several attempts.",
        ),
        ASK_OPERATOR,
    ),
    PagesRefused: FailureText(
        Text(
            "读取 PDF 和多页 TIFF 需要“智能分类识别”服务，目前尚未开通，或没有权限。",
            "PDFs and TIFFs of several pages need Auto Classification OCR, which is not subscribed "
            "or not allowed.",
        ),
        Text(
            "请系统运维人员开通此服务后让系统重新识别，或将每张发票另存为图片后上传。",
            "Ask the operator to subscribe to it and to have the file read again; or save each "
            "invoice as an image and upload that.",
        ),
    ),
    ServiceRefused: FailureText(
        Text(
            "识别服务拒绝了请求，原因不在图片本身。",
            "The OCR service refused the request, for a reason other than the image.",
        ),
        ASK_OPERATOR,
    ),
    ServiceUnavailable: FailureText(
        Text(
            "识别服务多次没有给出结果。",
            "The OCR service gave no result, in several attempts over days.",
        ),
        ASK_OPERATOR,
    ),
    UnusableAnswer: FailureText(
        Text(
            "识别服务多次返回无法使用的结果。",
            "The OCR service's responses held no usable result, in several attempts.",
        ),
        ASK_OPERATOR,
    ),
    StoreError: FailureText(
        Text(
            "存储桶多次没有正常响应。",
            "The bucket did not respond as it should, in several attempts.",
        ),
        ASK_OPERATOR,
    ),
    OutOfTime: _TOO_LONG,
    InputTooLong: _TOO_LONG,
    UnexpectedFault: FailureText(
        Text(
            "系统程序出错，与图片无关。",
            "The function itself has a defect; the image is not to blame.",
        ),
        ASK_OPERATOR,
    ),
}


def failure_text(error: QuotaInvoiceError) -> FailureText:
    """Return the texts of an error: by its code, else by its nearest class that has some.

    The function's own code of the file comes first: it says more than the service's. The error of a
    page names the page.
    """
    kinds = (kind for kind in type(error).__mro__ if kind in _BY_CLASS)
    by_code = _BY_CODE.get(error.file_code) or _BY_CODE.get(error.code)
    text = by_code or _BY_CLASS[next(kinds)]
    if error.page is None:
        return text
    zh, en = text.message
    return text._replace(message=Text(f"第 {error.page} 页：{zh}", f"Page {error.page}: {en}"))
