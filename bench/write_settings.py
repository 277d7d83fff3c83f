"""``python -m bench.write_settings``: write the README's table of settings.

Its words are those of the docstrings of ``BucketLayout`` and ``Settings``, its defaults those of
settings of which none is set: neither can differ from the function. The Chinese README has the same
names and defaults; its words are written by hand.
"""

from __future__ import annotations

import re
from pathlib import Path

from quota_invoice.settings.layout import BucketLayout
from quota_invoice.settings.settings import Settings

README = Path(__file__).parents[1] / "README.md"
_HEAD = "| Name | Meaning | Default |\n|---|---|---|\n"
_TABLE = re.compile(re.escape(_HEAD) + r"(?:\|.*\n)*")
_LINE = re.compile(r"(\w+): (.+?)\s\(``([A-Z_]+)``(?:; by default (.+?))?\)")
_ANY_PROJECT = "0"


def table() -> str:
    """Return the table, a line per setting, in the order of the docstrings."""
    settings = Settings.read(lambda _: None, _ANY_PROJECT)
    return _HEAD + "".join(_rows(settings.layout) + _rows(settings))


def _rows(of: Settings | BucketLayout) -> list[str]:
    return [
        f"| `{name}` | {_code(meaning)} | {_code(default) or _default(getattr(of, field))} |\n"
        for field, meaning, name, default in _LINE.findall(_attributes(of.__doc__ or ""))
    ]


def _attributes(docstring: str) -> str:
    """Return each attribute's text as one line."""
    text = docstring.partition("Attributes:\n")[2].partition("\n\n")[0]
    return re.sub(r"\n\s{12,}", " ", text)


def _code(text: str) -> str:
    return text.replace("``", "`")


def _default(value: object) -> str:
    """Return a default as the table shows it.

    >>> _default(True), _default(30.0), _default(frozenset())
    ('`true`', '`30`', 'none')
    """
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, float | int):
        return f"`{value:g}`"
    return f"`{value}`" if value else "none"


def with_table(text: str) -> str:
    """Return the README's text with the present table."""
    return _TABLE.sub(lambda _: table(), text, count=1)


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
