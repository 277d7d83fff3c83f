"""Tests use loopback only, end the processes that they start, and belong to a tier.

The tier is a marker that follows from the folder: ``functional``, ``infra`` and ``simulation`` by
the folders of these names, and ``unit`` for everything else, doctests included. Files that share a
costly fixture run in one process, and those that take long begin first. If a test is marked
``sampled(every=4)``, ``make test`` runs each fourth row of it, and the others are ``exhaustive``.
"""

from __future__ import annotations

import gc
import os
import signal
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from quota_invoice.errors import QuotaInvoiceError, RateLimited, StoreUnreachable
from tests.support.paths import ROOT

# A busy machine makes no test fail: drawing values may take long there.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")

# The caller's proxies and password file are not used.
for name in list(os.environ):
    if name.lower().endswith("_proxy"):
        del os.environ[name]
os.environ["NETRC"] = os.devnull
# No authority is trusted but those that a test names: each client of httpx would load the usual
# ones, which takes 20 ms.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = os.devnull
# A shell starts its background jobs with Ctrl-C ignored, and processes inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

TIERS = ("functional", "infra", "simulation")
# Files that run in one process, by the beginnings of their paths: their cloud, store, reader or
# stand-in for the provider is then started once.
TOGETHER = {
    "files": ("functional/review/files/",),
    "review": ("functional/review/",),
    "stage": ("infra/deployed/",),
    "reader": ("functional/ocr_service/test_reader", "functional/ocr_service/test_several"),
    "cloud": (
        "functional/ops/",
        "functional/handler/api/test_api_calls",
        "functional/handler/test_error_codes",
        "functional/handler/test_fallbacks",
        "functional/handler/test_faults",
        "functional/handler/test_formats",
        "functional/handler/test_secrets",
        "functional/handler/test_sweep_rounds",
        "functional/handler/test_temporary_names",
        "functional/handler/test_upload",
        "functional/accounting/test_packet",
        "functional/local/test_functiongraph",
    ),
}
# The groups and files that take longest: processes take them in this order, so that none is left
# with a long one at the end. Files that mostly wait stand between those that calculate.
LONG = (
    "review",
    "cloud",
    "files",
    "reader",
    "stage",
    "test_time_limits",
    "test_package",
    "test_memory",
    "test_fault_table",
    "test_pdf_pages",
    "test_packet",
    "test_leaks",
    "test_contract",
    "test_ledger_rows",
    "test_dying_parts",
    "test_histories",
    "test_conversion",
    "test_server",
    "test_local_cloud",
    "test_reviews",
    "test_attacks",
    "test_killed",
    "test_deploy",
    "test_choices",
    "test_up",
    "test_workbook",
    "test_erase",
    "test_former_state",
    "test_production",
    "test_index",
    "test_sandbox",
    "test_mutations",
    "test_request_counts",
    "test_drawing",
    "test_recognition",
)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def reads_once(run_folder: Path) -> tuple[str, ...]:
    """The OCR service of clouds under test: in all of them, the engine reads each picture once."""
    return "bench.soak.replay", str(run_folder / "readings")


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function's retries begin at once, in tests that are not about their pauses."""
    for kind in (QuotaInvoiceError, RateLimited, StoreUnreachable):
        monkeypatch.setattr(kind, "pause", 0.01)  # seconds


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Exclude the collected tests from garbage collection: all of them are needed to the end."""
    usual = gc.get_threshold()
    gc.set_threshold(0)  # not disabled: the function's entry point enables it again
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*usual)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A run of one tier does not import the tests in the folders of other tiers."""
    chosen = config.getoption("markexpr").removesuffix(" and not exhaustive")
    is_tier = collection_path.parent == ROOT / "tests" and collection_path.name in TIERS
    is_other = is_tier and chosen in {"unit", *TIERS} and collection_path.name != chosen
    return True if is_other else None  # None: other plugins decide


class TogetherScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Gives each process whole groups of files; another file is a group of its own.

    It replaces the scheduler that ``--dist`` names.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)  # also without xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> TogetherScheduling:
    return TogetherScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rows: Counter[str] = Counter()
    for item in items:
        item.add_marker(_tier(item.path))
        if sampled := item.get_closest_marker("sampled"):
            function = item.nodeid.partition("[")[0]
            if rows[function] % sampled.kwargs["every"]:
                item.add_marker(pytest.mark.exhaustive)
            rows[function] += 1
    items.sort(key=lambda item: _rank(item.nodeid.partition("::")[0]))


@cache
def _tier(file: Path) -> pytest.MarkDecorator:
    root, *folders = file.relative_to(ROOT).parts
    name = folders[0] if root == "tests" and folders[0] in TIERS else "unit"
    mark: pytest.MarkDecorator = getattr(pytest.mark, name)
    return mark


@cache
def _group(file: str) -> str:
    """Return the name of a file's group; its path if it has none."""
    place = file.removeprefix("tests/")
    return next((name for name, starts in TOGETHER.items() if place.startswith(starts)), file)


@cache
def _rank(file: str) -> int:
    names = (_group(file), Path(file).stem)
    return next((LONG.index(name) for name in names if name in LONG), len(LONG))
