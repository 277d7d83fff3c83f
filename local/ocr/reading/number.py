"""The invoice number (发票号码): eight digits, printed one by one."""

from __future__ import annotations

import re

NUMBER = re.compile(r"(?<![0-9A-Za-z.\-—~@#*＊])\d{8}(?![0-9A-Za-z.\-—~@#])")
LABEL = re.compile(r"[发友]?票?号[码碼玛妈]|票号.?|号码")
# A printer's line, a date, a telephone, a tax number: digits of these are no invoice number.
ELSEWHERE = re.compile(r"[印本年月册份卷电话税]|密码|识别|批|\d[-—~]\d")


def find(text: str) -> str:
    """Eight digits that stand by themselves and are not something else's.

    >>> find("发票号码 01142646"), find("No.01142646"), find("世光印务2016年07月27300001-37000000")
    ('01142646', '01142646', '')
    """
    dense = re.sub(r"\s|N[oO0][.:]?", "", text)
    if ELSEWHERE.search(dense):
        return ""
    found = NUMBER.search(dense)
    return found[0] if found else ""


def is_labelled(text: str) -> bool:
    """Whether the text holds the label 发票号码, one character of it misread at most.

    >>> is_labelled("发票号码"), is_labelled("票号码"), is_labelled("发票代码")
    (True, True, False)
    """
    return bool(LABEL.search(text))
