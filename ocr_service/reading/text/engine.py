"""The neural networks: where text is, which way up it stands, and what it says.

The models are RapidOCR's (PP-OCRv6 small, and the direction classifier of PP-OCR), from its
wheel; so are the steps around them. They run on OpenVINO directly, because RapidOCR's own
session holds a single request: it can serve one thread at a time, and a batch must wait for
its widest line.
"""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openvino
import rapidocr
from numpy.typing import NDArray
from rapidocr.ch_ppocr_rec.utils import CTCLabelDecode

from ocr_service.reading.text.boxes import boxes_of

Image = NDArray[np.uint8]
Box = NDArray[np.float32]

MODELS = Path(rapidocr.__file__).parent / "models"
LINE_HEIGHT = 48  # pixels; what the recognition model was trained on
MAX_LINE_WIDTH = 960
MOST_PIXELS = 560_000  # that detection sees: it needs half a kilobyte for each
VERY_LONG = 565  # pixels; code and label together are shorter
NARROWED = 0.6
DIRECTION_WIDTH = 192  # pixels that the direction classifier sees of a line
WIDTH_STEP = 32  # widths are rounded up, so that OpenVINO prepares few shapes


@dataclass(frozen=True)
class Reading:
    """What one crop says: its text, and for each character how sure and how far along (0 to 1)."""

    text: str
    chances: tuple[float, ...]
    places: tuple[float, ...]


class _Network:
    """A compiled model and the few requests that its callers share."""

    def __init__(self, core: openvino.Core, model: object, *, threads: int, streams: int) -> None:
        config = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": streams,
            "CPU_RUNTIME_CACHE_CAPACITY": 8,
        }
        self._compiled = core.compile_model(model, "CPU", config)
        self._idle: queue.LifoQueue[Any] = queue.LifoQueue()
        self.streams = streams
        for _ in range(streams):
            self._idle.put(self._compiled.create_infer_request())

    @contextmanager
    def request(self) -> Iterator[Any]:
        """An infer request of one's own; waits when all are taken."""
        request = self._idle.get()
        try:
            yield request
        finally:
            self._idle.put(request)

    def __call__(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        with self.request() as request:
            request.infer([tensor])
            return np.array(request.get_output_tensor().data)


class Engine:
    """The models, loaded once; safe to share between threads."""

    def __init__(self, *, threads: int | None = None) -> None:
        threads = threads or min(4, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="recognise")
        core = openvino.Core()
        recognition = core.read_model(MODELS / "PP-OCRv6_rec_small.onnx")
        characters = recognition.get_rt_info()["framework"]["character"].value.splitlines()
        self._characters = CTCLabelDecode(characters).character
        self._recognition = _Network(core, recognition, threads=threads, streams=threads)
        self._detection = _Network(
            core, MODELS / "PP-OCRv6_det_small.onnx", threads=threads, streams=1
        )
        self._direction = _Network(
            core, MODELS / "ch_ppocr_mobile_v2.0_cls_mobile.onnx", threads=threads, streams=1
        )

    def detect(self, image: Image, side: int, *, enlarge: float = 1.0) -> list[Box]:
        """The boxes of text, four corners each, in pixels of `image`.

        `side`: the longer side, in pixels, at which the model sees the image; `enlarge`: how
        many times larger than itself at most.
        """
        height, width = image.shape[:2]
        ratio = min(enlarge, side / max(height, width), (MOST_PIXELS / (height * width)) ** 0.5)
        size = [max(32, round(length * ratio / 32) * 32) for length in (width, height)]
        small = np.asarray(
            cv2.resize(
                image, size, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
            ),
            np.uint8,
        )
        heat = self._detection(_tensor(small)[np.newaxis])[0, 0]
        return boxes_of(heat, (height, width))

    def upside_down(self, crops: Sequence[Image]) -> list[float]:
        """The chance, 0 to 1, that each of these lines of text stands on its head."""
        widths = [round(line.shape[1] * LINE_HEIGHT / line.shape[0]) for line in crops]
        tensors = [
            _line_tensor(line, max(8, min(width, DIRECTION_WIDTH)), DIRECTION_WIDTH)
            for line, width in zip(crops, widths, strict=True)
        ]
        return [float(chance) for chance in self._direction(np.stack(tensors))[:, 1]]

    def recognise(
        self, crops: Sequence[Image], *, alphabet: str = "", stretch: float = 1.0
    ) -> list[Reading]:
        """What each crop says; with an alphabet, no other characters are considered.

        `stretch`: how much wider than in the image the model sees a crop. Very long lines are
        titles in Chinese characters, which bear being narrowed unless they are stretched.
        """
        columns = self._columns(alphabet) if alphabet else None
        return list(self._pool.map(lambda each: self._recognise(each, columns, stretch), crops))

    def _recognise(self, line: Image, columns: NDArray[np.intp] | None, stretch: float) -> Reading:
        width = round(line.shape[1] * LINE_HEIGHT / line.shape[0] * stretch)
        width = round(width * NARROWED) if width > VERY_LONG and stretch <= 1 else width
        width = max(8, min(MAX_LINE_WIDTH, width))
        padded = max(2, -(-width // WIDTH_STEP)) * WIDTH_STEP
        chances = self._recognition(_line_tensor(line, width, padded)[np.newaxis])[0]
        return self._decode(chances, width / padded, columns)

    def _columns(self, alphabet: str) -> NDArray[np.intp]:
        return np.array([0, *(self._characters.index(character) for character in alphabet)])

    def _decode(
        self, chances: NDArray[np.float32], filled: float, columns: NDArray[np.intp] | None
    ) -> Reading:
        # The first column is the blank between characters.
        best = (
            chances.argmax(axis=1)
            if columns is None
            else columns[chances[:, columns].argmax(axis=1)]
        )
        keep = best != 0
        keep[1:] &= best[1:] != best[:-1]
        steps = np.flatnonzero(keep)
        return Reading(
            text="".join(self._characters[best[step]] for step in steps),
            chances=tuple(float(chances[step, best[step]]) for step in steps),
            places=tuple(float((step + 0.5) / len(best) / filled) for step in steps),
        )


def crop(image: Image, box: Box) -> Image:
    """The part of `image` inside `box`, upright: the box's first edge becomes the top."""
    width = max(
        1, round(float(max(np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[3] - box[2]))))
    )
    height = max(
        1, round(float(max(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2]))))
    )
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(box, flat)
    upright = cv2.warpPerspective(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(upright, np.uint8)


def _tensor(image: Image) -> NDArray[np.float32]:
    scaled = image.astype(np.float32) / np.float32(127.5) - np.float32(1)
    return np.ascontiguousarray(
        scaled[:, :, ::-1].transpose(2, 0, 1)
    )  # the models were trained on BGR


def _line_tensor(line: Image, width: int, padded: int) -> NDArray[np.float32]:
    tensor = np.zeros((3, LINE_HEIGHT, padded), np.float32)
    tensor[:, :, :width] = _tensor(np.asarray(cv2.resize(line, (width, LINE_HEIGHT)), np.uint8))
    return tensor
