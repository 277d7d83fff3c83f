"""Reading of quota invoices: single rules."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_service.reading import several_papers
from ocr_service.reading.fields import amount, code, confidence, number, place
from ocr_service.reading.fields.candidates import Candidate, Label
from ocr_service.reading.fields.extraction import Extraction, extract
from ocr_service.reading.next_boxes import figures_of, likely, nearer, parts_of, taller
from ocr_service.reading.text import lines
from ocr_service.reading.text.engine import Engine
from ocr_service.reading.text.lines import Line
from ocr_service.reading.text.page import Page, detect
from ocr_service.reading.text.recognition import is_on_invoices


def line(
    text: str, x: float = 0, y: float = 0, *, height: float = 30, chance: float = 0.99
) -> Line:
    """A level line whose characters are as wide as high; digits are half as wide."""
    widths = [height / 2 if each.isascii() else height for each in text]
    ends = np.cumsum(widths)
    width = float(ends[-1])
    places = tuple((ends - np.array(widths) / 2) / width)
    box = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)
    chances = (chance,) * len(text)
    return Line(text, chances, places, x, x + width, y + height / 2, height, box)


def texts(candidates: list[Candidate]) -> list[tuple[str, Label]]:
    return [(each.text, each.label) for each in candidates]


# Code


def test_code_beside_its_label_in_another_line() -> None:
    found = code.candidates([line("发票代码"), line("144031900111", 130, 2)])
    assert texts(found) == [("144031900111", Label.OWN)]


def test_code_below_its_label() -> None:
    found = code.candidates([line("发票代码"), line("144031900111", 0, 40)])
    assert texts(found) == [("144031900111", Label.OWN)]


def test_code_without_label_must_be_plausible() -> None:
    assert texts(code.candidates([line("144031900111")])) == [("144031900111", Label.NONE)]
    assert code.candidates([line("199991900111")]) == []


@pytest.mark.parametrize(
    "text",
    [
        "发票代码111666",  # redacted: never completed
        "91310116066601234X",  # tax number
        "1440319001111",  # too long
        "发票号码144031900111",
        "客服电话144031900111",
    ],
)
def test_no_code(text: str) -> None:
    assert code.candidates([line(text)]) == []


def test_letters_in_a_code_stay_and_misread_digits_are_corrected() -> None:
    found = code.candidates([line("发票代码I5107158EOO1")])
    assert texts(found) == [("15107158E001", Label.OWN)]


# Number


@pytest.mark.parametrize(
    "text",
    [
        "世光印务2016年07月印194000本@50#27300001-37000000",
        "起止号码27300001-37000000",
        "密码12345678",
        "开票日期20160731年",
        "发票号码899",
        "发票代码144031900111",
        "电话010-12345678",
    ],
)
def test_no_number(text: str) -> None:
    assert number.candidates([line(text)]) == []


def test_password_in_a_separate_line_is_no_number() -> None:
    assert number.candidates([line("密码"), line("12345678", 80)]) == []


def test_number_right_of_the_code_has_the_nearer_label() -> None:
    page = [line("发票代码144031900111"), line("发票号码", 400), line("01142646", 530)]
    assert texts(number.candidates(page)) == [("01142646", Label.OWN)]


def test_number_after_no() -> None:
    assert texts(number.candidates([line("No.01142646")])) == [("01142646", Label.NONE)]


# Amount


def test_words_with_widely_spaced_characters() -> None:
    page = [line("贰", 0, height=60), line("拾", 150, 2, height=58), line("元整", 300, height=60)]
    assert [each.text for each in amount.words_candidates(page)] == ["￥20.00"]


def test_a_date_and_a_print_run_are_no_amount() -> None:
    page = [line("二零一六年十月"), line("194000本@50#"), line("2016年")]
    assert amount.words_candidates(page) + amount.figures_candidates(page) == []


@pytest.mark.parametrize(
    "fen", [100, 200, 500, 1000, 10000, 100_000, 1_000_000, 7300, 100_500, 50, 250]
)
def test_figures_as_written_are_read_back(fen: int) -> None:
    assert amount.in_figures(amount.written(fen))[0] == fen


@pytest.mark.parametrize(
    ("words", "figures", "text"),
    [
        ("壹元伍角", "￥1.50", "￥1.50"),
        ("贰元伍角整", "￥2.50", "￥2.50"),
        ("壹佰元伍角", "￥100.50", "￥100.50"),
        ("伍角整", "￥0.50", "￥0.50"),
        ("壹 元 伍 角", "￥1.50元", "￥1.50"),
    ],
)
def test_jiao_belong_to_the_amount(words: str, figures: str, text: str) -> None:
    both = confidence.amount_field(extract([line(words), line(figures, 0, 90)]))
    assert (both.text, both.confidence > 0.95) == (text, True)


@pytest.mark.parametrize(
    "text", ["遗失罚款伍佰元", "举报有奖，最高奖励伍佰元", "工本费￥5.00", "押金￥100.00"]
)
def test_fines_rewards_fees_and_deposits_are_no_amount(text: str) -> None:
    assert amount.words_candidates([line(text)]) + amount.figures_candidates([line(text)]) == []


@pytest.mark.parametrize("label", ["合计金额(大写)", "合 计", "小计", "应退余款：", "实收"])
def test_the_sum_of_a_form_is_no_amount_of_the_invoice_that_lies_on_it(label: str) -> None:
    for page in (
        [line(f"{label}壹佰元整"), line("伍元", 0, 90)],
        [line(label), line("壹佰元整", 260), line("伍元", 0, 90)],
        [line(label), line("￥100.00", 900), line("￥5.00", 0, 90)],
    ):
        found = confidence.amount_field(extract(page))
        assert (found.text, found.confidence > 0.9) == ("￥5.00", True)


def test_a_sum_without_another_amount_is_doubtful() -> None:
    found = confidence.amount_field(extract([line("合计壹佰元整")]))
    assert (found.text, found.confidence < 0.8) == ("￥100.00", True)


def test_an_amount_in_the_row_of_a_forms_sum_counts_before_an_amount_farther_away() -> None:
    own = [line("通用定额发票", 300), line("伍拾元整", 300, 90)]
    page = [*own, line("合计", 0, 90), line("贰佰元整", 300, 400)]
    found = confidence.amount_field(extract(page).of_one_paper())
    assert (found.text, found.confidence < 0.8) == ("￥50.00", True)


class Found:
    """An engine that has found the boxes of these lines."""

    def __init__(self, *found: Line) -> None:
        self.boxes = [each.box for each in found]

    def detect(
        self, _image: object, _side: int, *, enlarge: float, is_quick: bool
    ) -> list[NDArray[np.float32]]:
        assert (enlarge, is_quick) == (1.0, False)
        return self.boxes


def test_the_longest_lines_are_read_before_the_tallest_pieces_and_small_print() -> None:
    piece = line("联", 500, 10, height=60)
    title, code_line = (
        line("湖南省地方税务局通用定额发票", 0, 80),
        line("发票代码143001900111", 0, 130),
    )
    number_line, note = line("发票号码 01234567", 0, 180), line("(盖章有效)", 0, 230)
    words, small = line("伍拾元整", 0, 280, height=50), line("第二联", 0, 400, height=12)
    lines_found = (piece, small, words, note, number_line, code_line, title)
    engine = cast("Engine", Found(*lines_found))
    page = detect(engine, np.zeros((450, 600, 3), np.uint8), side=544)
    in_order = [title, code_line, number_line, words, note, piece, small]
    assert [box.tolist() for box in page.unread] == [each.box.tolist() for each in in_order]


def test_reading_goes_on_while_an_unread_line_is_taller_than_the_amount() -> None:
    found, title, tall = (
        line("壹佰元整"),
        line("通用定额发票", 0, 90),
        line("伍元", 0, 180, height=40),
    )
    assert indices(taller(Page([found], [title.box, tall.box], 0.0), found), tall, title) == [0]
    assert taller(Page([found], [title.box], 0.0), found) == []
    piece = line("伍", 0, 180, height=40)
    assert indices(taller(Page([found], [title.box, piece.box], 0.0), found), piece) == [0]


def indices(boxes: list[NDArray[np.float32]], *among: Line) -> list[int]:
    """Return the position of each box among these lines."""
    return [[each.box is box for each in among].index(True) for box in boxes]


@pytest.mark.parametrize(
    ("text", "x", "y", "height", "is_part"),
    [
        ("贰", -60, 0, 40, True),  # of 贰 拾元
        ("伍角", 100, 0, 40, True),  # of 壹元 伍角
        ("￥10.00", 100, 4, 24, False),  # too low for words
        ("贰", -300, 0, 40, False),
        ("贰", -60, 60, 40, False),  # in another row
    ],
)
def test_the_start_or_end_of_an_amount_may_be_unread(
    text: str, x: float, y: float, height: float, is_part: bool
) -> None:
    words, other = line("拾元", 0, 0, height=40), line(text, x, y, height=height)
    assert indices(parts_of(Page([words], [other.box], 0.0), words), other) == [0] * is_part


@pytest.mark.parametrize(
    ("text", "x", "y", "height", "is_found"),
    [
        ("￥500.00", 120, 4, 24, True),  # right of the words
        ("￥500.00", 0, 50, 24, True),  # below them
        ("￥500.00", 0, 50, 12, False),  # small print
        ("￥500.00", 120, 50, 24, False),  # in the next row, beside
        ("￥500.00", 400, 4, 24, False),
        ("￥500.00", 0, 120, 24, False),
        ("￥500.00", 0, -50, 24, False),
        ("元", 120, 4, 24, False),  # too short
        ("开票单位（盖章）开票日期", 120, 4, 24, False),  # too long
    ],
)
def test_the_figures_of_an_amount_are_right_of_it_or_below(
    text: str, x: float, y: float, height: float, is_found: bool
) -> None:
    words, other = line("拾元", 0, 0, height=40), line(text, x, y, height=height)
    assert indices(figures_of(Page([words], [other.box], 0.0), words), other) == [0] * is_found


def test_figures_beside_an_amount_count_before_text_below() -> None:
    words, note = line("拾元", 0, 0, height=40), line("开票日期", 0, 50, height=24)
    figures = line("￥10.00", 120, 4, height=24)
    page = Page([words], [note.box, figures.box], 0.0)
    assert indices(figures_of(page, words), note, figures) == [1]


@pytest.mark.parametrize(
    ("text", "y", "height", "is_found"),
    [
        ("01234567", 90, 30, True),
        ("01234567", 290, 30, False),  # farther than the number that was read
        ("01234567", -60, 30, False),  # above the title
        ("01234567", 90, 15, False),
        ("0123", 90, 30, False),
    ],
)
def test_a_value_may_be_unread_nearer_to_the_title(
    text: str, y: float, height: float, is_found: bool
) -> None:
    title, number_line = line("通用定额发票", 0, 0), line("76543210", 0, 200)
    other = line(text, 0, y, height=height)
    found = nearer(Page([number_line], [other.box], 0.0), number_line, title, (0.6, 0.9))
    assert indices(found, other) == [0] * is_found


def test_the_longest_unread_line_is_read_next_if_a_digit_is_missing() -> None:
    note, number_line = line("(盖章有效)", 0, 230, height=36), line("发票号码 01234567", 0, 180)
    page = Page([], [note.box, number_line.box], 0.0)
    assert indices(likely(page, is_amount_known=True), note, number_line) == [1, 0]


def test_the_tallest_and_the_longest_unread_line_are_read_next_if_the_amount_is_missing() -> None:
    words, other = line("壹元", 0, 280, height=50), line("拾伍", 300, 280, height=40)
    number_line = line("发票号码 01234567", 0, 180)
    page = Page([], [words.box, other.box, number_line.box], 0.0)
    expected = [0, 2, 1]
    assert indices(likely(page, is_amount_known=False), words, other, number_line) == expected


def test_an_amount_of_two_characters_is_read_before_pieces_of_one() -> None:
    # A detected box has a margin, so that two characters are less than twice as wide as high.
    piece, words = line("联", 300, 0, height=60), line("壹元", 0, 280, height=40)
    words.box[1:3, 0] -= 10
    page = detect(cast("Engine", Found(piece, words)), np.zeros((450, 600, 3), np.uint8), side=544)
    assert [box.tolist() for box in page.unread] == [words.box.tolist(), piece.box.tolist()]


def test_the_engine_knows_all_characters_of_the_field_rules() -> None:
    rules = Path(code.__file__).parent.glob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in rules)
    assert [each for each in sorted(set(text)) if not is_on_invoices(each)] == []
    assert not is_on_invoices("龘")


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["人民币 30.00 元"], "￥30.00"),
        (["人民币：30元"], "￥30.00"),
        (["人民币", "30.00", "元"], "￥30.00"),
        (["￥1000元"], "￥1000.00"),
        (["￥1000"], ""),
        (["￥1，000.00"], "￥1000.00"),
        (["￥10，000元"], "￥10000.00"),
        (["￥50，00"], "￥50.00"),
        (["￥5 0 . 0 0"], "￥50.00"),
        (["50元整"], "￥50.00"),
        (["100.00元正"], "￥100.00"),
        (["￥50", "张"], "￥50.00"),
        (["￥50", "2016年10月"], "￥50.00"),
        (["￥50", "100张"], "￥50.00"),
        (["￥10", "010-8888"], "￥10.00"),
        (["￥1,000", "5张"], "￥1000.00"),
        (["￥50、"], "￥50.00"),
        (["￥10.00", "本发票"], "￥10.00"),
        (["￥100.00 张三"], "￥100.00"),
        (["￥10.00联"], "￥10.00"),
        (["￥50。"], "￥50.00"),
        (["￥50，", "20张"], ""),
        (["￥10，20，50元"], ""),
        (["￥ 1 2 3 4 5 6 7 8 元"], ""),
    ],
)
def test_forms_of_an_amount_in_figures(pieces: list[str], text: str) -> None:
    page = [line(piece, 130 * place) for place, piece in enumerate(pieces)]
    assert confidence.amount_field(extract(page)).text == text


@pytest.mark.parametrize(
    "text",
    [
        "￥1·000.00",
        "￥1、000.00",
        "￥1'000.00",
        "￥1 000.00",
        "￥2  00.00",
        "￥5    0",
        "￥50 10.00",
        *("￥1 000-", "￥5 00—", "￥50 0-", "￥2 000年", "￥5 0本", "￥1 000-元"),
    ],
)
def test_a_part_of_an_amount_in_figures_is_no_amount(text: str) -> None:
    assert amount.in_figures(text) == (0, 0, 0)


def test_four_digits_without_a_point_are_doubtful() -> None:
    assert confidence.amount_field(extract([line("￥1000元")])).confidence <= 0.8
    assert confidence.amount_field(extract([line("￥1000.00元")])).confidence > 0.9


@pytest.mark.parametrize(
    "places",
    [
        (0, 200, 300),  # 伍, a gap, 元, 整
        (0, 200),  # 伍 and 元 far apart: there is room for a third character
    ],
)
def test_an_amount_that_may_lack_a_character_is_doubtful(places: tuple[float, ...]) -> None:
    pieces = [line(each, x, height=60) for each, x in zip("伍元整", places, strict=False)]
    found = extract(pieces)
    assert [each.text for each in found.words] == ["￥5.00"]
    assert confidence.amount_field(found).confidence <= 0.8
    assert not found.is_sufficient


@pytest.mark.parametrize("words", ["佰元整", "仟元整", "百圆", "拾元整"])
def test_an_amount_whose_first_character_a_seal_may_hide_is_doubtful(words: str) -> None:
    seal = line("发票专用", -110, 15, height=25)
    page = [seal, line(words, 0, 0, height=60)]
    assert confidence.amount_field(extract(page)).confidence <= 0.8
    assert not extract(page).is_sufficient
    both = confidence.amount_field(extract([*page, line("￥500.00", 0, 90)]))
    assert both.text == "￥500.00"
    assert both.confidence < 0.6


@pytest.mark.parametrize("beside", ["", "金额：", "人民币", "金额(", "RMB", "票价", "*", "10.00"])
def test_ten_yuan_need_no_digit(beside: str) -> None:
    label = [line(beside, -30 * len(beside))] if beside else []
    found = confidence.amount_field(extract([*label, line("拾元整", 0, 0)]))
    assert (found.text, found.confidence > 0.9) == ("￥10.00", True)


def test_a_password_may_follow_the_number() -> None:
    found = number.candidates([line("发票号码15815421 密码")])
    assert texts(found) == [("15815421", Label.OWN)]
    for text in ("密码12345678", "12345678密码"):
        assert [each for each in number.candidates([line(text)]) if each.label] == []


def test_an_amount_with_evenly_spaced_characters_is_certain() -> None:
    pieces = [line(each, 150 * place, height=60) for place, each in enumerate("伍佰元整")]
    assert confidence.amount_field(extract(pieces)).confidence > 0.95


@pytest.mark.parametrize(
    "title", ["通用定额发票（百元版）", "通用定额发票(百元版)", "通用定额发票（100元版）"]
)
def test_the_title_has_no_amount(title: str) -> None:
    found = extract([line(title), line("(百元版)", 500)])
    assert found.titles
    assert found.words + found.figures == []


def test_the_tax_number_of_a_seal_is_no_number_even_if_it_lost_characters() -> None:
    seal = [line("发票号码 9122030235494459"), line("9122030235494459", 0, 80)]
    assert number.candidates(seal) == []
    followed = line("发票号码 91220302 91220302354944592U")
    assert [each.text for each in number.candidates([followed])] == ["91220302"]


def test_an_amount_that_lost_its_unit_counts_beside_other_text_of_its_row() -> None:
    [lost] = amount.words_candidates([line("密码184324332", 0), line("贰拾", 300)])
    assert (lost.text, lost.trust) == ("￥20.00", 0.8)
    [whole] = amount.words_candidates([line("壹佰", 0), line("贰拾", 130), line("元", 240)])
    assert whole.text == "￥120.00"


def test_a_number_beside_the_words_of_a_seal() -> None:
    [found] = number.candidates([line("发票号码"), line("08131440月章", 130)])
    assert (found.text, found.label) == ("08131440", Label.OWN)


# Papers of other kinds


def test_a_value_beside_the_second_label_is_on_another_paper() -> None:
    title = line("通用定额发票", 0, 0)
    page = [title, line("发票号码", 0, 90), line("发票号码54891534", 0, 250)]
    assert extract(page).nearest_to(title).numbers == []


def test_a_value_below_the_title_of_another_paper_is_not_taken() -> None:
    title = line("通用定额发票", 0, 0)
    page = [title, line("通用机打发票", 0, 200), line("发票代码144031900111", 0, 260)]
    assert len(extract(page).codes) == 1
    assert extract(page).nearest_to(title).codes == []


def test_a_paper_with_another_title_needs_no_second_pass() -> None:
    page = [line("通用机打发票"), line("发票代码144031900111", 0, 90)]
    assert extract(page).is_other_paper
    assert not extract([*page, line("发票代码144031900222", 0, 300)]).is_other_paper


@pytest.mark.parametrize(
    "text",
    [
        "今收到张三定额发票工本费",
        "可开具定额发票",
        "关于停止使用定额发票的公告",
        "原四川省国家税务局通用定额发票停止使用。",
        "1.本发票为通用定额发票，盖章有效。",
        "定额发票使用说明",
        "通用定额发票15107165000100000001",
        "*印刷品*定额发票印刷费",
        "定额发票领购簿",
    ],
)
def test_a_sentence_about_quota_invoices_is_no_title(text: str) -> None:
    assert extract([line(text)]).titles == []


def test_a_title_alone_makes_no_invoice() -> None:
    assert not extract([line("通用定额发票"), line("合计：￥88.00", 0, 90)]).is_invoice
    assert extract([line("通用定额发票"), line("发票代码", 0, 90)]).is_invoice


@pytest.mark.parametrize(
    "text", ["收据号码00451234", "开户行账号62284801", "单号20160715", "电话号码82345678"]
)
def test_other_numbers_are_not_the_invoices(text: str) -> None:
    assert number.candidates([line(text)]) == []


def test_eight_digits_of_nine_are_an_unlikely_number() -> None:
    [found] = number.candidates([line("发票号码293012345")])
    assert found.chance <= 0.5


def test_words_and_figures_that_contradict_each_other_lose_confidence() -> None:
    both = extract([line("伍拾元整"), line("￥10.00", 0, 90)])
    assert confidence.amount_field(both).confidence < 0.6
    one = extract([line("伍拾元整")])
    assert confidence.amount_field(one).confidence > 0.9


# Place


def test_title_and_code_of_every_division_give_the_same_place() -> None:
    for four, whole in place.divisions().items():
        if place.by_title(whole) != whole:
            pytest.fail(f"{four}: {whole} is read as {place.by_title(whole)}")


def test_words_count_before_figures_that_are_about_as_sure() -> None:
    words, figures = line("贰仟元整", chance=0.97), line("￥5.00", 0, 90, chance=0.99)
    assert confidence.amount_field(extract([words, figures])).text == "￥2000.00"
    doubtful = line("贰仟元整", chance=0.6)
    assert confidence.amount_field(extract([doubtful, figures])).text == "￥5.00"


def test_title_and_code_that_contradict_each_other_lose_confidence() -> None:
    page = [line("四川省绵阳市国家税务局通用定额发票"), line("发票代码151011900111", 0, 80)]
    found = extract(page)
    code_ = confidence.code_field(found)
    assert (code_.text, code_.confidence < 0.6) == ("151011900111", True)
    assert confidence.location_field(found, code_).confidence < 0.6


def test_title_of_a_city_alone_names_its_province() -> None:
    found = extract([line("大连市国家税务局通用定额发票")])
    assert confidence.location_field(found, confidence.code_field(found)).text == "辽宁省大连市"


# Confidence


def test_no_candidate_is_an_empty_field() -> None:
    assert confidence.consensus([]) == confidence.amount_field(Extraction())
    assert confidence.consensus([]).confidence == 0.0


def test_a_confidence_has_one_score_and_broken_values_stay_below_their_limit() -> None:
    corners = ((0, 0), (1, 0), (1, 1), (0, 1))
    broken = confidence.to_invoice(extract([line("￥1000元", chance=1.0)]), corners).amount
    certain = confidence.to_invoice(extract([line("￥1000.00元")]), corners).amount
    assert 0.7 < broken.confidence <= 0.8
    assert confidence.score(certain.confidence) == pytest.approx(0.99)


def test_passes_that_differ_lose_confidence() -> None:
    one, four = (
        Candidate(text, line(text, chance=0.97), Label.OWN) for text in ("01142646", "04142646")
    )
    assert confidence.consensus([one]).confidence > 0.95
    assert confidence.consensus([one, four]).confidence < 0.7


def read_as(text: str, chance: float) -> Candidate:
    return Candidate(text, line(text, chance=chance), Label.OWN)


def test_passes_that_doubt_the_same_digit_do_not_make_it_sure() -> None:
    passes = [read_as("51579862", chance) for chance in (0.68, 0.72, 0.39)]
    assert 0.39 < confidence.consensus(passes).confidence < 0.72


def test_a_reading_that_two_passes_share_counts_once() -> None:
    sure, doubtful = read_as("01142646", 0.99), read_as("01142646", 0.7)
    once = confidence.consensus([sure, doubtful])
    assert confidence.consensus([sure, doubtful, doubtful]) == once
    assert once.confidence < 0.99


def test_of_two_papers_the_one_with_the_title_is_read() -> None:
    title = line("深圳市国家税务局通用定额发票", 0, 0)
    page = [title, line("发票代码144031900111", 0, 90), line("发票代码133001900111", 0, 700)]
    found = extract(page).nearest_to(title)
    assert texts(found.codes) == [("144031900111", Label.OWN)]


# Lines


def test_a_part_of_a_line_keeps_its_place() -> None:
    value = line("发票代码144031900111").span(4, 16)
    assert (value.text, round(value.right)) == ("144031900111", 300)
    assert 100 < value.left < 121


def test_rows_join_lines_side_by_side() -> None:
    joined = lines.rows([line("元", 90), line("拾", 0), line("发票联", 0, 80)], gap=3)
    assert [each.text for each in joined] == ["拾 元", "发票联"]


@pytest.mark.parametrize(
    ("other", "is_another"), [("144031900712", False), ("133001953846", True), ("", False)]
)
def test_another_labelled_code_is_another_paper_however_near(other: str, is_another: bool) -> None:
    title = line("通用定额发票", 0, 0)
    page = [title, line("发票代码144031900111", 0, 60), line(f"发票代码{other}", 0, 120)]
    assert several_papers.has_untitled_invoice(extract(page), title, page) == is_another
