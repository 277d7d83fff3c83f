"""The routes of this part."""

from __future__ import annotations

from starlette.routing import Route

from accounting.review.files.exports import (
    cancel_job,
    download,
    show_exports,
    show_job,
    show_jobs,
    start_job,
)
from accounting.review.files.failures import retry_failure, show_failure
from accounting.review.files.uploads import check_upload, put_upload, show_outcomes, show_uploads

ROUTES: list[Route] = [
    Route("/uploads", show_uploads),
    Route("/uploads/outcomes", show_outcomes),
    Route("/uploads/check", check_upload, methods=["POST"]),
    Route("/uploads/{name:path}", put_upload, methods=["PUT"]),
    Route("/failures/{key:path}/retry", retry_failure, methods=["POST"]),
    Route("/failures/{key:path}", show_failure),
    Route("/jobs", show_exports),
    Route("/jobs/all", show_jobs),
    Route("/jobs/{kind}", start_job, methods=["POST"]),
    Route("/jobs/{id}", show_job),
    Route("/jobs/{id}/cancel", cancel_job, methods=["POST"]),
    Route("/jobs/{id}/file", download),
]
