"""One reader for all tests of the process: its models take a second to load.

It has one thread: the tests run in several processes, and further threads only wait for each other.
"""

from __future__ import annotations

import pytest

from ocr_service.reading.reader import Reader


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader(threads=1)
