"""Names of uploads: kept as they are, as far as they are safe, and never those of other objects."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime

from quota_invoice.errors import UnusableKey
from quota_invoice.invoice.fields import day_in_china
from quota_invoice.settings.layout import BucketLayout

_LONGEST = 200
"""Bytes of a name, so that its record's key needs no hash."""
_LONGEST_ENDING = 12  # characters
_MOST_TRIES = 1000
# Control characters, separators of folders, halves of surrogate pairs, and the characters that
# change the direction of writing: they hide the true ending of a name.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f/\\\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class NameRefused(ValueError):
    """A name or folder cannot be used.

    Args:
        reason: the cause, as a key of the page's texts: ``folder``, ``ignored`` or ``full``.
        values: the values of the text.
    """

    def __init__(self, reason: str, **values: str) -> None:
        self.reason, self.values = reason, values
        super().__init__(reason)


def safe_name(name: str) -> str:
    r"""Return a file's name as a part of a key: the same one, if it is safe.

    >>> safe_name("发票 1+2%.jpg"), safe_name("../../etc/passwd"), safe_name("a\x00b\n.png")
    ('发票 1+2%.jpg', 'passwd', 'a_b_.png')
    >>> safe_name(".."), safe_name("C:\\scans\\b.jpg"), safe_name(" ")
    ('_', 'b.jpg', '_')
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    safe = _UNSAFE.sub("_", last).strip()
    if not safe.strip("."):
        return "_"
    stem, ending = _parts(safe)
    room = _LONGEST - len(ending.encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + ending


def safe_folder(text: str, layout: BucketLayout) -> str:
    """Return a chosen folder as the beginning of keys.

    >>> from quota_invoice.settings.layout import DEFAULT_LAYOUT
    >>> safe_folder(" 2026/11 ", DEFAULT_LAYOUT), safe_folder("", DEFAULT_LAYOUT)
    ('incoming/2026/11/', 'incoming/')

    Raises:
        NameRefused: it leads elsewhere, or has characters that are not safe.
    """
    path = unicodedata.normalize("NFC", text.strip())
    folder = f"{path.strip('/')}/" if path.strip("/") else ""
    try:
        folder = layout.requested_path(folder)
    except UnusableKey:
        raise NameRefused("folder") from None
    if "//" in folder or _UNSAFE.search(folder.replace("/", "")):
        raise NameRefused("folder")
    return f"{layout.input_prefix}{folder}"


def folder_of_month(now: datetime) -> str:
    """Return the folder of the month in China.

    >>> from datetime import timezone
    >>> folder_of_month(datetime(2026, 11, 30, 17, tzinfo=timezone.utc))
    '2026/12/'
    """
    return f"{day_in_china(now):%Y/%m}/"


def free_key(folder: str, name: str, layout: BucketLayout, is_taken: Callable[[str], bool]) -> str:
    """Return the key of an upload; another name is found if the name is taken.

    Args:
        folder: see ``safe_folder``.
        name: see ``safe_name``.
        layout: tells the names that the function ignores.
        is_taken: whether an object has a key.

    Raises:
        NameRefused: the function ignores files of this name, or too many names are taken.

    >>> from quota_invoice.settings.layout import DEFAULT_LAYOUT
    >>> free_key("incoming/", "a.jpg", DEFAULT_LAYOUT, {"incoming/a.jpg"}.__contains__)
    'incoming/a (2).jpg'
    """
    if layout.reason_to_ignore(folder + name):
        raise NameRefused("ignored", name=name)
    stem, ending = _parts(name)
    for number in range(1, _MOST_TRIES):
        key = folder + (name if number == 1 else f"{stem} ({number}){ending}")
        if not is_taken(key):
            return key
    raise NameRefused("full", name=name)


def _parts(name: str) -> tuple[str, str]:
    """Return a name without its ending, and the ending with its dot.

    >>> _parts("a.b.jpg"), _parts(".jpg"), _parts("no ending. Really, none")
    (('a.b', '.jpg'), ('.jpg', ''), ('no ending. Really, none', ''))
    """
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > _LONGEST_ENDING:
        return name, ""
    return stem, dot + ending
