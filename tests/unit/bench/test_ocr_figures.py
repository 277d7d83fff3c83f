"""The figures of the OCR benchmark."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from bench.drawing import Group, Ticket, Truth
from bench.ocr import sheets
from bench.ocr.accuracy import Result, accuracy, bins
from bench.ocr.cases import Case
from bench.ocr.doubt import doubt, risk
from bench.ocr.engines import Reading
from bench.ocr.engines import Ticket as Found
from bench.ocr.fit import fitted
from bench.ocr.speed import missed_limits

TRUTH = Truth("144031900111", "01142646", "￥10.00", "广东省深圳市")
FIELDS = {
    "code": (TRUTH.code, 0.9),
    "number": (TRUTH.number, 0.99),
    "amount": ("￥50.00", 0.99),
    "location": ("", 0.0),
}
PAPER = ((0, 0), (100, 0), (100, 60), (0, 60))


def result(fields: dict[str, tuple[str, float]]) -> Result:
    case = Case("clean-1", "clean", np.zeros((1, 1, 3), np.uint8), vars(TRUTH))
    return Result(case, Reading(fields, 0.1))


def test_bins_count_the_fields_that_were_read() -> None:
    counted = {each["above"]: (each["fields"], each["right"]) for each in bins([result(FIELDS)])}
    assert counted[0.8] == (1, 1)
    assert counted[0.95] == (2, 1)
    assert sum(fields for fields, _ in counted.values()) == 3


def read(*polygons: tuple[tuple[float, float], ...]) -> dict[str, Any]:
    group = Group(Image.new("RGB", (300, 100)), (Ticket(TRUTH, PAPER, "quota-invoice"),))
    found = [Found(FIELDS, polygon) for polygon in polygons]
    return sheets.read_sheets(lambda _: found, [group])


def test_an_invoice_counts_as_found_where_its_paper_lies() -> None:
    figures = read(PAPER)
    assert (figures["invoices"], figures["found"], figures["invented"]) == (1, 1, 0)
    assert (figures["fields_right"], figures["overlap_median"]) == (0.5, 1.0)


def test_a_second_invoice_on_one_paper_is_invented() -> None:
    assert read(PAPER, PAPER)["invented"] == 1


def test_an_invoice_elsewhere_is_missed_and_invented() -> None:
    figures = read(((200, 0), (300, 0), (300, 60), (200, 60)))
    assert (figures["found"], figures["invented"]) == (0, 1)


@pytest.mark.parametrize("share", [0.5, 0.75])
def test_a_fit_gives_a_score_the_share_of_right_fields(share: float) -> None:
    scored = [(0.6, place < 1000 * share) for place in range(1000)]
    scores, confidences = zip(*fitted(scored), strict=True)
    assert np.interp(0.6, scores, confidences) == pytest.approx(share, abs=0.02)


def test_a_fit_never_falls_and_leaves_broken_values_below_their_limit() -> None:
    scored = [(0.4, True)] * 50 + [(0.6, False)] * 50 + [(0.79, True)] * 50 + [(0.999, True)] * 50
    points = fitted(scored)
    scores, confidences = zip(*points, strict=True)
    assert list(confidences) == sorted(set(confidences))
    assert np.interp(0.8, scores, confidences) == pytest.approx(0.8)


RIGHT = {name: (getattr(TRUTH, name), 0.9999) for name in ("code", "number", "amount", "location")}


def test_the_risk_score_ranks_a_doubtful_wrong_invoice_above_right_ones() -> None:
    doubtful = RIGHT | {"number": ("01142648", 0.4)}
    figures = doubt([result(RIGHT), result(doubtful), result(RIGHT)])
    assert figures == {"images": 3, "wrong": 1, "auroc": 1.0, "found": 1.0}


def test_a_confident_wrong_invoice_counts_as_found_by_chance_only() -> None:
    confident = RIGHT | {"number": ("01142648", 0.9999)}
    figures = doubt([result(RIGHT)] * 3 + [result(confident)])
    assert (figures["auroc"], figures["found"]) == (0.5, 0.5)  # two of four are looked at


def test_a_refused_invoice_has_the_risk_of_a_failed_input() -> None:
    case = Case("clean-1", "clean", np.zeros((1, 1, 3), np.uint8), vars(TRUTH))
    assert risk(Result(case, Reading(None, 0.1))) == 90


def test_wrong_fields_of_high_confidence_are_counted_per_thousand_fields() -> None:
    confident = RIGHT | {"number": ("01142648", 0.9999)}
    figures = accuracy([result(RIGHT)] * 249 + [result(confident)])
    assert figures["calibration"]["wrong_above_095_per_1000"] == 1.0


def test_an_invoice_with_a_hidden_field_does_not_count_as_needlessly_doubtful() -> None:
    hidden = Case("hidden-1", "hidden", np.zeros((1, 1, 3), np.uint8), vars(TRUTH) | {"number": ""})
    read_right = Result(hidden, Reading(RIGHT | {"number": ("", 0.0)}, 0.1))
    assert doubt([result(RIGHT), read_right])["images"] == 1


def test_a_finding_of_the_true_fields_says_nothing_about_the_reading() -> None:
    old = vars(TRUTH) | {"code": "244031209110"}  # of a local tax bureau, which no longer exists
    case = Case("old-1", "old", np.zeros((1, 1, 3), np.uint8), old)
    read_right = Result(case, Reading(RIGHT | {"code": (old["code"], 0.9999)}, 0.1))
    assert risk(read_right) >= 50
    assert risk(read_right, with_all=False) == 0


@pytest.mark.parametrize(
    ("speedup", "ours", "missed"),
    [
        ({"1000px": 7.0, "3000px": 10.0}, 0.9, 0),
        ({"1000px": 6.99, "3000px": 10.0}, 0.9, 1),
        ({"1000px": 7.0, "3000px": 9.99}, 0.9, 1),
        ({"1000px": 7.0, "3000px": 10.0}, 0.89, 1),
    ],
)
def test_the_benchmark_fails_below_its_limits(
    speedup: dict[str, float], ours: float, missed: int
) -> None:
    stock = {"all_four": {"accuracy": 0.9}}
    same = {"all_four": {"accuracy": ours}}
    report = {"speedup": speedup, "stock": stock, "same_images_as_stock": same}
    assert len(missed_limits(report)) == missed
    assert missed_limits({"stock": None, "same_images_as_stock": None}) == []
