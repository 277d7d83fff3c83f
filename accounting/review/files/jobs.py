"""Ledgers and packets that are made in the background, one at a time, each as a file."""

from __future__ import annotations

import calendar
import re
import secrets
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path

from accounting.errors import AccountingError, EmptyChoice
from accounting.ledger.make import write_ledger
from accounting.ledger.query import Choice
from accounting.progress import Notice
from accounting.review.context import ReviewContext
from accounting.review.queue.index import open_index
from quota_invoice.errors import StoreError
from quota_invoice.invoice.fields import day_in_china

FORMATS = {"ledger": (".xlsx", ".csv"), "packet": (".zip",)}
"""The kinds of jobs, and the endings of their files; the first one is the usual one."""
_MOST_KEPT = 12  # jobs; the files of older ones are removed
_NOT_IN_NAMES = re.compile(r"[^\w-]+")


class JobState(Enum):
    """The state of a job, by its word in the page's texts."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class _Cancelled(Exception):
    """A person stopped the job."""


@dataclass
class Job:
    """One ledger or packet.

    Attributes:
        kind: ``ledger`` or ``packet``.
        choice: the selection.
        path: the file, which is there when the job is done.
        state: the state.
        step: the present step, by its name in ``Notice``.
        done: the objects that the step has dealt with.
        total: all of them, or None if unknown.
        problem: the key of the text that tells why the job failed.
        detail: more words on it, in English.
        is_cancelled: whether a person stopped it; it ends soon.
    """

    kind: str
    choice: Choice
    path: Path
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    state: JobState = JobState.WAITING
    step: str = ""
    done: int = 0
    total: int | None = None
    problem: str = ""
    detail: str = ""
    is_cancelled: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in {JobState.WAITING, JobState.RUNNING}

    def notice(self, step: str, done: int, total: int | None) -> None:
        """Take the progress.

        Raises:
            _Cancelled: the job is to stop.
        """
        if self.is_cancelled:
            raise _Cancelled
        self.step, self.done, self.total = step, done, total


Make = Callable[[Job, Notice], None]
"""Writes the file of a job, and tells its progress."""


class Jobs:
    """The jobs of this server; their files are in a folder that only its owner can read.

    Args:
        folder: removed when the server stops; left over by a killed one, it is emptied.
        make: writes a job's file.
    """

    def __init__(self, folder: Path, make: Make) -> None:
        self._folder = folder
        self._make = make
        self._jobs: dict[str, Job] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="jobs")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)

    def start(self, kind: str, choice: Choice, ending: str) -> Job:
        """Start a job."""
        name = _file_name(kind, choice)
        identifier = secrets.token_hex(8)
        job = Job(kind, choice, self._folder / identifier / f"{name}{ending}", identifier)
        self._jobs[job.id] = job
        over = [each for each in self._jobs.values() if each.is_over]
        for old in over[: max(0, len(self._jobs) - _MOST_KEPT)]:
            del self._jobs[old.id]
            shutil.rmtree(old.path.parent, ignore_errors=True)
        self._pool.submit(self._run, job)
        return job

    def job(self, identifier: str) -> Job | None:
        """Return a job; None if there is none, or no more."""
        return self._jobs.get(identifier)

    def all(self) -> list[Job]:
        """Return the jobs whose files are kept, the latest one first."""
        return list(self._jobs.values())[::-1]

    def cancel(self, job: Job) -> None:
        """Stop a job; one that writes its file ends when that is done."""
        job.is_cancelled = True
        if job.state is JobState.WAITING:
            job.state = JobState.CANCELLED

    def close(self) -> None:
        """Stop all jobs and remove their files."""
        for job in self._jobs.values():
            job.is_cancelled = True
        self._pool.shutdown(cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, job: Job) -> None:
        if job.is_cancelled:
            job.state = JobState.CANCELLED
            return
        job.state = JobState.RUNNING
        try:
            job.path.parent.mkdir(mode=0o700)
            self._make(job, job.notice)
            job.notice(job.step, job.done, job.total)
            job.state = JobState.DONE
        except _Cancelled:
            job.state = JobState.CANCELLED
        except EmptyChoice:
            job.problem, job.state = "empty", JobState.FAILED
        except AccountingError as error:
            job.problem, job.detail, job.state = "refused", str(error), JobState.FAILED
        except StoreError:
            job.problem, job.state = "bucket", JobState.FAILED
        except Exception as error:  # noqa: BLE001 - the page has to tell of a defect, too
            job.problem, job.detail, job.state = "fault", type(error).__name__, JobState.FAILED
        finally:
            if job.state is not JobState.DONE:
                with suppress(OSError):
                    shutil.rmtree(job.path.parent)


def jobs_of(context: ReviewContext) -> Jobs:
    """Return the jobs over a context's bucket."""

    def make(job: Job, notice: Notice) -> None:
        with context.part(open_index).cache() as cache:
            if job.kind == "packet":
                # The PDF library takes 25 MB, which a page without packets does not need.
                from accounting.packet.make import write_packet  # noqa: PLC0415

                write_packet(cache, context.bucket, job.choice, job.path, notice)
                return
            made = write_ledger(cache, context.bucket, job.choice, job.path, notice)
            if not made.reconciliation.inputs:
                raise EmptyChoice(job.choice.prefix)

    return Jobs(context.folder / "jobs", make)


def choice_of(prefix: str, month: str, input_prefix: str) -> Choice:
    """Return a selection of the page: the inputs below a path, of a month or of all times.

    ``month``: one that ``Filters`` accepts, or empty.

    >>> chosen = choice_of("2026/", "2026-02", "incoming/")
    >>> chosen.prefix, str(chosen.since), str(chosen.until)
    ('incoming/2026/', '2026-02-01', '2026-02-28')
    """
    since = until = None
    if month:
        since = date.fromisoformat(f"{month}-01")
        until = since.replace(day=calendar.monthrange(since.year, since.month)[1])
    start = f"{input_prefix}{prefix.removeprefix(input_prefix)}"
    return Choice(start, since, until, day_in_china())


def _file_name(kind: str, choice: Choice) -> str:
    """Return the name of a job's file without its ending.

    >>> _file_name("ledger", choice_of("2026/财务/", "2026-02", "incoming/"))
    'ledger-2026-02-2026-财务'
    """
    folder = _NOT_IN_NAMES.sub("-", choice.prefix.partition("/")[2]).strip("-")[:60]
    month = f"{choice.since:%Y-%m}" if choice.since else ""
    return "-".join(part for part in (kind, month, folder) if part)
