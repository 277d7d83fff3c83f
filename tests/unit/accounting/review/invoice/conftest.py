"""Decisions on inputs of a bucket in memory."""

from __future__ import annotations

import pytest

from tests.support.review.deciding import MemoryDesk


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk()
