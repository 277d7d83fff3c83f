"""The invoice code: its form, and the authority, place, year and trade that it holds."""

from __future__ import annotations

import re

from quota_invoice.invoice.place import Place, division

# Twelve characters: tax bureau, division, year, then five for the trade and the province's own use,
# which may be letters (15107158E001).
_CODE = re.compile(r"[012]([0-9]{4})([0-9]{2})[0-9A-Z]{5}")
_FORMER_CENTURY = 69
STATE_BUREAU, LOCAL_BUREAU = "1", "2"
"""The first character of codes; those of merged bureaus begin with 1 or 0."""
_AUTHORITIES = {
    "0": "国家税务总局或合并后的税务局",
    STATE_BUREAU: "国家税务局或合并后的税务局",
    LOCAL_BUREAU: "地方税务局",
}
_LAST_OF_STATE = 2017  # the last year without merged bureaus, whose trades are not documented
_TRADES = {
    STATE_BUREAU: {
        "1": "工业",
        "2": "商业",
        "3": "加工修理修配业",
        "4": "收购业",
        "5": "水电业",
        "6": "其他",
    },
    LOCAL_BUREAU: {
        "1": "交通运输业",
        "2": "建筑业",
        "3": "金融保险业",
        "4": "邮电通信业",
        "5": "文化体育业",
        "6": "娱乐业",
        "7": "服务业",
        "8": "转让无形资产",
        "9": "销售不动产",
        "0": "其他",
    },
}


def is_code(text: str) -> bool:
    """Whether a text has the form of an invoice code.

    >>> is_code("144031909110"), is_code("14403190911")
    (True, False)
    """
    return bool(_CODE.fullmatch(text))


def year_of_code(code: str) -> int | None:
    """Return the year of the invoice's code: characters 6 and 7.

    Source: 国税函〔2004〕521号. The century is the one of POSIX: 69 to 99 belong to the former one.

    >>> year_of_code("144031909110"), year_of_code("15107158E001"), year_of_code("12345")
    (2019, 2015, None)
    >>> year_of_code("144039509110")
    1995
    """
    match = _CODE.fullmatch(code)
    if not match:
        return None
    year = int(match[2])
    return year + (1900 if year >= _FORMER_CENTURY else 2000)


def place_of_code(code: str) -> Place:
    """Return the place of the tax bureau that issued the code: characters 2 to 5, by GB/T 2260.

    >>> place_of_code("144031909110")
    Place(province='广东省', city='深圳市')
    """
    match = _CODE.fullmatch(code)
    return division(match[1]) if match else Place(None, None)


def authority_of_code(code: str) -> str | None:
    """Return the kind of tax bureau that issued the code: character 1.

    Source: 国税函〔2004〕521号. Codes of the bureaus that were merged in 2018 begin with 1 or 0.

    >>> authority_of_code("244031429474"), authority_of_code("14403190911")
    ('地方税务局', None)
    """
    return _AUTHORITIES[code[0]] if is_code(code) else None


def trade_of_code(code: str) -> str | None:
    """Return the trade of the code: character 8; None where no source tells it.

    Source: 国税函〔2004〕521号, which has one list for state and one for local tax bureaus. The
    bureaus that were merged in 2018 are younger.

    >>> trade_of_code("244031474747"), trade_of_code("13100139T713"), trade_of_code("144031909110")
    ('服务业', None, None)
    >>> trade_of_code("144031420113"), trade_of_code("244031404747")
    ('商业', '其他')
    """
    year = year_of_code(code)
    if year is None or (code[0] == STATE_BUREAU and year > _LAST_OF_STATE):
        return None
    return _TRADES.get(code[0], {}).get(code[7])
