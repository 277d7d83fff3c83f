"""The gate: only a quota invoice has 定额 in its title."""

from __future__ import annotations

import re

TITLE = re.compile(r"定额|[通用].?[定额].?发票|定.发票|额发票")


def is_title(text: str) -> bool:
    """Whether the text is the title of a quota invoice, one character of it misread at most.

    >>> is_title("北京市国家税务局通用定额发票"), is_title("通用定颜发票"), is_title("增值税普通发票")
    (True, True, False)
    """
    return bool(TITLE.search(text))
