"""Texts of the refusals that concern a request or an event, by class: the cause, the next step."""

from __future__ import annotations

from quota_invoice.errors import (
    FOR_LARGE_FILES,
    BodyTooLarge,
    ConfigurationError,
    EventError,
    MethodRefused,
    NotFound,
    QuotaInvoiceError,
    RequestRefused,
    UnusableKey,
    UploadsFailed,
    UrlRefused,
)
from quota_invoice.invoice.findings import Text
from quota_invoice.records.file_texts import FailureText

ASK_OPERATOR = Text(
    "请联系系统运维人员：查明原因后，让系统重新识别失败的文件。",
    "Tell the operator, who can find the cause and have failed files read again.",
)
TO_UPLOADS = Text("任意大小的文件可通过 POST /uploads 返回的地址上传。", f"{FOR_LARGE_FILES}.")
"""The way for files that are too large for a request."""

OF_REQUESTS: dict[type[QuotaInvoiceError], FailureText] = {
    RequestRefused: FailureText(
        Text("请求无效。", "The request is invalid."),
        Text(
            "请按 error_msg 的说明修改请求；GET /openapi.json 说明接口的用法。",
            "Correct the request as error_msg says; GET /openapi.json describes the API.",
        ),
    ),
    NotFound: FailureText(
        Text("没有这个路径或文件。", "There is no such path or input."),
        Text(
            "请检查路径和文件名；文件可能尚未上传，或已删除、改名。",
            "Check path and name; the file may not be uploaded yet, or it was removed or renamed.",
        ),
    ),
    MethodRefused: FailureText(
        Text("此路径不支持这种请求方法。", "The path has other methods."),
        Text("请使用响应头 Allow 列出的方法。", "Use a method that the header Allow lists."),
    ),
    BodyTooLarge: FailureText(Text("请求体太大。", "The request's body is too large."), TO_UPLOADS),
    UrlRefused: FailureText(
        Text("系统不读取这个网址。", "The function does not have this URL read."),
        Text(
            "请直接上传文件，或改用允许的公开网址。",
            "Upload the file itself, or use a public URL that is allowed.",
        ),
    ),
    UnusableKey: FailureText(
        Text(
            "没有发票文件使用这样的名称，或系统忽略这样的文件。",
            "No input has such a name, or files with it are ignored.",
        ),
        Text("请换一个名称再次上传。", "Rename the file and upload it again."),
    ),
    EventError: FailureText(
        Text("系统不认识这个事件。", "The event has an unknown shape."), ASK_OPERATOR
    ),
    ConfigurationError: FailureText(
        Text("系统配置有误。", "The function's configuration is invalid."), ASK_OPERATOR
    ),
    UploadsFailed: FailureText(
        Text(
            "同一事件中的多个文件未能识别。",
            "Several files of one event could not be read.",
        ),
        ASK_OPERATOR,
    ),
}
