"""The invoice code (发票代码): twelve characters that name authority, place and year."""

from __future__ import annotations

import re

from local.ocr.reading.place import by_code

CODE = re.compile(r"(?<![0-9A-Z])[012]\d{6}[0-9A-Z]{5}(?![0-9A-Z])")
LABEL = re.compile(r"[发友]?票?代[码碼玛妈]|票代.?")


def find(text: str) -> str:
    """A code that stands by itself in the text; spaces within it do not matter.

    >>> find("发票代码 144031900111"), find("代码:15107158E001"), find("913101160666012345")
    ('144031900111', '15107158E001', '')
    """
    found = CODE.search(re.sub(r"\s", "", text))
    return found[0] if found else ""


def is_plausible(code: str) -> bool:
    """Whether its parts make sense: an authority, a division there is, a year of such invoices.

    >>> is_plausible("144031900111"), is_plausible("199991900111"), is_plausible("144037700111")
    (True, False, False)
    """
    return bool(CODE.fullmatch(code)) and bool(by_code(code)) and code[5:7] < "40"


def is_labelled(text: str) -> bool:
    """Whether the text holds the label 发票代码, one character of it misread at most.

    >>> is_labelled("发票代码"), is_labelled("票代码"), is_labelled("发票号码")
    (True, True, False)
    """
    return bool(LABEL.search(text))
