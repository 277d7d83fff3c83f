"""Docstrings, comments and pages name the noun. Vague words are rare."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from tests.support.paths import ROOT
from tests.support.repository.pages import PAGES, text_of

PACKAGES = ["accounting", "bench", "handler", "local", "ocr_service", "ops"]
VAGUE = re.compile(r"\b(what|whatever|whoever)\b", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z][\w'’-]*")
MOST_PER_THOUSAND = 2.0


def prose(source: str) -> Iterator[str]:
    """The comments of a module, and its docstrings, those of attributes included."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def counted(texts: list[str]) -> tuple[int, int]:
    """The number of vague words in some texts, and of all words."""
    return (
        sum(len(VAGUE.findall(text)) for text in texts),
        sum(len(WORD.findall(text)) for text in texts),
    )


def test_the_measure_finds_comments_and_docstrings() -> None:
    source = 'LIMIT = 1  # whatever it is\n"""What there is."""\ntext = "what"\n'
    assert counted(list(prose(source))) == (2, 6)


@pytest.mark.parametrize("package", PACKAGES)
def test_few_vague_words(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    found = {file: list(prose(file.read_text(encoding="utf-8"))) for file in files}
    vague, words = counted([text for texts in found.values() for text in texts])
    worst = sorted(found, key=lambda file: -counted(found[file])[0])[:5]
    named = [f"{file.relative_to(ROOT)}: {counted(found[file])[0]}" for file in worst]
    assert vague <= MOST_PER_THOUSAND * words / 1000, f"{vague} in {words} words: {named}"


@pytest.mark.parametrize("page", PAGES)
def test_few_vague_words_in_a_page(page: str) -> None:
    vague, words = counted(
        [re.sub(r"^```.*?^```$", "", text_of(page), flags=re.DOTALL | re.MULTILINE)]
    )
    assert vague <= MOST_PER_THOUSAND * words / 1000, f"{vague} in {words} words"
