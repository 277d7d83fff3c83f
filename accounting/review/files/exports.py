"""The requests for ledgers and packets: start, progress, cancel, download."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from accounting.review.context import context_of
from accounting.review.files.jobs import FORMATS, Job, JobState, choice_of, jobs_of
from accounting.review.pages import render
from accounting.review.queue.filters import Filters
from accounting.review.texts import texts

_LONGEST_FORM = 8192  # bytes
_MB = 1_000_000


async def show_exports(request: Request) -> Response:
    """Show the page with the buttons for a selection."""
    return render(request, "files/exports.html", filters=Filters.of(request.query_params))


async def start_job(request: Request) -> Response:
    """Start a ledger or packet of a selection."""
    kind = request.path_params["kind"]
    body = await request.body()
    form = parse_qs(body[:_LONGEST_FORM].decode("utf-8", "replace"))
    chosen = Filters.of({name: found[0] for name, found in form.items()})
    ending = (form.get("ending") or [""])[0]
    if kind not in FORMATS:
        raise HTTPException(404)
    if chosen.month != (form.get("month") or [""])[0]:  # else the file would have all months
        raise HTTPException(422)
    if ending not in FORMATS[kind]:
        ending = FORMATS[kind][0]
    context = context_of(request)
    choice = choice_of(chosen.prefix, chosen.month, context.bucket.layout.input_prefix)
    jobs = await run_in_threadpool(context.part, jobs_of)
    return _shown(request, jobs.start(kind, choice, ending), 202)


async def show_jobs(request: Request) -> Response:
    """Show all jobs: a page that is opened again has lost its own list."""
    jobs = await run_in_threadpool(context_of(request).part, jobs_of)
    shown = [_shown(request, job) for job in jobs.all()]
    return Response(b"".join(bytes(each.body) for each in shown), media_type="text/html")


async def show_job(request: Request) -> Response:
    """Show the state of a job."""
    return _shown(request, _job(request))


async def cancel_job(request: Request) -> Response:
    """Stop a job."""
    job = _job(request)
    context_of(request).part(jobs_of).cancel(job)
    return _shown(request, job)


async def download(request: Request) -> Response:
    """Send the file of a job."""
    job = _job(request)
    if job.state is not JobState.DONE:
        raise HTTPException(404)
    return FileResponse(job.path, filename=job.path.name)


def _job(request: Request) -> Job:
    job = context_of(request).part(jobs_of).job(request.path_params["id"])
    if job is None:
        raise HTTPException(404)
    return job


def _shown(request: Request, job: Job, status: int = 200) -> Response:
    step = f"files.step.{job.step}"
    return render(
        request,
        "files/job.html",
        status,
        job=job,
        step=step if step in texts() else "files.step.other",
        size=_size(job),
    )


def _size(job: Job) -> str:
    """Return the size of a job's file in words."""
    size = job.path.stat().st_size if job.state is JobState.DONE else 0
    return f"{size / 1e6:.1f} MB" if size >= _MB else f"{size / 1e3:.0f} KB"
