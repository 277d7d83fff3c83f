"""Second looks, for what the first one did not find."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from local.ocr.reading.page import Page, complete, look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.ocr.reading.engine import Engine, Image

LARGER = 960  # pixels


def looks(engine: Engine, image: Image, page: Page) -> Iterator[Page]:
    """Other looks at an image, the most promising first; each takes as long as the first one.

    A larger image shows other details to the model. Without its colours, a red seal vanishes:
    and so do red digits, which is why that look is the last one.
    """
    for variant, side in ((image, LARGER), (without_red(image), LARGER)):
        yield complete(engine, variant, look(engine, variant, side=side))


def without_red(image: Image) -> Image:
    """Its red channel as a grey image: red ink is as bright there as the paper below it."""
    return np.repeat(image[:, :, :1], 3, axis=2)
