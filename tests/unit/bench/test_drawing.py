"""The drawn invoices obey the rules of real ones, and a seed always gives the same drawing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from bench.drawing import (
    HARD_KINDS,
    KINDS,
    OTHER_PAPERS,
    TWO_PAPERS,
    FontsMissingError,
    Group,
    draw,
    draw_other,
    draw_two,
    encode,
    sheet,
    tabletop,
)
from bench.drawing.fonts import folder
from bench.drawing.invoice.content import Fixed, make_invoice
from bench.drawing.invoice.divisions import divisions
from bench.drawing.random_numbers import rng_for

SMALL = 400


def has_fonts() -> bool:
    try:
        folder()
    except FontsMissingError:
        return False
    return True


needs_fonts = pytest.mark.skipif(
    not has_fonts(), reason="fonts for drawing are missing: make drawing-fonts"
)


@pytest.mark.parametrize("seed", range(60))
def test_the_fields_obey_the_rules_of_real_invoices(seed: int) -> None:
    invoice = make_invoice(rng_for("rules", seed))
    truth = invoice.truth
    assert re.fullmatch(r"[012]\d{7}[0-9A-Z]{4}", truth.code)
    assert re.fullmatch(r"\d{8}", truth.number)
    assert re.fullmatch(r"￥(1|2|5|10|20|50|100|200|500|1000|2000|5000|10000)\.00", truth.amount)
    assert truth.code[1:5] in {each.code for each in divisions()}
    assert truth.location == invoice.division.location
    assert "定额" in invoice.title


@pytest.mark.parametrize("seed", range(60))
def test_the_title_names_the_authority_and_the_place_of_the_code(seed: int) -> None:
    invoice = make_invoice(rng_for("titles", seed), Fixed(by_company=False))
    names = {"0": "国家税务总局", "1": "国家税务局", "2": "地方税务局"}
    is_merged = invoice.year >= 2019
    assert ("国家税务总局" if is_merged else names[invoice.code[0]]) in invoice.title
    assert (invoice.division.prefecture or invoice.division.province) in invoice.title


def test_merged_bureaus_have_two_prefixes_and_local_bureaus_end_with_2016() -> None:
    invoices = [
        make_invoice(rng_for("bureaus", seed), Fixed(by_company=False)) for seed in range(200)
    ]
    merged = {each.code[0] for each in invoices if "国家税务总局" in each.title}
    years = {prefix: {each.year for each in invoices if each.code[0] == prefix} for prefix in "012"}
    assert merged == {"0", "1"}
    assert years["2"] == set(range(2011, 2017))
    assert min(years["0"]) == 2019
    assert {each.yuan for each in invoices} >= {1000, 2000, 5000, 10_000}


@pytest.mark.parametrize("seed", range(60))
def test_the_printed_range_includes_the_number(seed: int) -> None:
    invoice = make_invoice(rng_for("runs", seed))
    run = re.search(r"(\d{8})-(\d{8})$", invoice.printer)
    assert run
    assert run[1] <= invoice.number <= run[2]
    assert invoice.password != invoice.number


def test_letters_in_the_code_can_be_fixed() -> None:
    lettered = make_invoice(rng_for("letters", 1), Fixed(letters=True)).code
    plain = make_invoice(rng_for("letters", 1), Fixed(letters=False)).code
    assert not lettered.isdigit()
    assert plain.isdigit()


def test_only_prefectures_are_located_with_their_province() -> None:
    places = {each.code: each.location for each in divisions()}
    assert places["1100"] == "北京市"
    assert places["4403"] == "广东省深圳市"
    assert places["2102"] == "辽宁省大连市"
    assert places["3300"] == "浙江省"


def test_there_are_many_kinds() -> None:
    assert "clean" in KINDS
    assert len(KINDS) > 36


@pytest.mark.sampled(every=4)
@needs_fonts
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_draws_a_picture_of_the_requested_size(kind: str) -> None:
    drawing = draw(kind, 5, long_side=SMALL)
    assert drawing.kind == kind
    assert drawing.truth
    assert drawing.image.mode == "RGB"
    assert max(drawing.image.size) == SMALL


@pytest.mark.sampled(every=4)
@needs_fonts
@pytest.mark.parametrize("kind", HARD_KINDS)
def test_every_hard_kind_draws_other_fields_for_another_seed(kind: str) -> None:
    first, second = draw(kind, 5, long_side=SMALL), draw(kind, 6, long_side=SMALL)
    assert first.image.mode == "RGB"
    assert first.truth
    assert first.truth != second.truth


@needs_fonts
@pytest.mark.parametrize("kind", TWO_PAPERS)
def test_two_papers_have_the_fields_of_the_quota_invoice(kind: str) -> None:
    drawing, again = draw_two(kind, 5), draw_two(kind, 5)
    assert drawing.truth
    assert drawing.truth == again.truth
    assert (drawing.truth.number == "") == ("hidden" in kind)
    assert not ImageChops.difference(drawing.image, again.image).getbbox()


@needs_fonts
def test_a_sheet_has_papers_that_make_quarter_turns() -> None:
    """The top edge of a paper is its first edge, in any direction."""
    corners = [ticket.polygon[:2] for seed in range(3) for ticket in turned_sheet(seed).tickets]
    across = [abs(right[1] - left[1]) > abs(right[0] - left[0]) for left, right in corners]
    assert any(across)
    assert not all(across)


def turned_sheet(seed: int) -> Group:
    return sheet(seed, 1, 2, is_turned=True)


@needs_fonts
@pytest.mark.parametrize("kind", OTHER_PAPERS)
def test_other_papers_have_no_truth(kind: str) -> None:
    drawing = draw_other(kind, 5, long_side=SMALL)
    assert drawing.truth is None
    assert drawing.image.mode == "RGB"


@needs_fonts
@pytest.mark.parametrize("kind", ["clean", "telephone", "crumpled", "exif-turned"])
def test_a_seed_gives_the_same_picture_again(kind: str) -> None:
    first, second = draw(kind, 7), draw(kind, 7)
    assert first.truth == second.truth
    assert not ImageChops.difference(first.image, second.image).getbbox()
    assert draw(kind, 8).truth != first.truth


@needs_fonts
def test_fixed_fields_appear_on_the_invoice() -> None:
    truth = draw("clean", 1, long_side=SMALL, fixed=Fixed(division="1100", yuan=10)).truth
    assert truth
    assert (truth.location, truth.amount) == ("北京市", "￥10.00")


@needs_fonts
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF"])
def test_a_file_keeps_the_orientation(file_format: str, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encode(draw("exif-turned", 1, long_side=SMALL).image, file_format))
    with Image.open(path) as image:
        assert image.getexif()[0x0112] in {3, 6, 8}


@needs_fonts
@pytest.mark.parametrize("arrange", [sheet, tabletop])
def test_a_group_locates_each_paper(arrange: Callable[[int], Group]) -> None:
    group = arrange(3)
    assert group.tickets[0].truth
    for ticket in group.tickets:
        assert len(ticket.polygon) == 4
        for x, y in ticket.polygon:
            assert 0 <= x <= group.image.width <= 4096
            assert 0 <= y <= group.image.height <= 4096


@needs_fonts
def test_a_sheet_has_the_requested_rows_and_columns() -> None:
    assert len(sheet(1, rows=1, cols=2).tickets) == 2
