"""One reader for all tests of the process: its models take a second to load.

It has one thread: the tests run in several processes, and further threads only wait for each other.
Its networks see each picture once: the tests of one invoice and of all invoices share their images.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from copy import deepcopy
from hashlib import blake2b
from typing import ParamSpec, TypeVar

import pytest

from ocr_service.reading.reader import Reader

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    reader = Reader(threads=1)
    engine = reader._engine  # noqa: SLF001 - the reader itself remembers nothing
    with pytest.MonkeyPatch.context() as patch:
        for each in (engine._tiny, engine._small):  # noqa: SLF001
            patch.setattr(each, "read", once(each.read))
        patch.setattr(engine, "detect", once(engine.detect))
        yield reader


def once(method: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Return the method with a memory of its results, which depend only on its arguments."""
    results: dict[bytes, _Result] = {}

    def remembered(*arguments: _Arguments.args, **options: _Arguments.kwargs) -> _Result:
        key = blake2b(pickle.dumps((arguments, options))).digest()
        if key not in results:
            results[key] = method(*arguments, **options)
        return deepcopy(results[key])

    return remembered
