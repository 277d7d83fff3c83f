"""Serves the page on the loopback interface until Ctrl-C."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import uvicorn

from accounting.bucket import Bucket, read_access
from accounting.errors import AccountingError
from accounting.review.app import review_app
from accounting.review.context import ReviewContext
from accounting.review.guard import Guard, Team
from accounting.review.queue.index import open_index
from quota_invoice.obs.store import ObsStore

_NAME = re.compile(r"[\w.@-](?:[\w .@-]{0,62}[\w.@-])?")
_GRACE = 5  # seconds for requests that run when the server stops
USUAL_PORT = 8302
Announce = Callable[[str, str], None]
"""Takes a person's name, and the address that lets the person in once."""


def listen(port: int | None) -> socket.socket:
    """Return a socket that listens on a port of the loopback interface.

    Args:
        port: 0 is any free port; None is the usual one, or any free one if that is in use.

    Raises:
        AccountingError: the port is in use, or no port has this number.
    """
    listening = socket.socket()
    # A port whose last connections still close is free.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", USUAL_PORT if port is None else port))
        listening.listen(128)
    except OSError:
        listening.close()
        if port is None:
            return listen(0)
        raise AccountingError(f"port {port} is in use: name another one with PORT=…") from None
    except OverflowError:
        listening.close()
        raise AccountingError(f"{port} is no port: PORT is 0 to 65535") from None
    return listening


def review_server(
    context: ReviewContext, names: Sequence[str], port: int, announce: Announce
) -> uvicorn.Server:
    """Return the server of the page, to run on a socket of ``listen``.

    Args:
        context: the bucket; closed when the server stops.
        names: the people who may use the page.
        port: the socket's port.
        announce: called with each person's address at once, and with a new one when it was used.
    """
    team = Team(names)

    def invite(name: str) -> None:
        announce(name, f"http://127.0.0.1:{port}/?token={team.new_token(name)}")

    for name in names:
        invite(name)
    return uvicorn.Server(
        uvicorn.Config(
            Guard(review_app(context), context, team, port, invite),
            access_log=False,  # addresses have tokens
            log_level="warning",
            timeout_graceful_shutdown=_GRACE,
            server_header=False,
            ws="none",
            proxy_headers=False,
        )
    )


class RunningPage(NamedTuple):
    """A page that is served in a thread.

    Attributes:
        url: its URL, without a token.
        is_running: whether it still accepts requests.
    """

    url: str
    is_running: Callable[[], bool]


@contextmanager
def running_page(
    context: ReviewContext, names: Sequence[str], listening: socket.socket, announce: Announce
) -> Iterator[RunningPage]:
    """Serve the page in a thread until the block ends.

    Args:
        context: see ``review_server``.
        names: likewise.
        listening: the result of ``listen``; closed at the end.
        announce: see ``review_server``.
    """
    port = listening.getsockname()[1]
    server = review_server(context, names, port, announce)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield RunningPage(f"http://127.0.0.1:{port}", thread.is_alive)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def run_review(  # noqa: PLR0913, PLR0917 - what the page is served with
    environment: Mapping[str, str],
    reviewers: str,
    port: int | None,
    folder: Path,
    opened: Callable[[int], None],
    announce: Announce,
) -> None:
    """Serve the page until Ctrl-C.

    Args:
        environment: see ``read_access``.
        reviewers: the names of the people, separated by commas.
        port: see ``listen``.
        folder: the folder of the page's own files.
        opened: called with the port when the page listens on it.
        announce: see ``review_server``.

    Raises:
        AccountingError: a name or a setting is missing or invalid, or the port or the cache is in
            use.
    """
    names = reviewer_names(reviewers)
    context = open_context(environment, folder)
    with listen(port) as listening:
        bound = listening.getsockname()[1]
        opened(bound)
        context.part(open_index)  # another command may use its file; and it takes time to build
        server = review_server(context, names, bound, announce)
        server.run(sockets=[listening])


def open_context(environment: Mapping[str, str], folder: Path) -> ReviewContext:
    """Return the context of the page on the bucket that the environment names."""
    settings, credentials = read_access(environment)
    store = ObsStore.connect(settings, credentials)
    bucket = Bucket(settings.bucket, settings.layout, store)
    return ReviewContext(bucket, folder, settings.confidence_below)


def reviewer_names(text: str) -> list[str]:
    """Return the names of a list with commas.

    >>> reviewer_names("王芳, li.lei")
    ['王芳', 'li.lei']

    Raises:
        AccountingError: there is no name, a name is there twice, or one is no name.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise AccountingError(
            "name the person who reviews: make review REVIEWER=name; several: REVIEWER=name,name"
        )
    wrong = [name for name in names if not _NAME.fullmatch(name) or names.count(name) > 1]
    if wrong:
        raise AccountingError(
            f"REVIEWER: {wrong[0]!r} is named twice, or has other characters than letters, digits, "
            "spaces, hyphens, dots, underscores and @, or more than 64"
        )
    return names
