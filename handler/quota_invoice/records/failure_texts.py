"""Failures in words for an accountant: the cause, and the next step.

The OCR service's own message says neither in Chinese nor in words that an accountant can act on; a
record keeps it as ``service_message``. The texts follow the service's table of error codes
(``ocr.error_codes``) and the classes of ``errors``; the code decides before the class.
"""

from __future__ import annotations

from typing import NamedTuple

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
    QuotaInvoiceError,
    ServiceRefused,
    ServiceUnavailable,
    StoreError,
    UnexpectedFault,
    UnusableAnswer,
)
from quota_invoice.invoice.findings import Text


class FailureText(NamedTuple):
    """The cause of a failure, and a hint at the next step."""

    message: Text
    hint: Text


_ASK_OPERATOR = Text(
    "请联系系统运维人员：查明原因后，让系统重新识别失败的文件。",
    "Tell the operator, who can find the cause and have failed files read again.",
)
_NEW_PHOTO = Text(
    "请重新拍照或扫描：发票平整、光线充足、字迹清晰，并占图片四分之一以上；然后用同一文件名再次上传。",
    "Take a new photo or scan: the invoice flat, well lit, sharp, and on more than a quarter of "
    "the image. Then upload it again under the same name.",
)
_TOO_LARGE = FailureText(
    Text(
        "图片尺寸或文件大小不符合要求。",
        "The image or the file is too large or too small.",
    ),
    Text(
        "请上传边长 15 至 4096 像素、不超过 10 MB 的图片；页数多的 PDF 请拆分后上传。",
        "Upload an image with sides of 15 to 4,096 pixels and at most 10 MB; split a PDF of "
        "many pages.",
    ),
)
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


def _file(zh: str, en: str, zh_hint: str, en_hint: str) -> FailureText:
    return FailureText(Text(zh, en), Text(zh_hint, en_hint))


_AS_JPEG = ("请将图片另存为 JPEG 后再次上传。", "Save the image as JPEG and upload that.")
_AGAIN = ("请重新上传完整的文件。", "Upload the whole file again.")
_AS_PHOTO = ("请上传发票的照片或扫描件。", "Upload a photo or scan of the invoice.")

_BY_CODE = {
    "File.Empty": _file("文件是空的。", "The file is empty.", *_AGAIN),
    "File.CutOff": _file("文件不完整，末尾部分缺失。", "The end of the file is missing.", *_AGAIN),
    "File.Damaged": _file("文件已损坏。", "The file is damaged.", _NEW_PHOTO.zh, _NEW_PHOTO.en),
    "File.Heic": _file("无法解码此 HEIC 图片。", "This HEIC image cannot be decoded.", *_AS_JPEG),
    "File.Avif": _file("这是 AVIF 图片，无法识别。", "This is an AVIF image.", *_AS_JPEG),
    "File.OtherImage": _file(
        "图片格式不受支持。", "The image has a format that cannot be read.", *_AS_JPEG
    ),
    "File.Archive": _file(
        "这是压缩包。",
        "This is an archive.",
        "请解压后上传其中的图片。",
        "Unpack it and upload the photos.",
    ),
    "File.Ofd": _file(
        "这是 OFD 文件。", "This is an OFD file.", "请导出为 PDF 后上传。", "Export it as PDF."
    ),
    "File.Office": _file(
        "这是 Office 文件。",
        "This is an Office file.",
        "请导出为 PDF 后上传。",
        "Export it as PDF and upload that.",
    ),
    "File.Video": _file("这是视频。", "This is a video.", *_AS_PHOTO),
    "File.NotAnImage": _file("这不是图片。", "This is not an image.", *_AS_PHOTO),
    "File.Chunked": _file(
        "上传工具在文件中加入了多余的内容。",
        "An upload tool stored its own frame with the file.",
        "请换用其他工具上传，或更新上传工具。",
        "Upload the file with another tool, or update the tool.",
    ),
    "File.Locked": _file(
        "此 PDF 需要密码。",
        "The PDF needs a password.",
        "请去除密码后再次上传。",
        "Remove the password and upload it again.",
    ),
    "AIS.0104": FailureText(
        Text(
            "图片上没有可识别的定额发票，或图片质量太差。",
            "There is no quota invoice on the image, or its quality is too poor.",
        ),
        Text(
            f"请确认这是定额发票，其他票据请另行处理。如果是定额发票，{_NEW_PHOTO.zh}",
            "Check that this is a quota invoice; other papers do not belong here. If it is one: "
            f"{_NEW_PHOTO.en}",
        ),
    ),
    "ModelArts.4104": _TOO_LARGE,
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
    QuotaInvoiceError: FailureText(
        Text("此文件未能识别。", "This file could not be read."), _ASK_OPERATOR
    ),
    ImageRefused: FailureText(
        Text("识别服务不接受此文件。", "The OCR service does not accept this file."),
        Text(
            "请打开文件检查：如能正常显示，请另存为 JPEG 或 PNG 后再次上传；否则请重新拍照或扫描。",
            "Open the file. If it is shown correctly, save it as JPEG or PNG and upload that; if "
            "not, take a new photo or scan.",
        ),
    ),
    FormatRefused: FailureText(
        Text(
            "文件格式不受支持，或文件已损坏。",
            "The file has a format that cannot be read, or it is damaged.",
        ),
        Text(
            "请将发票另存为 JPEG、PNG、BMP、TIFF 或 PDF 格式后再次上传。",
            "Save the invoice as JPEG, PNG, BMP, TIFF or PDF and upload that.",
        ),
    ),
    ImageTooLarge: _TOO_LARGE,
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
            "识别服务多次尝试后仍未能识别此图片。",
            "The OCR service could not recognize this image, in several attempts.",
        ),
        _NEW_PHOTO,
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
        _ASK_OPERATOR,
    ),
    ServiceRefused: FailureText(
        Text(
            "识别服务拒绝了请求，原因不在图片本身。",
            "The OCR service refused the request, for a reason other than the image.",
        ),
        _ASK_OPERATOR,
    ),
    ServiceUnavailable: FailureText(
        Text(
            "识别服务多次没有给出结果。",
            "The OCR service gave no result, in several attempts over days.",
        ),
        _ASK_OPERATOR,
    ),
    UnusableAnswer: FailureText(
        Text(
            "识别服务多次返回无法使用的结果。",
            "The OCR service's responses held no usable result, in several attempts.",
        ),
        _ASK_OPERATOR,
    ),
    StoreError: FailureText(
        Text(
            "存储桶多次没有正常响应。",
            "The bucket did not respond as it should, in several attempts.",
        ),
        _ASK_OPERATOR,
    ),
    OutOfTime: _TOO_LONG,
    InputTooLong: _TOO_LONG,
    UnexpectedFault: FailureText(
        Text(
            "系统程序出错，与图片无关。",
            "The function itself has a defect; the image is not to blame.",
        ),
        _ASK_OPERATOR,
    ),
}


def failure_text(error: QuotaInvoiceError) -> FailureText:
    """Return the texts of an error: by its code, else by its nearest class that has some."""
    kinds = (kind for kind in type(error).__mro__ if kind in _BY_CLASS)
    return _BY_CODE.get(error.code) or _BY_CLASS[next(kinds)]
