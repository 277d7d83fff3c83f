"""The neural networks: detection, direction and recognition of text.

The models (PP-OCRv6 small, and the direction classifier of PP-OCR) come from the wheel of RapidOCR.
They run on OpenVINO directly: a session of RapidOCR serves one thread at a time, and a batch waits
for its widest line.
"""

from __future__ import annotations

import math
import os
import queue
import string
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import openvino
import openvino.opset13 as opset
import rapidocr
from numpy.typing import NDArray

from ocr_service.reading.text.boxes import boxes_from_heatmap
from ocr_service.reading.text.orientation import Box, height, length

Image = NDArray[np.uint8]

_MODELS = Path(rapidocr.__file__).parent / "models"
_MAX_LINE_WIDTH = 960  # pixels
_MAX_PIXELS = 410_000  # for detection, which needs a third of a kilobyte for each
_MAX_IN_HALVES = 560_000
_OVERLAP = 128  # pixels that both halves of a larger image see beyond the cut
_VERY_LONG = 11.8  # heights; code and label together are shorter
_NARROWED = 0.6
_DIRECTION_HEIGHT, _DIRECTION_WIDTH = 48, 192  # pixels of a line in the direction classifier
# Widely spaced and monospaced digits look full-width to the model, which then shares the chance of
# a digit between its two forms.
_WIDE = {chr(ord(each) + 0xFEE0): each for each in string.digits + string.ascii_letters}
# Characters beside those of GB 2312 that the fields know.
_OTHER = "碼〇萬貳弍參叄陸壸臺捨圓¥·º—"
_WIDTH_STEP = 48  # pixels; widths are rounded up, so that OpenVINO compiles few shapes
_SQUEEZED = 0.95  # of its width: a line that is hardly wider than a step is narrowed to it
# Compiled operations that OpenVINO keeps: those for all widths of lines, and few of those for whole
# pages, which hold much memory and seldom fit the next page.
_LINE_SHAPES, _PAGE_SHAPES = 220, 8


class Scale(NamedTuple):
    """The size of a line in the input of the recognition model.

    Attributes:
        height: pixels.
        stretch: the factor by which the line is widened.
        narrows: whether very long lines are narrowed: they are titles in Chinese characters, which
            stay readable.
    """

    height: int
    stretch: float = 1.0
    narrows: bool = False


# The model was trained on 48 pixels. It reads clear print in 36 as well, in two thirds of the time.
QUICK = Scale(36, narrows=True)
FULL = Scale(48, narrows=True)
EXACT = Scale(48)
WIDE = Scale(48, stretch=1.25)  # digits are narrow, and the model knows Chinese characters best


@dataclass(frozen=True)
class Reading:
    """The text of a crop; for each character its chance and its place along the line, 0 to 1."""

    text: str
    chances: tuple[float, ...]
    places: tuple[float, ...]


class _Network:
    """A compiled model with a pool of infer requests, which threads share."""

    def __init__(
        self, core: openvino.Core, model: object, *, threads: int, streams: int, shapes: int
    ) -> None:
        config = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": streams,
            "CPU_RUNTIME_CACHE_CAPACITY": shapes,
            # BF16, the default where the processor has it, takes half as long again without AMX.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self._compiled = core.compile_model(model, "CPU", config)
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(streams):
            self._idle.put(self._compiled.create_infer_request())

    def __call__(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        request = self._idle.get()
        try:
            request.infer([tensor])
            return np.array(request.get_output_tensor().data)
        finally:
            self._idle.put(request)


def _restrict(recognition: openvino.Model, kept: Sequence[int]) -> None:
    """Remove all other characters from the model's last layer, which takes a tenth of the time."""
    operations = recognition.get_ordered_ops()
    product = [each for each in operations if each.get_type_name() == "MatMul"][-1]
    [into_sum] = product.output(0).get_target_inputs()
    for weights, axis in ((product.input(1), 1), (into_sum.get_node().input(1), 0)):
        restricted = opset.gather(weights.get_source_output(), np.array(kept), np.array(axis))
        weights.replace_source_output(restricted.output(0))
    recognition.validate_nodes_and_infer_types()


def is_on_invoices(character: str) -> bool:
    """Whether the recognition keeps this character: those of GB 2312, and some that rules name."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return character in _OTHER
    return True


class Engine:
    """Loads the models; threads may share an engine."""

    def __init__(self, *, threads: int | None = None) -> None:
        threads = threads or min(4, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="recognize")
        core = openvino.Core()
        recognition = core.read_model(_MODELS / "PP-OCRv6_rec_small.onnx")
        characters = recognition.get_rt_info()["framework"]["character"].value.splitlines()
        known = ["", *characters, " "]  # the first one is the blank between characters
        kept = [at for at, each in enumerate(known) if at == 0 or is_on_invoices(each)]
        _restrict(recognition, kept)
        recognition.reshape([-1, 3, -1, -1])
        self._characters = [known[at] for at in kept]
        narrow = {each: at for at, each in enumerate(self._characters)}
        pairs = [(at, narrow[half]) for wide, half in _WIDE.items() if (at := narrow.get(wide))]
        self._wide, self._narrow = np.array(pairs).T
        detection = _MODELS / "PP-OCRv6_det_small.onnx"
        direction = _MODELS / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"
        self._recognition = _Network(
            core, recognition, threads=threads, streams=threads, shapes=_LINE_SHAPES
        )
        self._detection = _Network(core, detection, threads=threads, streams=1, shapes=_PAGE_SHAPES)
        self._direction = _Network(core, direction, threads=threads, streams=1, shapes=_PAGE_SHAPES)

    def detect(
        self, image: Image, side: int, *, enlarge: float = 1.0, in_halves: bool = False
    ) -> list[Box]:
        """Return the boxes of text, four corners each, in pixels of ``image``.

        Args:
            image: the image.
            side: the longer side, in pixels, of the model's input.
            enlarge: the maximum factor.
            in_halves: whether a large image is seen half by half: with more details, but the
                network judges each half by itself.
        """
        high, wide = image.shape[:2]
        most = _MAX_IN_HALVES if in_halves else _MAX_PIXELS
        ratio = min(enlarge, side / max(high, wide), (most / (high * wide)) ** 0.5)
        size = [max(32, round(pixels * ratio / 32) * 32) for pixels in (wide, high)]
        method = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)
        is_cut = in_halves and math.prod(size) > _MAX_PIXELS
        heatmap = self._heatmap_in_halves(small) if is_cut else self._heatmap(small)
        return boxes_from_heatmap(heatmap, (high, wide))

    def _heatmap(self, image: Image) -> NDArray[np.float32]:
        """Return the chance, 0 to 1, that each pixel is text."""
        heatmap: NDArray[np.float32] = self._detection(_tensor(image)[np.newaxis])[0, 0]
        return heatmap

    def _heatmap_in_halves(self, image: Image) -> NDArray[np.float32]:
        axis = int(image.shape[1] > image.shape[0])
        half = image.shape[axis] // 64 * 32
        first, _ = np.split(image, [half + _OVERLAP], axis)
        _, second = np.split(image, [half - _OVERLAP], axis)
        before, _ = np.split(self._heatmap(first), [half], axis)
        _, after = np.split(self._heatmap(second), [_OVERLAP], axis)
        return np.concatenate((before, after), axis)

    def upside_down(self, crops: Sequence[Image]) -> list[float]:
        """Return the chance, 0 to 1, that each line of text is upside down."""
        high, most = _DIRECTION_HEIGHT, _DIRECTION_WIDTH
        widths = [max(8, min(most, round(high * _proportion(line)))) for line in crops]
        tensors = [
            _line_tensor(line, (width, high), most)
            for line, width in zip(crops, widths, strict=True)
        ]
        return [float(chance) for chance in self._direction(np.stack(tensors))[:, 1]]

    def recognize(
        self, crops: Sequence[Image], *, alphabet: str = "", scale: Scale = QUICK
    ) -> list[Reading]:
        """Return the text of each crop, restricted to the characters of ``alphabet`` if given."""
        columns = self._columns(alphabet) if alphabet else None
        return list(self._pool.map(lambda each: self._recognize(each, columns, scale), crops))

    def _recognize(self, line: Image, columns: NDArray[np.intp] | None, scale: Scale) -> Reading:
        stretch = _NARROWED if scale.narrows and _proportion(line) > _VERY_LONG else scale.stretch
        width = round(_proportion(line) * scale.height * stretch)
        width = max(8, min(_MAX_LINE_WIDTH, width))
        padded = max(2, math.ceil(width * _SQUEEZED / _WIDTH_STEP)) * _WIDTH_STEP
        width = min(width, padded)
        tensor = _line_tensor(line, (width, scale.height), padded)
        chances = self._recognition(tensor[np.newaxis])[0]
        chances[:, self._narrow] += chances[:, self._wide]
        chances[:, self._wide] = 0
        return self._decode(chances, width / padded, columns)

    def _columns(self, alphabet: str) -> NDArray[np.intp]:
        found = [at for at, each in enumerate(self._characters) if each and each in alphabet]
        return np.array([0, *found])

    def _decode(
        self, chances: NDArray[np.float32], filled: float, columns: NDArray[np.intp] | None
    ) -> Reading:
        best = (chances if columns is None else chances[:, columns]).argmax(axis=1)
        best = best if columns is None else columns[best]
        keep = best != 0  # column 0 is the blank between characters
        keep[1:] &= best[1:] != best[:-1]
        steps = np.flatnonzero(keep)
        return Reading(
            text="".join(self._characters[best[step]] for step in steps),
            chances=tuple(float(chances[step, best[step]]) for step in steps),
            places=tuple(float((step + 0.5) / len(best) / filled) for step in steps),
        )


def crop(image: Image, box: Box) -> Image:
    """Return the part of ``image`` inside ``box``; the first edge of the box becomes the top."""
    wide = max(1, round(max(length(box), float(np.linalg.norm(box[3] - box[2])))))
    high = max(1, round(max(height(box), float(np.linalg.norm(box[1] - box[2])))))
    flat = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    matrix = cv2.getPerspectiveTransform(box, flat)
    upright = cv2.warpPerspective(
        image, matrix, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(upright, np.uint8)


def _tensor(image: Image) -> NDArray[np.float32]:
    scaled = image.astype(np.float32) / np.float32(127.5) - np.float32(1)
    return np.ascontiguousarray(scaled[:, :, ::-1].transpose(2, 0, 1))  # the models expect BGR


def _proportion(line: Image) -> float:
    """Return the width of a line, in heights."""
    high, wide = line.shape[:2]
    return float(wide / high)


def _line_tensor(line: Image, size: tuple[int, int], padded: int) -> NDArray[np.float32]:
    """Return a line in this size (width, height), with blank columns up to a padded width."""
    tensor = np.zeros((3, size[1], padded), np.float32)
    tensor[:, :, : size[0]] = _tensor(np.asarray(cv2.resize(line, size), np.uint8))
    return tensor
