"""The routes of this part."""

from __future__ import annotations

from starlette.routing import Route

ROUTES: list[Route] = []
