"""Which lines are read a second time, and in which model: each takes as long as a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from ocr_service.reading.fields import code
from ocr_service.reading.fields.candidates import Candidate, Label
from ocr_service.reading.fields.extraction import extract
from ocr_service.reading.second_pass import doubtful_lines, pages, reread
from ocr_service.reading.text.engine import Engine
from ocr_service.reading.text.lines import Line
from ocr_service.reading.text.network import Image
from ocr_service.reading.text.page import Page, read_again, unclear
from ocr_service.reading.text.recognition import FULL, QUICK, WIDE, Mode, Reading

IMAGE = np.full((200, 400, 3), 255, np.uint8)
CODE = "144031900111"


class Scripted:
    """An engine that reads the same text everywhere, with a chance for each mode."""

    def __init__(self, text: str, **chances: float) -> None:
        self._text = text
        self._chances = {QUICK: 0.4, FULL: chances.get("full", 0.0), WIDE: chances.get("wide", 0.0)}
        self.read: list[Mode] = []

    def recognize(self, crops: Iterable[Image], *, mode: Mode, alphabet: str = "") -> list[Reading]:
        del alphabet
        modes = [mode for _ in crops]
        self.read += modes
        count = len(self._text)
        places = tuple((at + 0.5) / count for at in range(count))
        return [Reading(self._text, (self._chances[mode],) * count, places) for _ in modes]


def line(text: str, chance: float, top: float = 50) -> Line:
    box = np.array([[20, top], [320, top], [320, top + 30], [20, top + 30]], np.float32)
    places = tuple((at + 0.5) / len(text) for at in range(len(text)))
    return Line(text, (chance,) * len(text), places, 20, 320, top + 15, 30, box)


def again(engine: Scripted, *chances: float) -> list[str]:
    """Read the value of a line again, after readings with these chances."""
    first = line(CODE, chances[0])
    lines = [replace(first, chances=(chance,) * len(CODE)) for chance in chances]
    known = [Candidate(CODE, each, Label.OWN) for each in lines]
    found = reread(cast("Engine", engine), IMAGE, known, code.ALPHABET, code.spelled)
    return [each.text for each in found]


def test_a_certain_value_is_not_read_again() -> None:
    engine = Scripted(CODE)
    assert again(engine, 0.995) == []
    assert engine.read == []


def test_an_uncertain_value_is_read_once_if_the_better_model_is_certain() -> None:
    engine = Scripted(CODE, full=0.995)
    assert again(engine, 0.97) == [CODE]
    assert engine.read == [FULL]


@pytest.mark.parametrize("full", [0.5, 0.985])
def test_a_value_that_stays_uncertain_is_read_in_three_colours_too(full: float) -> None:
    engine = Scripted(CODE, full=full, wide=0.9)
    assert again(engine, 0.97) == [CODE] * 4
    assert engine.read == [FULL, WIDE, WIDE, WIDE]


def test_a_value_that_was_read_again_is_not_read_a_third_time() -> None:
    engine = Scripted(CODE, full=0.5, wide=0.9)
    assert again(engine, 0.97, 0.96) == []
    assert engine.read == []


def test_a_reading_that_two_passes_share_is_one_reading() -> None:
    engine = Scripted(CODE, full=0.995)
    assert again(engine, 0.97, 0.97) == [CODE]
    assert engine.read == [FULL]


@pytest.mark.parametrize(("words", "mode"), [("发票号码", FULL), ("耶是品", QUICK)])
def test_only_a_page_without_words_of_an_invoice_is_read_upside_down(
    words: str, mode: Mode
) -> None:
    engine = Scripted(CODE, full=0.98)
    page = Page([line(words, 0.4), line("国水", 0.3, top=100)], [], 0.0)
    next(pages(cast("Engine", engine), IMAGE, page))
    assert engine.read == [mode, mode]


def test_lines_above_a_value_are_read_again_unless_they_are_clear() -> None:
    code_line, number_line = (
        line(f"发票代码{CODE}", 0.6, top=50),
        line("发票号码40344472", 0.99, top=100),
    )
    faint, money, words = (
        line("m 40344472", 0.2, top=10),
        line("元z0", 0.2, top=20),
        line("伍拾元", 0.99, 150),
    )
    lines = [faint, money, code_line, number_line, words]
    own = extract([code_line, number_line, words])
    assert own.codes
    assert doubtful_lines(Page(lines, [], 0.0), own) == [faint, money]


def test_an_amount_that_is_not_certain_is_read_again_with_its_figures() -> None:
    words, figures = line("贰拾元", 0.7, top=100), line("￥2.00", 0.5, top=102)
    below = line("￥9.00", 0.4, top=190)
    page = Page([words, figures, below], [], 0.0)
    own = extract([words, figures])
    assert doubtful_lines(page, own) == [words, figures]
    sure = extract([line("贰拾元", 0.995, top=100)])
    assert doubtful_lines(page, sure) == []


def test_lines_that_are_read_again_are_replaced_by_their_new_reading() -> None:
    engine = Scripted(CODE, full=0.98)
    clear, faint, other = (
        line("01142646", 0.95),
        line("11100174010", 0.4),
        line("发票联", 0.4),
    )
    page = Page([clear, faint, other], [], 0.0)
    assert unclear(page) == [faint, other]
    read = read_again(cast("Engine", engine), IMAGE, page, [faint])
    assert [each.text for each in read.lines] == ["01142646", "发票联", CODE]
    assert engine.read == [FULL]
