"""Recognizes the text of one line."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

import cv2
import numpy as np
import openvino
import openvino.opset13 as opset
from numpy.typing import NDArray

from ocr_service.reading.text.network import Image, Network, as_tensor

_HEIGHT = 48  # pixels of a line in the models
_MAX_WIDTH = 960  # pixels
_VERY_LONG = 11.8  # heights; code and label together are shorter
_NARROWED = 0.6
# Widely spaced and monospaced digits look full-width to the model, which then shares the chance of
# a digit between its two forms.
_WIDE = {chr(ord(each) + 0xFEE0): each for each in string.digits + string.ascii_letters}
# Characters beside those of GB 2312 that the fields know.
_OTHER = "碼〇萬貳弍參叄陸壸臺捨圓¥·º—"
_WIDTH_STEP = 48  # pixels; widths are rounded up, so that OpenVINO compiles few shapes
_SQUEEZED = 0.95  # of its width: a line that is hardly wider than a step is narrowed to it
_SHAPES = 60  # compiled operations that OpenVINO keeps; more save no time, and take 60 MB


class Model(Enum):
    """The recognition models: TINY is quicker, and SMALL errs less in text that is not clear."""

    TINY = auto()
    SMALL = auto()


class Mode(NamedTuple):
    """How a line is read.

    Attributes:
        model: the model.
        stretch: the factor by which the line is widened.
        narrows: whether very long lines are narrowed: they are titles in Chinese characters, which
            stay readable.
    """

    model: Model = Model.SMALL
    stretch: float = 1.0
    narrows: bool = False


QUICK = Mode(Model.TINY, narrows=True)
FULL = Mode(narrows=True)
EXACT = Mode()
WIDE = Mode(stretch=1.25)  # digits are narrow, and the model knows Chinese characters best


@dataclass(frozen=True)
class Reading:
    """The text of a crop; for each character its chance and its place along the line, 0 to 1."""

    text: str
    chances: tuple[float, ...]
    places: tuple[float, ...]


class Recognizer:
    """One of the models, restricted to the characters that invoices have."""

    def __init__(
        self,
        core: openvino.Core,
        model: openvino.Model,
        characters: Sequence[str],
        *,
        threads: int,
        streams: int,
    ) -> None:
        known = ["", *characters, " "]  # the first one is the blank between characters
        kept = [at for at, each in enumerate(known) if at == 0 or is_on_invoices(each)]
        _restrict(model, kept)
        model.reshape([-1, 3, -1, -1])
        self._network = Network(core, model, threads=threads, streams=streams, shapes=_SHAPES)
        self._characters = [known[at] for at in kept]
        narrow = {each: at for at, each in enumerate(self._characters)}
        pairs = [(at, narrow[half]) for wide, half in _WIDE.items() if (at := narrow.get(wide))]
        self._wide, self._narrow = np.array(pairs, np.intp).reshape(-1, 2).T

    def columns(self, alphabet: str) -> NDArray[np.intp]:
        """Return the columns of the model's output that stand for these characters or a blank."""
        found = [at for at, each in enumerate(self._characters) if each and each in alphabet]
        return np.array([0, *found])

    def read(self, line: Image, mode: Mode, columns: NDArray[np.intp] | None) -> Reading:
        """Return the text of a line, restricted to the characters of some columns if given."""
        is_narrowed = mode.narrows and proportion(line) > _VERY_LONG
        width = round(proportion(line) * _HEIGHT * (_NARROWED if is_narrowed else mode.stretch))
        width = max(8, min(_MAX_WIDTH, width))
        padded = max(2, math.ceil(width * _SQUEEZED / _WIDTH_STEP)) * _WIDTH_STEP
        width = min(width, padded)
        chances = self._network(line_tensor(line, (width, _HEIGHT), padded)[np.newaxis])[0]
        chances[:, self._narrow] += chances[:, self._wide]
        chances[:, self._wide] = 0
        return self._decode(chances, width / padded, columns)

    def _decode(
        self, chances: NDArray[np.float32], filled: float, columns: NDArray[np.intp] | None
    ) -> Reading:
        if columns is None:
            best = chances.argmax(axis=1)
        else:
            best = columns[chances[:, columns].argmax(axis=1)]
        keep = best != 0  # column 0 is the blank between characters
        keep[1:] &= best[1:] != best[:-1]
        steps = np.flatnonzero(keep)
        return Reading(
            text="".join(self._characters[best[step]] for step in steps),
            chances=tuple(float(chances[step, best[step]]) for step in steps),
            places=tuple(float((step + 0.5) / len(best) / filled) for step in steps),
        )


def _restrict(model: openvino.Model, kept: Sequence[int]) -> None:
    """Remove all other characters from the model's last layer, which takes a tenth of the time."""
    operations = model.get_ordered_ops()
    product = [each for each in operations if each.get_type_name() == "MatMul"][-1]
    [into_sum] = product.output(0).get_target_inputs()
    for weights, axis in ((product.input(1), 1), (into_sum.get_node().input(1), 0)):
        restricted = opset.gather(weights.get_source_output(), np.array(kept), np.array(axis))
        weights.replace_source_output(restricted.output(0))
    model.validate_nodes_and_infer_types()


def is_on_invoices(character: str) -> bool:
    """Whether a model keeps this character: those of GB 2312, and some that rules name."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return character in _OTHER
    return True


def proportion(line: Image) -> float:
    """Return the width of a line, in heights."""
    high, wide = line.shape[:2]
    return float(wide / high)


def line_tensor(line: Image, size: tuple[int, int], padded: int) -> NDArray[np.float32]:
    """Return a line in this size (width, height), with blank columns up to a padded width."""
    tensor = np.zeros((3, size[1], padded), np.float32)
    tensor[:, :, : size[0]] = as_tensor(np.asarray(cv2.resize(line, size), np.uint8))
    return tensor
