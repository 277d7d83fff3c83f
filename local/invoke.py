"""`python -m local invoke`: hand one event to the function and show what came of it."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_plus

from obs import ObsClient
from rich.console import Console

from local.cloud import BUCKET, PREFIXES, Options, running_cloud
from local.errors import CloudError
from local.runtime import FunctionError

console = Console(stderr=True, highlight=False)


def run_invoke(event: Path, samples: Path) -> int:
    """Invoke the function with an event, in a cloud whose bucket holds the images it names.

    Args:
        event: a JSON file.
        samples: folder with images; one that has the name at the end of a key is put there.

    Returns:
        0, or 1 if the function raised.
    """
    try:
        content = json.loads(event.read_bytes())
    except (OSError, ValueError) as error:
        message = f"{event}: {error}"
        raise CloudError(message) from None
    with contextlib.ExitStack() as running:
        log = Path(running.enter_context(tempfile.TemporaryDirectory())) / "log"
        with console.status("starting bucket, OCR service and function"):
            cloud = running.enter_context(running_cloud(Options(output=log, notify=False)))
        client = cloud.bucket.client()
        _put_images(client, content, samples)
        code, answer = 0, None
        try:
            answer = cloud.runtime.invoke(content)
        except FunctionError as error:
            code, answer = 1, {"errorType": error.kind, "errorMessage": error.message}
        _show("log", log.read_text(encoding="utf-8"))
        for key, text in _records(client):
            _show(key, text)
        _show("answer", json.dumps(answer, ensure_ascii=False))
    return code


def _put_images(client: ObsClient, event: object, samples: Path) -> None:
    """Put each sample whose name ends a key of the event where that key says it is."""
    for raw in _keys(event):
        # Whether a key is encoded shows in its slashes only.
        key = raw if raw.startswith(PREFIXES[0]) else unquote_plus(raw)
        image = samples / key.rpartition("/")[2]
        if key.startswith(PREFIXES[0]) and image.is_file():
            client.putContent(BUCKET, key, image.read_bytes())


def _keys(value: object) -> Iterator[str]:
    """Find what is called a key, also in a message that holds JSON as a string."""
    if isinstance(value, str) and value.startswith("{"):
        with contextlib.suppress(ValueError):
            yield from _keys(json.loads(value))
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "key" and isinstance(item, str):
                yield item
            else:
                yield from _keys(item)


def _records(client: ObsClient) -> list[tuple[str, str]]:
    found = []
    for prefix in PREFIXES[1]:
        for item in client.listObjects(BUCKET, prefix=prefix).body.contents:
            body = client.getObject(BUCKET, item.key, loadStreamInMemory=True).body
            found.append((item.key, body.buffer.decode()))
    return found


def _show(title: str, text: str) -> None:
    console.rule(title)
    sys.stdout.write(text.rstrip() + "\n")
    sys.stdout.flush()
