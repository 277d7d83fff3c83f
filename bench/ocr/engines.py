"""Runs each engine in its own process, so that memory and time are measured separately."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from bench.ocr.cases import FIELDS, Pixels

_Read = Callable[[Pixels], "dict[str, tuple[str, float]] | None"]
_ReadAll = Callable[[Pixels], "list[tuple[Any, Any]]"]


@dataclass(frozen=True)
class Reading:
    """The result of an engine for an image.

    Attributes:
        fields: text and confidence by field; None if the engine found no quota invoice.
        seconds: duration.
        cpu_seconds: processor time of all threads; other programs hardly change it.
    """

    fields: Mapping[str, tuple[str, float]] | None
    seconds: float
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class Ticket:
    """An invoice on a sheet: text and confidence by field, and its corners in pixels."""

    fields: Mapping[str, tuple[str, float]]
    polygon: tuple[tuple[float, float], ...]


class Engine:
    """An engine in its own process; a context manager.

    Args:
        name: ``ours``, the engine of ``ocr_service``, or ``stock``: RapidOCR with its defaults on
            ONNX Runtime, and the field rules of ``ocr_service``.
    """

    def __init__(self, name: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._channel, remote = context.Pipe()
        self._process = context.Process(target=_serve, args=(name, remote), daemon=True)
        self._process.start()
        remote.close()

    def __enter__(self) -> Engine:  # noqa: PYI034 - Self is not in Python 3.10
        """Wait until the models are loaded."""
        self._channel.recv()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self._channel.close()
        self._process.join(10)

    def read(self, image: Pixels) -> Reading:
        """Read an image."""
        self._channel.send(("read", image))
        return Reading(*self._channel.recv())

    def read_all(self, image: Pixels) -> list[Ticket]:
        """Return every invoice on an image."""
        self._channel.send(("all", image))
        return [Ticket(*each) for each in self._channel.recv()]

    def pair_seconds(self, images: tuple[Pixels, Pixels]) -> tuple[float, float]:
        """Return the seconds for two images, one after the other and both at once."""
        self._channel.send(("pair", images))
        one_after_other, at_once = self._channel.recv()
        return float(one_after_other), float(at_once)

    def peak_mb(self) -> float:
        """Return the peak memory of the process in 10⁶ bytes."""
        self._channel.send(("peak", None))
        return float(self._channel.recv())


def _serve(name: str, channel: Connection) -> None:
    read, read_all = _ours() if name == "ours" else (_stock(), None)
    channel.send(None)
    while True:
        try:
            command, value = channel.recv()
        except EOFError:
            return
        if command == "all" and read_all:
            channel.send(read_all(value))
            continue
        commands: dict[str, Callable[[_Read, Any], object]]
        commands = {"read": _timed, "pair": _pair, "peak": _peak}
        channel.send(commands[command](read, value))


def _timed(read: _Read, image: Pixels) -> tuple[Any, float, float]:
    started, cpu_started = time.perf_counter(), time.process_time()
    fields = read(image)
    return fields, time.perf_counter() - started, time.process_time() - cpu_started


def _pair(read: _Read, images: tuple[Pixels, Pixels]) -> tuple[float, float]:
    started = time.perf_counter()
    for image in images:
        read(image)
    middle = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(read, images))
    return middle - started, time.perf_counter() - middle


def _peak(_read: _Read, _value: None) -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _ours() -> tuple[_Read, _ReadAll]:
    from ocr_service.process import return_large_blocks  # noqa: PLC0415 - only in this process
    from ocr_service.reading.reader import Reader  # noqa: PLC0415 - as above

    return_large_blocks()  # as the OCR service does
    reader = Reader()

    def read_all(image: Pixels) -> list[tuple[Any, Any]]:
        return [(_fields(each), each.polygon) for each in reader.read_all(image)]

    return lambda image: _fields(reader.read(image)), read_all


def _stock() -> _Read:
    from rapidocr import RapidOCR  # noqa: PLC0415 - only in this process

    from ocr_service.reading.fields.confidence import to_invoice  # noqa: PLC0415 - as above
    from ocr_service.reading.fields.extraction import extract  # noqa: PLC0415 - as above
    from ocr_service.reading.text.lines import Line, level_position  # noqa: PLC0415 - as above

    engine: Any = RapidOCR(params={"Global.log_level": "critical"})

    def line(box: Any, text: str, score: float) -> Line:  # noqa: ANN401 - RapidOCR is untyped
        text = text.replace(" ", "")
        places = tuple((index + 0.5) / len(text) for index in range(len(text)))
        return Line(text, (float(score),) * len(text), places, *level_position(box, 0.0), box)

    def read(image: Pixels) -> dict[str, tuple[str, float]] | None:
        output = engine(image[:, :, ::-1])  # RapidOCR expects BGR
        if output.boxes is None:
            return None
        read_lines = zip(output.boxes, output.txts, output.scores, strict=True)
        lines = [line(box, text, score) for box, text, score in read_lines if text.strip()]
        seen = extract(lines)
        if seen.title is None:
            return None
        return _fields(to_invoice(seen.nearest_to(seen.title), ((0, 0), (1, 0), (1, 1), (0, 1))))

    return read


def _fields(invoice: Any) -> dict[str, tuple[str, float]] | None:  # noqa: ANN401 - QuotaInvoice is imported late
    if invoice is None:
        return None
    return {
        name: (getattr(invoice, name).text, getattr(invoice, name).confidence) for name in FIELDS
    }
