"""The Chinese README has the same content as the English one."""

from __future__ import annotations

import re

import pytest

from tests.support.repository.pages import CHINESE, README, blocks, headings, links, tables, text_of

ENGLISH_TEXT, CHINESE_TEXT = text_of(README), text_of(CHINESE)
LINK = re.compile(r"\[[^]]*\]\([^)]*\)")
CODE = re.compile(r"`([^`\n]+)`")
LANGUAGES = {README, CHINESE}
HAN = re.compile(r"[\u4e00-\u9fff]")


def without_comments(block: str) -> list[str]:
    """Return the commands of a block; only the words after a sign of a comment differ."""
    return [re.sub(r"\s+# .*", "", line) for line in block.splitlines()]


def test_the_headings_have_the_same_levels() -> None:
    levels = [
        [line.partition(" ")[0] for line in headings(text)] for text in (ENGLISH_TEXT, CHINESE_TEXT)
    ]
    assert levels[0] == levels[1]


def test_each_heading_of_words_is_in_chinese() -> None:
    assert [line for line in headings(CHINESE_TEXT) if not HAN.search(line)] == ["## API"]


@pytest.mark.parametrize("language", ["sh", "text"])
def test_the_commands_are_the_same(language: str) -> None:
    english, chinese = blocks(ENGLISH_TEXT, language), blocks(CHINESE_TEXT, language)
    assert english
    assert [without_comments(each) for each in chinese] == [
        without_comments(each) for each in english
    ]


def test_the_pictures_of_the_flow_have_the_same_arrows() -> None:
    arrows = re.compile(r"(\w+)(?:[(\[].*?[)\]])? *(?:<?-\.?->)(?:\|[^|]*\|)? *(\w+)")
    [english], [chinese] = blocks(ENGLISH_TEXT, "mermaid"), blocks(CHINESE_TEXT, "mermaid")
    assert arrows.findall(english)
    assert arrows.findall(chinese) == arrows.findall(english)


def test_the_tables_have_the_same_rows_with_the_same_names() -> None:
    english, chinese = tables(ENGLISH_TEXT), tables(CHINESE_TEXT)
    assert [names(table) for table in chinese] == [names(table) for table in english]


def names(table: list[list[str]]) -> list[list[list[str]]]:
    """Return the names in code of each cell, and its links; their order is the language's."""
    return [[sorted([*CODE.findall(cell), *links(cell)]) for cell in row] for row in table]


def test_no_cell_was_left_empty_or_in_english() -> None:
    for chinese, english in zip(tables(CHINESE_TEXT), tables(ENGLISH_TEXT), strict=True):
        for row, former in zip(chinese, english, strict=True):
            for cell, words in zip(row, former, strict=True):
                assert cell
                is_prose = len(re.findall(r"[a-z]{2,}", LINK.sub("", CODE.sub("", words)))) > 3
                assert HAN.search(cell) or not is_prose, cell


def test_the_sections_name_the_same_things_and_link_to_the_same_places() -> None:
    for english, chinese in zip(sections(ENGLISH_TEXT), sections(CHINESE_TEXT), strict=True):
        assert set(CODE.findall(chinese)) == set(CODE.findall(english))
        assert sorted(set(links(chinese)) - LANGUAGES) == sorted(set(links(english)) - LANGUAGES)


def sections(text: str) -> list[str]:
    return re.split(
        r"^## .*$",
        re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE),
        flags=re.MULTILINE,
    )


def test_the_sections_have_the_same_number_of_paragraphs_and_points() -> None:
    for english, chinese in zip(sections(ENGLISH_TEXT), sections(CHINESE_TEXT), strict=True):
        assert parts(chinese) == parts(english)


def parts(section: str) -> int:
    return len([each for each in re.split(r"\n\n|\n(?=- )", section.strip()) if each])
