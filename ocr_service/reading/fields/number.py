"""The invoice number (发票号码): eight digits, printed one by one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ocr_service.reading.fields.candidates import CUT, Candidate, Label, label_of, labels_in
from ocr_service.reading.text.lines import Line

_DIGITS = 8
ALPHABET = "0123456789"
_AS_DIGITS = str.maketrans("OoQDIl|iZzSsB", "0000111122558")
_TOKEN = re.compile(
    r"(?:(?<=N[oO0º°])|(?<=N[oO0º°][.:])|(?<![0-9A-Za-z.|\-—~@#*＊＃]))"
    r"[0-9A-Za-z|]{8}(?![0-9A-Za-z.|\-—~@#])"
)
_LABEL = re.compile(r"(?<![据话证机账户车])号[码碼玛妈呜吗鸣]|票号|发.号.|发票[码碼]")
_ALNUM = re.compile(r"[0-9A-Za-z|]*")
_SEAL_DIGITS = 3
_STRANGE = 0.5  # trust in eight digits of nine or ten
# The digits of a seal may follow the number directly.
_RUN_ON = re.compile(r"(?<![0-9A-Za-z.|\-—~@#])[0-9OIl|]{8}(?=[0-9A-Za-z|])")
# The tax number of a seal: kind of organization, division, and the rest of eighteen characters.
_TAX_NUMBER = re.compile(r"9[123]\d{6}[0-9A-Z]{6}")
# Words of a printer's line, a date, a telephone number or a tax number: no invoice number. A
# password may follow the number on its line.
# 月章 is the end of 发票专用章 on a seal, misread.
ELSEWHERE = re.compile(r"[印本年册份卷税]|月(?!章)|电话|起止|识别|批准|[账帐单]号|开户|\d[-—~]\d")
_OTHER = re.compile(r"代[码碼玛妈呜吗鸣]|票代|密|校验|税号|识别|电话|起止|[据账帐单]号|开户")


def spelled(token: str) -> str:
    """Return the token with misread digits corrected; "" if it cannot be a number.

    >>> spelled("O1I42646"), spelled("PASSWORD")
    ('01142646', '')
    """
    digits = token.translate(_AS_DIGITS)
    real = sum(character.isdigit() for character in token)
    return digits if digits.isdigit() and len(digits) == _DIGITS and real >= _DIGITS // 2 else ""


def is_label(text: str) -> bool:
    """Whether the text contains the label 发票号码, possibly misread; a printer's line does not.

    >>> is_label("发票号码"), is_label("票号码"), is_label("发票代码"), is_label("本号码623-628")
    (True, True, False, False)
    """
    return bool(_LABEL.search(text)) and not ELSEWHERE.search(text)


def labels(lines: Sequence[Line]) -> list[Line]:
    """Return the labels 发票号码 in these lines, each without the other text of its line."""
    return labels_in(lines, is_label, _LABEL)


def candidates(lines: Sequence[Line]) -> list[Candidate]:
    """Possible numbers, with or without a label, except print runs and passwords."""
    found = []
    for line in lines:
        if ELSEWHERE.search(line.text):
            continue
        for token in (*_TOKEN.finditer(line.text), *_RUN_ON.finditer(line.text)):
            text = spelled(token[0])
            if not text or _TAX_NUMBER.match(line.text, token.start()):
                continue
            value = line.span(*token.span())
            label = label_of(value, line.text[: token.start()], lines, _LABEL, _OTHER)
            trust = _trust(line.text, token) if token.re is _RUN_ON else 1.0
            is_plain = label is Label.NONE and token.re is _TOKEN and "密" not in line.text
            if label is Label.OWN or is_plain:
                found.append(Candidate(text, value, label, trust))
    return found


def _trust(text: str, token: re.Match[str]) -> float:
    """Return the trust in the first eight digits of a longer run.

    The number of a seal has many digits; one or two more digits mean another kind of number.
    """
    more = _ALNUM.match(text, token.end())
    return CUT if more and len(more[0]) >= _SEAL_DIGITS else _STRANGE
