"""Creates the ASGI application of the service, with its routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import httpx
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from ocr_service.auth.keyring import Credentials, FileKeyring, Keyring, Keyrings, StaticKeyring
from ocr_service.auth.tokens import utc_now
from ocr_service.decode.sandbox import Sandbox
from ocr_service.fetch import Fetcher
from ocr_service.http.connections import Connections
from ocr_service.http.middleware import EXCEPTION_HANDLERS, RequestMiddleware
from ocr_service.metrics import Metrics
from ocr_service.reader_pool import Reader, ReaderPool
from ocr_service.readiness import Readiness
from ocr_service.service import Service
from ocr_service.settings import Settings


def make_app(  # noqa: PLR0913, PLR0917 - tests replace the parts with defaults
    settings: Settings,
    reader: Reader,
    keyring: Keyring | None = None,
    clock: Callable[[], datetime] = utc_now,
    sandbox: Sandbox | None = None,
    connections: Connections | None = None,
    readiness: Readiness | None = None,
) -> ASGIApp:
    """Create the ASGI application; without a ``keyring``, it uses the settings' credentials.

    The application closes the ``sandbox`` when it stops. The server has ``connections`` and
    ``readiness``; the application shows them.
    """
    readiness = readiness or Readiness()
    sandbox = sandbox or Sandbox(settings.workers, settings.decode_seconds)
    fetcher = Fetcher(_transport(settings), settings.allow_hosts, settings.max_seconds)
    pages = Sandbox(1, settings.page_seconds)
    waiting_pages = max(1, settings.concurrency // 2)
    readers = ReaderPool(reader, sandbox, pages, settings.workers, waiting_pages)
    metrics = Metrics()
    keyring = keyring or _keyring(settings)
    service = Service(settings, keyring, fetcher, readers, readiness, metrics, clock)
    _measure(metrics, service, readers, connections, readiness)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        readers.start()
        yield
        await service.close()

    ocr = "/v2/{project_id}/ocr"
    routes = [
        Route(f"{ocr}/quota-invoice", service.quota_invoice, methods=["POST"]),
        Route(f"{ocr}/auto-classification", service.auto_classification, methods=["POST"]),
        Route("/v3/auth/tokens", service.token, methods=["POST"]),
        Route("/healthz", service.health),
        Route("/readyz", service.ready),
        Route("/metrics", service.metrics),
        Route("/openapi.json", service.description),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # a redirected POST would lose its body
    return RequestMiddleware(app, routes, metrics.observe, readiness)


def _measure(
    metrics: Metrics,
    service: Service,
    readers: ReaderPool,
    connections: Connections | None,
    readiness: Readiness,
) -> None:
    """Add the numbers of the parts to ``metrics``."""
    admission = service.admission
    metrics.gauge("ready", "1 until a stop begins.", lambda: not readiness.is_stopping)
    metrics.gauge("slots_used", "Authenticated requests in work.", admission.slots.used)
    metrics.gauge("images_waiting", "Images that wait for a reader.", readers.workers.waiting)
    metrics.gauge(
        "pending_bodies", "Bodies that are not authenticated yet.", admission.pending.count
    )
    metrics.total(
        "given_up_bodies", "Such bodies given up for others.", lambda: admission.pending.evicted
    )
    metrics.total(
        "wrong_credentials",
        "Wrong tokens, signatures and passwords.",
        lambda: admission.failures.total,
    )
    metrics.total(
        "interrupted_decoders", "Decoding processes that were killed or hung.", readers.interrupted
    )
    if connections is not None:
        metrics.gauge("connections", "Open connections.", connections.count)
        metrics.total(
            "evicted_connections",
            "Connections closed for others at a limit.",
            lambda: connections.evicted,
        )


def _keyring(settings: Settings) -> Keyring:
    fixed = [Credentials(settings.ak, settings.sk)] if settings.ak else []
    rings: list[Keyring] = [StaticKeyring(fixed)]
    if settings.key_file:
        rings.append(FileKeyring(settings.key_file))
    return Keyrings(*rings)


def _transport(settings: Settings) -> httpx.AsyncHTTPTransport:
    """Create the transport for image URLs: without proxies or kept connections."""
    context = httpx.create_ssl_context(trust_env=False)
    if settings.ca_file:
        context.load_verify_locations(settings.ca_file)
    limits = httpx.Limits(max_connections=settings.concurrency, max_keepalive_connections=0)
    return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)
