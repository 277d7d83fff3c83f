"""The body of an upload, read by a thread while it arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from hashlib import md5
from typing import TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.review.files.sending import Body
from quota_invoice.obs.objects import BEGINNING

T = TypeVar("T")


def in_thread(chunks: list[bytes], size: int, use: Callable[[Body], T]) -> T:
    async def arriving() -> AsyncIterator[bytes]:
        for chunk in chunks:
            await anyio.lowlevel.checkpoint()
            yield chunk

    async def main() -> T:
        body = Body(arriving(), size)
        return await anyio.to_thread.run_sync(use, body)

    return anyio.run(main)


@given(st.lists(st.binary(max_size=9000), max_size=5), st.integers(1, 5000))
def test_all_bytes_come_once_and_in_order_after_the_beginning_was_looked_at(
    chunks: list[bytes], step: int
) -> None:
    content = b"".join(chunks)

    def use(body: Body) -> tuple[bytes, bytes, str]:
        beginning, read = body.beginning(), b""
        while len(read) < len(content):
            read += body.read(min(step, len(content) - len(read)))
        return beginning, read, body.etag()

    expected = (content[:BEGINNING], content, md5(content, usedforsecurity=False).hexdigest())
    assert in_thread(chunks, len(content), use) == expected


@pytest.mark.parametrize("chunks", [[], [b"short"], [b"", b"sh", b"", b"ort"]])
def test_a_body_that_ends_too_early_is_an_error(chunks: list[bytes]) -> None:
    def use(body: Body) -> None:
        read = b""
        while len(read) < body.size:
            read += body.read(100)

    with pytest.raises(EOFError):
        in_thread(chunks, 100, use)
    with pytest.raises(EOFError):
        in_thread(chunks, 100, Body.beginning)
