"""Texts of the files and images that cannot be read, by code: the cause, and the next step."""

from __future__ import annotations

from typing import NamedTuple

from quota_invoice.invoice.findings import Text


class FailureText(NamedTuple):
    """The cause of a failure, and a hint at the next step."""

    message: Text
    hint: Text


def _file(zh: str, en: str, hint: Text) -> FailureText:
    return FailureText(Text(zh, en), hint)


OWN_CODES = "File."
"""The beginning of the codes of files that the function itself refuses."""
NEW_PHOTO = Text(
    "请重新拍照或扫描：发票平整、光线充足、字迹清晰，并占图片四分之一以上；然后用同一文件名再次上传。",
    "Take a new photo or scan: the invoice flat, well lit, sharp, and on more than a quarter of "
    "the image. Then upload it again under the same name.",
)
WRONG_SIZE = FailureText(
    Text(
        "图片边长不足 15 像素或超过 4096 像素，或文件超过 10 MB。",
        "A side of the image has less than 15 or more than 4,096 pixels, or the file has more than "
        "10 MB.",
    ),
    Text(
        "太小（如缩略图）：请上传原图。太大：请缩小到边长不超过 4096 像素、文件不超过 10 MB，"
        "或以 300 dpi 重新扫描后上传。",
        "If it is too small, such as a preview, upload the original. If it is too large, upload a "
        "copy with sides of at most 4,096 pixels and at most 10 MB, or scan it again at 300 dpi.",
    ),
)
_TOO_LARGE = FailureText(
    Text(
        "文件太大：图片的像素超过系统的处理能力。",
        "The file is too large: its image has too many pixels.",
    ),
    Text(
        "请以 300 dpi 重新扫描，或将图片缩小到边长不超过 4096 像素、文件不超过 10 MB，再上传。",
        "Scan it again at 300 dpi, or upload a smaller copy, with sides of at most 4,096 pixels "
        "and at most 10 MB.",
    ),
)
WRONG_FORMAT = FailureText(
    Text(
        "文件格式不受支持，或文件已损坏。",
        "The file has a format that cannot be read, or it is damaged.",
    ),
    Text(
        "请将发票另存为 JPEG、PNG、BMP、TIFF 或 PDF 格式后再次上传。",
        "Save the invoice as JPEG, PNG, BMP, TIFF or PDF and upload that.",
    ),
)
_AS_JPEG = Text(
    "请用看图软件打开，另存为 JPEG 后上传。",
    "Open it in an image viewer, save it as JPEG, and upload that.",
)
_AS_PDF = Text(
    "请打开此文件，导出为 PDF 后上传。", "Open the file, export it as PDF, and upload that."
)
_WHOLE = Text(
    "请检查原文件能否打开，再用同一文件名完整上传一次。",
    "Check that the original can be opened, and upload all of it again under the same name.",
)
_PHOTO = Text("请上传发票的照片或扫描件。", "Upload a photo or scan of the invoice.")
OF_FILES = {
    "File.Empty": _file("文件是空的（0 字节）。", "The file is empty: it has 0 bytes.", _WHOLE),
    "File.Blank": _file(
        "文件开头全是零字节，没有图片内容。",
        "The file begins with zeros in place of an image.",
        _WHOLE,
    ),
    "File.CutOff": _file(
        "文件不完整，末尾部分缺失。", "The file is cut off: its end is missing.", _WHOLE
    ),
    "File.Damaged": _file(
        "文件已损坏，无法打开。",
        "The file is damaged and cannot be opened.",
        Text(
            "请检查原文件能否打开：能打开就再次上传，否则请重新拍照或扫描。",
            "Check that the original can be opened, and upload it again; if it cannot, take a new "
            "photo or scan.",
        ),
    ),
    "File.Heic": _file(
        "这是 HEIC 照片，但无法解码。",
        "This is a HEIC photo that cannot be decoded.",
        Text(
            "请另存为 JPEG 后上传。iPhone 可在“设置”—“相机”—“格式”中选择“兼容性最佳”。",
            "Save it as JPEG and upload that. On an iPhone, choose Settings, Camera, Formats, "
            "Most Compatible.",
        ),
    ),
    "File.Avif": _file(
        "这是 AVIF 图片，无法识别。", "This is an AVIF image, which cannot be read.", _AS_JPEG
    ),
    "File.OtherImage": _file(
        "这种图片格式不受支持。", "This image has a format that cannot be read.", _AS_JPEG
    ),
    "File.Archive": _file(
        "这是压缩包，不是图片。",
        "This is an archive, not an image.",
        Text("请解压后上传其中的照片。", "Unpack it and upload the photos."),
    ),
    "File.Ofd": _file(
        "这是 OFD 文件，无法识别。", "This is an OFD file, which cannot be read.", _AS_PDF
    ),
    "File.Office": _file(
        "这是 Office、WPS 或 iWork 文件，不是图片。",
        "This is an Office, WPS or iWork file, not an image.",
        _AS_PDF,
    ),
    "File.Video": _file("这是视频，不是图片。", "This is a video, not an image.", _PHOTO),
    "File.NotAnImage": _file("这不是图片，也不是 PDF。", "This is no image and no PDF.", _PHOTO),
    "File.Chunked": _file(
        "上传工具在文件中加入了自己的标记（如 aws-chunked），存入的不是原文件。",
        "The upload tool stored its own frame, such as aws-chunked, around the file.",
        Text(
            "请换用其他工具上传，或在该工具中关闭分块编码（aws-chunked）后再次上传。",
            "Upload the file with another tool, or turn off the chunked encoding (aws-chunked) of "
            "this one.",
        ),
    ),
    "File.Locked": _file(
        "此 PDF 有密码，无法打开。",
        "The PDF needs a password.",
        Text("请去除密码后再次上传。", "Remove the password and upload it again."),
    ),
    "File.TooLarge": _TOO_LARGE,
    "File.TooLargePage": _file(
        "PDF 的这一页太大。",
        "This page of the PDF is too large.",
        Text(
            "请以 300 dpi 重新扫描，再上传整个文件。",
            "Scan with 300 dpi, and upload the file again.",
        ),
    ),
    "File.TooLargeTiff": _file(
        "这是 TIFF 文件，超过 64 MB，太大。",
        "This is a TIFF of more than 64 MB, which is too large.",
        Text(
            "请将 TIFF 拆分成单页，或以 300 dpi、带压缩（如 LZW）另存后上传。",
            "Split the TIFF into single pages, or save it with 300 dpi and compressed, such as by "
            "LZW, and upload that.",
        ),
    ),
    "File.TooSmall": _file(
        "图片太小或太窄：有一边不足 15 像素，或缩小到 4096 像素后不足。",
        "The image is too small or too narrow: a side has less than 15 pixels, or would have less "
        "if the other one had 4,096.",
        Text("请上传原图，不要上传缩略图。", "Upload the original image, not a preview of it."),
    ),
    "AIS.0104": FailureText(
        Text(
            "图片上没有定额发票，或图片模糊、过暗，无法识别。",
            "There is no quota invoice on the image, or it is too blurred or dark to be read.",
        ),
        Text(
            "请确认：这是增值税发票或其他票据吗？这些票据请另行处理。"
            f"如果是定额发票，{NEW_PHOTO.zh}",
            "Is it a VAT invoice or another paper? Those do not belong here. If it is a quota "
            f"invoice: {NEW_PHOTO.en}",
        ),
    ),
    "AIS.0102": WRONG_FORMAT,
    "AIS.0103": WRONG_SIZE,
    "ModelArts.4104": _TOO_LARGE,
    "ModelArts.4705": _TOO_LARGE,
}
"""The texts by code."""
