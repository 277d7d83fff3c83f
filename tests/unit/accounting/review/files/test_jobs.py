"""Jobs run one at a time, can be stopped, and leave no file behind."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from accounting.bucket import Bucket
from accounting.errors import AccountingError, EmptyChoice
from accounting.progress import Notice
from accounting.review.context import ReviewContext
from accounting.review.files.jobs import Job, Jobs, JobState, Make, choice_of
from quota_invoice.errors import StoreUnreachable

CHOICE = choice_of("2026/", "2026-11", "incoming/")
SECONDS = 30


def write(job: Job, notice: Notice) -> None:
    notice("writing", 0, None)
    job.path.write_bytes(b"made")


class _Closes:
    """A shared part that waits at its end for a thread which asks for another part."""

    def __init__(self, context: ReviewContext) -> None:
        self.context = context

    def close(self) -> None:
        asking = threading.Thread(target=self.context.part, args=(object_of,), daemon=True)
        asking.start()
        asking.join(SECONDS)
        assert not asking.is_alive()


def object_of(_: ReviewContext) -> object:
    return object()


def test_a_page_stops_while_a_job_asks_for_the_index(tmp_path: Path) -> None:
    context = ReviewContext(cast("Bucket", None), tmp_path, 0.9)
    context.part(_Closes)
    context.close()


class Held:
    """Makes a job's file when it is let go; until then, the job runs."""

    def __init__(self) -> None:
        self.started, self.let_go = threading.Event(), threading.Event()

    def __call__(self, job: Job, notice: Notice) -> None:
        job.path.write_bytes(b"a part")
        self.started.set()
        assert self.let_go.wait(SECONDS)
        notice("writing", 1, 2)
        job.path.write_bytes(b"made")


@contextmanager
def running(folder: Path, make: Make) -> Iterator[Jobs]:
    jobs = Jobs(folder / "jobs", make)
    try:
        yield jobs
    finally:
        jobs.close()


def wait(jobs: Jobs) -> None:
    """Wait until all jobs are over: a job that is started now would be the next one."""
    last = jobs.start("ledger", CHOICE, ".csv")
    while not last.is_over:
        threading.Event().wait(0.01)


def test_a_job_makes_a_file_for_its_owner_only(tmp_path: Path) -> None:
    with running(tmp_path, write) as jobs:
        job = jobs.start("packet", CHOICE, ".zip")
        wait(jobs)
        assert (job.state, job.path.name) == (JobState.DONE, "packet-2026-11-2026.zip")
        assert job.path.read_bytes() == b"made"
        assert jobs.job(job.id) is job
        for folder in (tmp_path / "jobs", job.path.parent):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not (tmp_path / "jobs").exists()


def test_a_job_that_runs_is_stopped_at_its_next_step(tmp_path: Path) -> None:
    held = Held()
    with running(tmp_path, held) as jobs:
        job = jobs.start("ledger", CHOICE, ".csv")
        assert held.started.wait(SECONDS)
        jobs.cancel(job)
        assert job.state is JobState.RUNNING
        held.let_go.set()
        wait(jobs)
        assert (job.state, job.path.exists()) == (JobState.CANCELLED, False)


def test_a_job_that_waits_is_stopped_at_once(tmp_path: Path) -> None:
    held = Held()
    with running(tmp_path, held) as jobs:
        first = jobs.start("ledger", CHOICE, ".csv")
        assert held.started.wait(SECONDS)
        second = jobs.start("ledger", CHOICE, ".csv")
        states = [second.state]
        jobs.cancel(second)
        assert [*states, second.state] == [JobState.WAITING, JobState.CANCELLED]
        held.let_go.set()
        wait(jobs)
        assert (first.state, second.state) == (JobState.DONE, JobState.CANCELLED)


@pytest.mark.parametrize(
    ("error", "problem", "detail"),
    [
        (EmptyChoice("incoming/"), "empty", ""),
        (AccountingError("a.png is in the archive"), "refused", "a.png is in the archive"),
        (StoreUnreachable("Store.Unreachable", "list: no route"), "bucket", ""),
        (ZeroDivisionError("secret"), "fault", "ZeroDivisionError"),
    ],
)
def test_an_error_is_told_in_words_and_leaves_no_file(
    tmp_path: Path, error: Exception, problem: str, detail: str
) -> None:
    def fail(job: Job, notice: Notice) -> None:
        write(job, notice)
        raise error

    with running(tmp_path, fail) as jobs:
        job = jobs.start("ledger", CHOICE, ".csv")
        wait(jobs)
        assert (job.state, job.problem, job.detail) == (JobState.FAILED, problem, detail)
        assert not job.path.parent.exists()


def test_files_of_a_server_that_was_killed_are_removed(tmp_path: Path) -> None:
    left = tmp_path / "jobs" / "0" / "ledger.csv"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"texts of invoices")
    with running(tmp_path, write):
        assert not left.exists()


def test_only_the_last_jobs_are_kept(tmp_path: Path) -> None:
    with running(tmp_path, write) as jobs:
        first = jobs.start("ledger", CHOICE, ".csv")
        for _ in range(15):
            wait(jobs)
        assert jobs.job(first.id) is None
        assert not first.path.exists()
        assert len(list((tmp_path / "jobs").iterdir())) <= 12


def test_closing_stops_the_job_that_runs(tmp_path: Path) -> None:
    held = Held()
    jobs = Jobs(tmp_path / "jobs", held)
    job = jobs.start("ledger", CHOICE, ".csv")
    assert held.started.wait(SECONDS)
    threading.Timer(0.05, held.let_go.set).start()
    jobs.close()
    assert (job.state, (tmp_path / "jobs").exists()) == (JobState.CANCELLED, False)
