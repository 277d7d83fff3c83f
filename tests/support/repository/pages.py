"""The pages of the documentation, and their parts: headings, blocks, tables, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.paths import ROOT

README = "README.md"
CHINESE = "README.zh-CN.md"
PAGES = (
    README,
    CHINESE,
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "local/README.md",
    "ocr_service/README.md",
    "stages/README.md",
    *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md")),
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r"(?:^\|.*\|\n)+", re.MULTILINE)


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    """Return the headings with their signs; a comment in a block is none."""
    return re.findall(r"^#+ .+$", _FENCE.sub("", text), re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as forges make them."""
    found = [heading.lstrip("# ") for heading in headings(path.read_text(encoding="utf-8"))]
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in found}


def blocks(text: str, language: str) -> list[str]:
    """Return the contents of the blocks of a language."""
    return [content for name, content in _FENCE.findall(text) if name == language]


def tables(text: str) -> list[list[list[str]]]:
    """Return the tables: rows of cells, without the line below the head."""
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in _lines(table)]
        for table in _TABLE.findall(_FENCE.sub("", text))
    ]


def _lines(table: str) -> Iterator[str]:
    for number, line in enumerate(table.splitlines()):
        if number != 1:
            yield line


def table_below(text: str, first: str) -> list[list[str]]:
    """Return the rows of the only table whose head begins with a cell, without the head."""
    [table] = [table for table in tables(text) if table[0][0] == first]
    return table[1:]


def links(text: str) -> list[str]:
    """Return the targets of all links and pictures."""
    return re.findall(r"\]\(([^)]+)\)", _FENCE.sub("", text))
