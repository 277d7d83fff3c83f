"""The subprocess that decodes untrusted files; ``sandbox`` starts it and sends it requests.

A request is a line of JSON, {"length": 1234, "page": null}, and a file of this length. The first
response is the number of pixels, {"area": 12000000}. The parent sends an empty line, and the second
response is {"size": [height, width]} and the RGB rows. Either response may instead be an error,
{"code": "AIS.0102", "detail": ""}. The process runs until the end of standard input.

A file that exceeds the limits of time or memory ends the process: decoders are native code, which
cannot be interrupted. Before each file an alarm is set, which no handler catches. It counts the
processor time of this process, so that a busy machine does not make a good file fail.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from ocr_service.decode.pixels import ImageFile, rows
from ocr_service.errors import ApiError
from ocr_service.process import OUT_OF_MEMORY, return_large_blocks

if TYPE_CHECKING:
    from ocr_service.decode.pdf_pages import PdfPage


def main() -> int:
    """Serve until the end of standard input; the arguments are SECONDS and BYTES."""
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    output = _private_stdout()
    for number in (signal.SIGINT, signal.SIGTERM):  # the parent ends this process
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPROF})
    return_large_blocks()
    _limit(resource.RLIMIT_DATA, memory)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _send(output, {"ready": True})
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        data = sys.stdin.buffer.read(request["length"])
        try:
            _respond(output, data, request["page"], seconds)
        except ApiError as error:
            _send(output, {"code": error.code.code, "detail": error.detail})
        except MemoryError:
            return OUT_OF_MEMORY
    return 0


def _respond(output: BinaryIO, data: bytes, page: int | None, seconds: float) -> None:
    with _alarm(seconds):
        source = _opened(data, page)
    _send(output, {"area": source.area})
    sys.stdin.buffer.readline()
    with _alarm(seconds):
        image = source.decode()
        parts = rows(image)
        first = next(parts)  # may fail, so before the response starts
        _send(output, {"size": [image.height, image.width]})
        output.write(first)
        output.writelines(parts)
        output.flush()


def _opened(data: bytes, page: int | None) -> ImageFile | PdfPage:
    if page is None:
        return ImageFile(data)
    # Images do not need it, and it takes half of the time of this process's imports.
    from ocr_service.decode.pdf_pages import PdfPage  # noqa: PLC0415 - as said above

    return PdfPage(data, page)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _send(output: BinaryIO, line: object) -> None:
    output.write(json.dumps(line).encode() + b"\n")
    output.flush()


def _private_stdout() -> BinaryIO:
    """Reserve standard output for responses; output of libraries goes to standard error."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return output


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


if __name__ == "__main__":
    sys.exit(main())
