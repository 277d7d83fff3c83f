"""The process in which files of strangers are decoded: `sandbox` starts it and talks to it.

It is given a line of JSON, {"length": 1234, "page": null}, and so many bytes of a file. It answers
with a line, {"area": 12000000}, the pixels of the image; waits for an empty line; and then answers
{"size": [height, width]} and the RGB rows. Either answer may be a refusal instead,
{"code": "AIS.0102", "detail": ""}. It goes on until there is nothing more to read.

A file that takes more than its share ends the process: an alarm that no code can put off is set
before each file, and memory is not given beyond its limit. Decoders are native code, and nothing
milder stops them.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from ocr_service.contract.errors import ApiError
from ocr_service.decode.pdf_pages import Page
from ocr_service.decode.pixels import Picture, rows
from ocr_service.process import OUT_OF_MEMORY, return_large_blocks

READY = {"ready": True}


def main() -> int:
    """Serve until standard input ends: `sandboxed.py SECONDS BYTES`."""
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    answers = _own_stdout()
    for number in (signal.SIGINT, signal.SIGTERM):  # the parent decides when this process ends
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    return_large_blocks()
    _limit(resource.RLIMIT_DATA, memory)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _tell(answers, READY)
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        data = sys.stdin.buffer.read(asked["length"])
        try:
            _answer(answers, data, asked["page"], seconds)
        except ApiError as refusal:
            _tell(answers, {"code": refusal.code.code, "detail": refusal.detail})
        except MemoryError:
            return OUT_OF_MEMORY
    return 0


def _answer(answers: BinaryIO, data: bytes, page: int | None, seconds: float) -> None:
    with _alarm(seconds):
        picture = Picture(data) if page is None else Page(data, page)
    _tell(answers, {"area": picture.area})
    sys.stdin.buffer.readline()
    with _alarm(seconds):
        image = picture.decoded()
        parts = rows(image)
        first = next(parts)  # what can still go wrong does so before the answer begins
        _tell(answers, {"size": [image.height, image.width]})
        answers.write(first)
        answers.writelines(parts)
        answers.flush()


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _tell(answers: BinaryIO, line: object) -> None:
    answers.write(json.dumps(line).encode() + b"\n")
    answers.flush()


def _own_stdout() -> BinaryIO:
    """Keep standard output for answers, whatever a library prints."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    sys.exit(main())
