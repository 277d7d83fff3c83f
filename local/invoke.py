"""``python -m local invoke``: invoke the function with one event, and print the results."""

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

from local.cloud import BUCKET, Options, running_cloud
from local.errors import CloudError
from local.runtime import FunctionError
from quota_invoice.settings.layout import DEFAULT_LAYOUT

console = Console(stderr=True, highlight=False)


def run_invoke(event: Path, samples: Path) -> int:
    """Invoke the function with an event, in a cloud whose bucket holds the event's images.

    Args:
        event: a JSON file.
        samples: folder of images; those that the event names are uploaded first.

    Returns:
        0, or 1 if the function raised an error.
    """
    try:
        content = json.loads(event.read_bytes())
    except (OSError, ValueError) as error:
        raise CloudError(f"{event}: {error}") from None
    with contextlib.ExitStack() as stack:
        log = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "log"
        with console.status("starting bucket, OCR service and function"):
            cloud = stack.enter_context(running_cloud(Options(output=log, notify=False)))
        client = cloud.bucket.client()
        _upload_images(client, content, samples)
        code, answer = 0, None
        try:
            answer = cloud.runtime.invoke(content)
        except FunctionError as error:
            code, answer = 1, {"errorType": error.kind, "errorMessage": error.message}
        _print("log", log.read_text(encoding="utf-8"))
        for key, text in _records(client):
            _print(key, text)
        _print("answer", json.dumps(answer, ensure_ascii=False))
    return code


def _upload_images(client: ObsClient, event: object, samples: Path) -> None:
    """Upload each sample whose name ends a key of the event, under that key."""
    for raw in _keys(event):
        # An encoded key has no slashes.
        key = raw if raw.startswith(DEFAULT_LAYOUT.input_prefix) else unquote_plus(raw)
        image = samples / key.rpartition("/")[2]
        if key.startswith(DEFAULT_LAYOUT.input_prefix) and image.is_file():
            client.putContent(BUCKET, key, image.read_bytes())


def _keys(value: object) -> Iterator[str]:
    """Yield the values of all members named "key", also in strings that hold JSON."""
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


def _records(client: ObsClient) -> Iterator[tuple[str, str]]:
    for prefix in DEFAULT_LAYOUT.output_prefixes:
        for item in client.listObjects(BUCKET, prefix=prefix).body.contents:
            body = client.getObject(BUCKET, item.key, loadStreamInMemory=True).body
            yield item.key, body.buffer.decode()


def _print(title: str, text: str) -> None:
    console.rule(title)
    sys.stdout.write(text.rstrip() + "\n")
    sys.stdout.flush()
