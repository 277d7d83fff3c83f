"""The gate: only a quota invoice has 定额 in its title."""

from __future__ import annotations

import re

# Other papers speak of 规定的发票 and 余额: one of the two characters needs its neighbours.
TITLE = re.compile(r"定额(?:$|.{0,2}[发票])|用定额|用定.发|用.额发")


def is_title(text: str) -> bool:
    """Whether the text is the title of a quota invoice, one character of it misread at most.

    >>> is_title("北京市国家税务局通用定额发票"), is_title("通用定颜发票")
    (True, True)
    >>> is_title("增值税普通发票"), is_title("通用机打发票"), is_title("按规定的发票")
    (False, False, False)
    """
    return bool(TITLE.search(text))
