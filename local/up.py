"""``python -m local up``: keep the cloud running, and print how to use it."""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from accounting.errors import AccountingError
from accounting.ledger.cache import remove_cache
from accounting.review.serve import RunningPage, open_context, reviewer_names, running_page
from local.bucket.proxy import bucket_proxy
from local.cloud import BUCKET, Cloud, Options, running_cloud
from local.errors import CloudError
from local.http_server import HttpServer, loopback_socket
from local.processes import remove_at_end
from local.runtime.results import print_result
from quota_invoice.settings.layout import DEFAULT_LAYOUT

console = Console(highlight=False)
_LAST_PORT = 65535


@dataclass(frozen=True)
class Ports:
    """The wanted ports; 0 is any free one.

    Attributes:
        bucket: port of the bucket's proxy.
        api: port of the function's own API.
        review: port of the review page.
    """

    bucket: int
    api: int
    review: int


def run_up(
    ports: Ports, log: Path, origins: Sequence[str], recognition: str, ocr: Sequence[str]
) -> int:
    """Start all parts, print how to use them, and wait for Ctrl-C, which removes all data.

    If a part ends unexpectedly, or this process, the bucket's objects are kept: the next call goes
    on with them.

    Args:
        ports: the ports; a port that is in use is replaced.
        log: file for the output of the function and the OCR service; the operator's credentials
            are beside it, in a file that ends in ``.env``, and the objects in a folder that ends in
            ``.data``.
        origins: origins of web pages that may call that API.
        recognition: the function's ``RECOGNITION``: ``quota``, or ``auto`` for several invoices on
            one image.
        ocr: see ``Options``.

    Returns:
        The exit code.

    Raises:
        CloudError: another process runs the cloud with this log, a port is none, a part ended, or
            ``REVIEWER`` has another text than names.
    """
    named = {"PORT": ports.bucket, "API_PORT": ports.api, "REVIEW_PORT": ports.review}
    for name, number in named.items():
        if not 0 <= number <= _LAST_PORT:
            raise CloudError(f"{name} is 0 to {_LAST_PORT}, not {number}")
    names = _reviewers()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_only_one(log.with_suffix(".lock")))
        log.unlink(missing_ok=True)
        data = log.with_suffix(".data")
        is_kept = data.exists()
        end = stack.enter_context(contextlib.ExitStack())  # after all parts have stopped
        if not is_kept:
            end.callback(_remove_all, data)  # the start failed
        with console.status("starting bucket, OCR service and function"):
            options = Options(
                output=log,
                watch=print_result(console),
                retries=3,
                gateway_port=ports.api,
                origins=tuple(origins),
                user_data=(("RECOGNITION", recognition),),
                ocr=tuple(ocr),
                data=data,
            )
            cloud = stack.enter_context(running_cloud(options))
        stopping = threading.Event()
        application = bucket_proxy(BUCKET, cloud.bucket.client(), stopping)
        proxy = HttpServer(application, ports.bucket, origins)
        stack.callback(proxy.stop)
        stack.callback(stopping.set)
        cloud.parts.add("the bucket's proxy", proxy.is_running)
        stack.callback(console.print, "\nstopping …")
        env_file = stack.enter_context(_env_file(log.with_suffix(".env"), cloud, log))
        _print_usage(proxy.url, cloud, env_file, log, recognition)
        review = stack.enter_context(_review_page(cloud, names, ports.review))
        cloud.parts.add("the review page", review.is_running)
        _print_other_ports(
            ("bucket", ports.bucket, proxy.url),
            ("API", ports.api, cloud.api_endpoint),
            ("review page", ports.review, review.url),
        )
        if is_kept:
            _resume(cloud, data)
        end.pop_all()
        _wait(cloud, data, end)
    return 0


def _resume(cloud: Cloud, data: Path) -> None:
    """Send each input to the function again: its event may have been lost; a right record stays."""
    inputs = list(cloud.bucket.objects(DEFAULT_LAYOUT.input_prefix))
    for item in inputs:
        named = {"key": item.key, "eTag": item.etag.strip('"'), "size": item.size}
        cloud.runtime.submit({"backfill": {"bucket": BUCKET, "objects": [named]}})
    console.print(
        f"[yellow]The last run ended unexpectedly:[/] this one goes on with its {len(inputs)} "
        f"input(s), kept in {data}.",
        soft_wrap=True,
    )


def _wait(cloud: Cloud, data: Path, end: contextlib.ExitStack) -> None:
    """Wait for Ctrl-C, after which ``end`` removes the data.

    Raises:
        CloudError: a part ended.
    """
    try:
        cloud.parts.watch()
    except KeyboardInterrupt:
        end.callback(_remove_all, data)
        raise
    except CloudError as error:
        raise CloudError(
            f"{error}; everything is stopped. All objects are kept in {data}: make up goes on with "
            f"them, or remove that folder to start afresh; see also {data / 'store.log'} and "
            f"{data.with_suffix('.log')}"
        ) from None


def _remove_all(data: Path) -> None:
    """Remove the bucket's objects, and the caches that ledger and review keep of its records."""
    shutil.rmtree(data, ignore_errors=True)
    for folder in (data.with_name("ledger"), data.with_name("review")):
        with contextlib.suppress(AccountingError):  # another command still uses it
            remove_cache(folder, BUCKET)


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold a lock, which the system releases when this process ends.

    Raises:
        CloudError: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CloudError(
                f"the cloud is up already, by process {file.read().strip()}: use it, its "
                f"credentials are in {path.with_suffix('.env')}, or stop it there with Ctrl-C"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


@contextlib.contextmanager
def _review_page(cloud: Cloud, names: Sequence[str], port: int) -> Iterator[RunningPage]:
    """Serve the review page until the block ends, and print its address."""

    def announce(name: str, address: str) -> None:
        console.print(
            f"review page, for {name} (an address opens once): {address}",
            soft_wrap=True,
            markup=False,
        )

    with tempfile.TemporaryDirectory(prefix="quota-review-") as folder:
        context = open_context(cloud.environment(), Path(folder))
        listening = loopback_socket(port)
        listening.listen()  # the address is printed before the server takes the socket
        with running_page(context, names, listening, announce) as page:
            yield page


def _reviewers() -> list[str]:
    """Return the names in ``REVIEWER``, or that of the person who is logged in, or ``demo``.

    Raises:
        CloudError: ``REVIEWER`` has another text than names.
    """
    named = os.environ.get("REVIEWER")
    try:
        return reviewer_names(named or getpass.getuser())
    except (AccountingError, KeyError, OSError) as error:
        if named:
            raise CloudError(str(error)) from None
        return ["demo"]


def _print_other_ports(*servers: tuple[str, int, str]) -> None:
    """Print a line for each server whose port is not the wanted one."""
    for name, wanted, url in servers:
        if wanted and not url.endswith(f":{wanted}"):
            console.print(
                f"[yellow]Port {wanted} is in use:[/] the {name} is at {url} instead; use this URL "
                "in the README's commands.",
                soft_wrap=True,
            )


@contextlib.contextmanager
def _env_file(path: Path, cloud: Cloud, log: Path) -> Iterator[Path]:
    """Write the operator's environment to a file that only this user can read."""
    path.unlink(missing_ok=True)
    with log.open("ab") as output:
        removal = remove_at_end(path, output)
    cloud.parts.add("the guard of the credentials' file", removal.is_running)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in cloud.environment().items())
        yield path
    finally:
        removal.stop()


def _print_usage(
    bucket_url: str, cloud: Cloud, env_file: Path, log: Path, recognition: str
) -> None:
    image = "beijing-10-yuan-stamped.jpg"
    key = f"{DEFAULT_LAYOUT.input_prefix}{image}"
    console.print(
        f"""[bold green]The cloud is up.[/] Stopping it removes its data; a crash does not.

  bucket [bold]{BUCKET}[/]    {bucket_url}   (object store at {cloud.bucket.endpoint})
  API               {cloud.api_endpoint}   (without authentication, on this machine only)
  OCR service       {cloud.ocr_endpoint}
  FunctionGraph     {cloud.functiongraph_endpoint}
  its function      {cloud.runtime.function.urn}
  credentials       {env_file}, for bucket and FunctionGraph: set -a; . {env_file}; set +a
  function's log    {log}

Upload an image, and download its record, for which the second line waits:

  [bold]curl -T samples/{image} {bucket_url}/{DEFAULT_LAYOUT.input_prefix}[/]
  [bold]curl {bucket_url}/{DEFAULT_LAYOUT.record_key(key)}[/]

Or call the API, which also signs upload URLs (POST /uploads) and describes itself:

  [bold]curl {cloud.api_endpoint}/invoices -d '{{"key": "{image}"}}'[/]
  [bold]curl '{cloud.api_endpoint}/invoices?status=recognized&limit=10'[/]
  [bold]curl {cloud.api_endpoint}/openapi.json[/]

An unreadable image gets a failure record: {bucket_url}/{DEFAULT_LAYOUT.failures_prefix}….json.
{_SEVERAL[recognition]}
Correct records in the browser: the address is below. Ctrl-C stops everything.
""",
        soft_wrap=True,
        emoji=False,
    )


_SEVERAL = {
    "quota": "For images with several invoices: make up RECOGNITION=auto",
    "auto": "An image may show several invoices (RECOGNITION=auto; billed per recognised ticket).",
}
