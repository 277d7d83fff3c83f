"""Edges of the paper around its text."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_service.reading.paper_edges import paper_around

Pixels = NDArray[np.uint8]
TEXT = [np.array([[120, 100], [260, 100], [260, 120], [120, 120]], np.float32)]


def paper(*, ground: int = 200, framed: bool = False) -> Pixels:
    """A light paper from (60, 70) to (340, 180) with a dark line of text."""
    image = np.full((260, 420, 3), ground, np.uint8)
    image[70:180, 60:340] = 240
    if framed:
        image[78:81, 68:332] = image[170:173, 68:332] = 40
        image[78:173, 68:71] = image[78:173, 329:332] = 40
    image[105:115, 120:260:4] = 40
    return image


def edges(image: Pixels, reach: float = 150) -> list[float]:
    corners = paper_around(image, TEXT, reach)
    return [*corners[0].tolist(), *corners[2].tolist()]


@pytest.mark.parametrize("framed", [False, True])
def test_the_paper_ends_where_the_ground_begins(framed: bool) -> None:
    assert edges(paper(framed=framed)) == pytest.approx([60, 70, 340, 180], abs=3)


def test_without_an_edge_the_paper_has_a_margin_of_one_line() -> None:
    assert edges(paper(ground=240)) == pytest.approx([100, 80, 280, 140])


def test_an_edge_out_of_reach_is_that_of_another_paper() -> None:
    assert edges(paper(), reach=20) == pytest.approx([100, 80, 280, 140])
