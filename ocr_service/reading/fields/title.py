"""The title: only quota invoices have 定额 in their title."""

from __future__ import annotations

import re

# Other papers contain 规定的发票 and 余额: a single one of the two characters needs neighbours.
_TITLE = re.compile(r"定额(?:$|.{0,2}[发票]+)|用定额|用定.发票?|用.额发票?")
# A title may end with the name of the sheet or a bracket, possibly misread.
_REST = re.compile(r"联?.{0,2}(?:[(（\[【].*)?|发票联.?|存根联.?")
# Words of a sentence about quota invoices.
_SENTENCE = re.compile(
    r"[，。；、《》:：]|本发票|[开领]具|换开|停止|使用|关于|工本|收到|说明|规定|领购"
    r"|承印|印制|监制|印刷厂|印刷(?:通用)?定额|定额.*印刷"
)

# Titles of papers with a code, a number or an amount that are no quota invoices.
_OTHER = re.compile(
    r"专用发|普通发|机打发|增值税.{0,9}发|卷票|客票|车票|通行费|电子发"
    r"|收 ?据|报 ?销 ?单|签 ?购 ?单|超市$"
)


def is_other_title(text: str) -> bool:
    """Whether the text is the title of a paper of another kind.

    >>> is_other_title("通用机打发票"), is_other_title("费用报销单"), is_other_title("发票专用章")
    (True, True, False)
    """
    return bool(_OTHER.search(text)) and not _TITLE.search(text)


def is_title(text: str) -> bool:
    """Whether the text is the title of a quota invoice, with at most one misread character.

    >>> is_title("北京市国家税务局通用定额发票"), is_title("通用定颜发票"), is_title("定额发票联")
    (True, True, True)
    >>> is_title("北京印刷一厂通用定额发票"), is_title("印刷厂承印通用定额发票")
    (True, False)
    >>> is_title("增值税普通发票"), is_title("通用机打发票"), is_title("按规定的发票")
    (False, False, False)
    >>> is_title("可开具定额发票"), is_title("定额发票使用说明"), is_title("定额发票15107165")
    (False, False, False)
    """
    found = _TITLE.search(text)
    if not found or _SENTENCE.search(text):
        return False
    return bool(_REST.fullmatch(text, found.end()))
