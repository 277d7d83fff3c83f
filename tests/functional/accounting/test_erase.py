"""Erasure of inputs from a real object store, with and without versions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from obs import ObsClient
from typer.testing import CliRunner

from accounting.__main__ import app
from accounting.erasure.versions import open_versions
from accounting.ledger.cache import open_cache
from local.bucket.bucket import LocalBucket
from quota_invoice.invoice.duplicates import hash_of_key
from quota_invoice.recognition.reading import Api, Reading, Recognition
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.records.record import recognized
from quota_invoice.settings.layout import DEFAULT_LAYOUT as LAYOUT
from quota_invoice.sweep.round import Round, RoundState, state_key
from tests.support.fakes import RESULT
from tests.support.ledger.record_store import invoice

NAME = "invoices"
KEY = "incoming/2026/李 a+b%.jpg"
SECRET = "91234567"


@pytest.fixture(scope="module", params=["", "Enabled"], ids=["no versions", "versions"])
def store(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[LocalBucket]:
    bucket = LocalBucket(NAME, tmp_path_factory.mktemp("store"), None)
    try:
        bucket.wait()
        if request.param:
            assert bucket.client().setBucketVersioning(NAME, request.param).status == 200
        yield bucket
    finally:
        bucket.stop()


@pytest.fixture
def client(store: LocalBucket) -> ObsClient:
    """The owner's client of the bucket, which is emptied."""
    versioned = open_versions(environment(store))
    for version in list(versioned.listing("")):
        versioned.remove(version)
    return store.client()


def environment(store: LocalBucket) -> dict[str, str]:
    return {
        "HW_ACCESS_KEY": store.owner.access_key,
        "HW_SECRET_KEY": store.owner.secret_key,
        **store.settings(),
    }


def objects_of(key: str) -> dict[str, dict[str, Any]]:
    """All objects that the function may make for an input."""
    mark = sha256(key.encode()).hexdigest()[:32]
    source = {"key": key, "etag": "e"}
    record = {"status": "recognized", "source": source, "invoices": [invoice(number=SECRET)]}
    return {
        key: {"image": SECRET},
        LAYOUT.record_key(key): record,
        LAYOUT.failure_key(key): record,
        LAYOUT.progress_key(key): record,
        LAYOUT.retry_key(key, 1): record,
        LAYOUT.history_key(key, "0123456789abcdef0123456789abcdef"): record,
        f"{LAYOUT.reviews_folder(key)}20261122T000000.000000Z-0123abcd.json": {"key": key},
        f"index/144031909110/{SECRET}/20261122T000030Z-{mark}": source,
    }


def put(client: ObsClient, *keys: str) -> None:
    for key in keys:
        for name, content in objects_of(key).items():
            assert client.putContent(NAME, name, json.dumps(content)).status == 200


def read_invoice(store: LocalBucket, client: ObsClient, key: str) -> None:
    """Upload an input, and write its record as the function does."""
    assert client.putContent(NAME, key, key).status == 200
    objects = open_versions(environment(store)).bucket.store
    source = objects.describe(NAME, key)
    assert source
    reading = Reading(Api.QUOTA_INVOICE, {1: Recognition(RESULT, "r", 1)}, 1)
    record = AppearanceIndex(objects, LAYOUT).add(source, recognized(source, reading, region="r"))
    objects.write(NAME, LAYOUT.record_key(key), record)


def texts(store: LocalBucket) -> str:
    """The contents of all versions of all records."""
    versioned = open_versions(environment(store))
    contents = [versioned.read(version) for version in versioned.listing("")]
    return json.dumps(contents, ensure_ascii=False)


def everything(store: LocalBucket) -> set[str]:
    return {version.key for version in open_versions(environment(store)).listing("")}


def fill_caches(folder: Path) -> None:
    """Fill the caches of the ledger and of the review page."""
    for name in ("ledger", "review"):
        with open_cache(folder / name, NAME) as cache:
            cache.begin_listing()
            cache.add_listed("listed", [(KEY, SECRET, "")])


def erase(store: LocalBucket, cache: Path, *options: str, answer: str = "") -> Any:
    caches = ["--cache", str(cache / "ledger"), "--review-cache", str(cache / "review")]
    arguments = ["erase", *options, *caches]
    return CliRunner().invoke(app, arguments, env=environment(store), input=answer)


def test_nothing_is_left_of_an_erased_input(
    store: LocalBucket, client: ObsClient, tmp_path: Path
) -> None:
    neighbours = [f"{KEY}{end}" for end in (".png", ".0123.jpg", "/below.jpg", ".1.json")]
    neighbours += ["incoming/2026/李 a+b%", "incoming/other.jpg"]
    put(client, KEY, *neighbours)
    put(client, KEY)  # a second version of each
    client.deleteObject(NAME, LAYOUT.progress_key(KEY))  # a version and a marker are left
    fill_caches(tmp_path)
    result = erase(store, tmp_path, "--key", KEY)
    assert result.exit_code == 0, result.output
    assert everything(store) == {name for key in neighbours for name in objects_of(key)}
    assert KEY in result.output
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in left if SECRET.encode() in path.read_bytes()] == []


def test_an_input_that_was_removed_before_is_erased_as_well(
    store: LocalBucket, client: ObsClient, tmp_path: Path
) -> None:
    put(client, KEY)
    client.deleteObject(NAME, KEY)
    assert erase(store, tmp_path, "--key", KEY).exit_code == 0
    assert everything(store) == set()


def test_a_correction_that_was_removed_before_is_erased_as_well(
    store: LocalBucket, client: ObsClient, tmp_path: Path
) -> None:
    put(client, KEY)
    [review] = [name for name in objects_of(KEY) if name.startswith(LAYOUT.reviews_prefix)]
    client.deleteObject(NAME, review)
    assert erase(store, tmp_path, "--key", KEY).exit_code == 0
    assert everything(store) == set()


@pytest.mark.parametrize("option", ["--key", "--prefix"])
def test_a_mistyped_key_erases_nothing_and_says_so(
    store: LocalBucket, client: ObsClient, tmp_path: Path, option: str
) -> None:
    put(client, KEY)
    fill_caches(tmp_path)
    cached = {path for path in tmp_path.rglob("*") if path.is_file()}
    result = erase(store, tmp_path, option, "2026/typo.jpg", answer="y\n")
    assert result.exit_code == 1
    assert "nothing was found of incoming/2026/typo.jpg" in result.output
    assert everything(store) == set(objects_of(KEY))
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == cached


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("name", ["ledger", "review"])
def test_nothing_is_printed_or_erased_while_another_command_uses_a_cache(
    store: LocalBucket, client: ObsClient, tmp_path: Path, name: str
) -> None:
    put(client, KEY)
    fill_caches(tmp_path)
    cached = {path for path in tmp_path.rglob("*") if path.is_file()}
    code = (
        "import sys; from pathlib import Path; from accounting.ledger.cache import open_cache\n"
        f"with open_cache(Path(sys.argv[1]), {NAME!r}): print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(  # noqa: S603 - this Python, with the program above
        [sys.executable, "-c", code, str(tmp_path / name)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"open\n"
        result = erase(store, tmp_path, "--key", KEY)
        other.communicate()
    assert result.exit_code == 2
    assert "close the review page" in " ".join(result.output.split())
    assert KEY not in result.output
    assert everything(store) == set(objects_of(KEY))
    assert cached <= {path for path in tmp_path.rglob("*") if path.is_file()}


@pytest.mark.parametrize("is_removed", [False, True], ids=["present", "removed before"])
def test_other_records_of_the_invoice_no_longer_name_an_erased_input(
    store: LocalBucket, client: ObsClient, tmp_path: Path, *, is_removed: bool
) -> None:
    first, second, third = keys = sorted(
        [f"incoming/2026/{name}.jpg" for name in ("王小明", "b", "c")], key=hash_of_key
    )  # uploads of one second have this order
    for key in keys:
        read_invoice(store, client, key)
    records = open_versions(environment(store)).bucket.store
    former = records.read(NAME, LAYOUT.record_key(second)) or {}
    records.write(NAME, LAYOUT.history_key(second, "0123456789abcdef"), former)
    assert former["invoices"][0]["duplicate_of"] == first
    if is_removed:  # as by an erasure that was stopped: only entries of the index are left
        for name in (first, LAYOUT.record_key(first)):
            client.deleteObject(NAME, name)
    result = erase(store, tmp_path, "--key", first)
    assert result.exit_code == 0, result.output
    assert LAYOUT.record_key(third) in result.output
    assert first not in texts(store)
    [now] = (records.read(NAME, LAYOUT.record_key(second)) or {})["invoices"]
    [later] = (records.read(NAME, LAYOUT.record_key(third)) or {})["invoices"]
    assert now["duplicate_of"] is None
    assert later["duplicate_of"] == second
    assert "duplicate" not in {each["code"] for each in now["findings"]}


def test_a_sweep_no_longer_continues_after_an_erased_input(
    store: LocalBucket, client: ObsClient, tmp_path: Path
) -> None:
    put(client, KEY)
    for name in ("", "-failures"):
        state = RoundState(
            open_versions(environment(store)).bucket.store, NAME, state_key(LAYOUT, name)
        )
        state.stop(Round(KEY, "", ""), KEY)
        state.stop(Round(KEY, "", ""), KEY if name else "incoming/other.jpg")
    assert erase(store, tmp_path, "--key", KEY).exit_code == 0
    assert KEY not in texts(store)


def test_several_inputs_are_erased_after_asking(
    store: LocalBucket, client: ObsClient, tmp_path: Path
) -> None:
    gone, other = "incoming/2026/gone.jpg", "incoming/2025/a.jpg"
    put(client, KEY, gone, other)
    client.deleteObject(NAME, gone)
    before = everything(store)
    refused = erase(store, tmp_path, "--prefix", "2026/", answer="n\n")
    assert refused.exit_code == 1
    assert everything(store) == before
    assert erase(store, tmp_path, "--prefix", "2026/", answer="y\n").exit_code == 0
    assert everything(store) == set(objects_of(other))


def traces_of_several(start: str) -> dict[str, Any]:
    """Return one trace of each kind, each of another input whose key begins like this."""
    kinds = range(1, len(objects_of(start)))  # without the inputs themselves
    return dict(list(objects_of(f"{start}{kind}.jpg").items())[kind] for kind in kinds)


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(
    "start",
    [KEY.removesuffix(".jpg"), "incoming/2026/" + 16 * f"{20 * '长'}/" + "a", "incoming/2026/../a"],
    ids=["plain", "long", "resolvable"],
)
def test_a_prefix_reaches_a_removed_input_by_any_of_its_traces(
    store: LocalBucket, client: ObsClient, tmp_path: Path, start: str
) -> None:
    other = "incoming/2025/a.jpg"
    put(client, other)
    kept = everything(store)
    remaining = traces_of_several(start)
    assert len(remaining) == len(objects_of(other)) - 1
    for prefix in ("2026/", start):
        for name, content in remaining.items():
            assert client.putContent(NAME, name, json.dumps(content)).status == 200
        result = erase(store, tmp_path, "--prefix", prefix, "--yes")
        assert result.exit_code == 0, result.output
        assert everything(store) == kept


@pytest.mark.parametrize("options", [(), ("--key", "a", "--prefix", "b")])
def test_one_of_key_and_prefix_is_named(
    store: LocalBucket, tmp_path: Path, options: tuple[str, ...]
) -> None:
    result = erase(store, tmp_path, *options)
    assert result.exit_code == 2
    assert "KEY=…" in result.output
