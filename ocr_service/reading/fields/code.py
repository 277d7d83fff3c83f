"""The invoice code (发票代码): twelve characters that name authority, place and year."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ocr_service.reading.fields.candidates import CUT, Candidate, Label, label_of, labels_in
from ocr_service.reading.fields.place import by_code
from ocr_service.reading.text.lines import Line

_CODE = re.compile(r"[012]\d{6}[0-9A-Z]{5}")
ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"  # no letter that could be a digit
# Letters that are misread digits: all of them in the first eight characters; in the last four only
# the letters that provinces avoid because people misread them too.
_AS_DIGITS = str.maketrans("OoQDIlI|iZzSsB", "00001111122558")
_NEVER_LETTERS = str.maketrans("OoQIl|i", "0001111")
_TOKEN = re.compile(r"(?<![0-9A-Za-z|\-—~])[0-9A-Za-z|]{12}(?![0-9A-Za-z|\-—~])")
# The digits of a seal may follow the code directly.
_RUN_ON = re.compile(r"(?<![0-9A-Za-z|\-—~])[0-9A-Z|]{12}(?=[0-9A-Za-z|])")
_LABEL = re.compile(r"代[码碼玛妈呜吗鸣]|票代|发.代.|发票[码碼]")
_OTHER = re.compile(r"号[码碼玛妈呜吗鸣]|票号|密|校验|税号|识别|电话")
_LAST_YEAR = 39
_LAST_YEAR_OF_LOCAL_BUREAUS = 16  # 国家税务总局公告2016年第23号: none were issued after April 2016

# First characters of the codes that a bureau does not issue, by its name in the title.
_NOT_OF = {"国家税务总局": ("2",), "国家税务局": ("2",), "地方税务局": ("1",)}


def spelled(token: str) -> str:
    """Return the token with misread digits corrected; "" if it cannot be a code.

    >>> spelled("I44O31900111"), spelled("15107158EOO1"), spelled("913101160666")
    ('144031900111', '15107158E001', '')
    """
    token = token[:8].translate(_AS_DIGITS) + token[8:].translate(_NEVER_LETTERS)
    return token if _CODE.fullmatch(token) else ""


def is_plausible(code: str) -> bool:
    """Whether the authority, the administrative division and the year in the code are valid.

    >>> is_plausible("144031900111"), is_plausible("199991900111"), is_plausible("144037700111")
    (True, False, False)
    >>> is_plausible("244031600111"), is_plausible("244031700111")
    (True, False)
    """
    if not _CODE.fullmatch(code) or not by_code(code):
        return False
    last = _LAST_YEAR_OF_LOCAL_BUREAUS if code[0] == "2" else _LAST_YEAR
    return int(code[5:7]) <= last


def is_of_authority(code: str, title: str) -> bool:
    """Whether the first character fits the tax bureau in the title, if the title names one.

    >>> is_of_authority("144031900111", "深圳市国家税务局通用定额发票")
    True
    >>> is_of_authority("144031900111", "深圳市地方税务局通用定额发票")
    False

    The codes of merged bureaus begin with 0 or 1.

    >>> title = "国家税务总局深圳市税务局通用定额发票"
    >>> [is_of_authority(code, title) for code in ("044031900111", "144031900111", "244031600111")]
    [True, True, False]
    """
    others = next((others for name, others in _NOT_OF.items() if name in title), ())
    return code[:1] not in others


def is_label(text: str) -> bool:
    """Whether the text contains the label 发票代码, possibly with a misread character.

    >>> is_label("发票代码"), is_label("发票代玛"), is_label("发票号码")
    (True, True, False)
    """
    return bool(_LABEL.search(text))


def labels(lines: Sequence[Line]) -> list[Line]:
    """Return the labels 发票代码 in these lines, each without the other text of its line."""
    return labels_in(lines, is_label, _LABEL)


def candidates(lines: Sequence[Line]) -> list[Candidate]:
    """Possible codes, with or without a label."""
    found = []
    for line in lines:
        for token in (*_TOKEN.finditer(line.text), *_RUN_ON.finditer(line.text)):
            text = spelled(token[0])
            if not text:
                continue
            value = line.span(*token.span())
            label = label_of(value, line.text[: token.start()], lines, _LABEL, _OTHER)
            if token.re is _RUN_ON and label is Label.OWN and is_plausible(text):
                found.append(Candidate(text, value, label, CUT))
            elif token.re is _TOKEN and _is_credible(text, label):
                found.append(Candidate(text, value, label))
    return found


def _is_credible(text: str, label: Label) -> bool:
    return label is Label.OWN or (label is Label.NONE and is_plausible(text))
