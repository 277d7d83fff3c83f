"""Pages from templates, and the URLs in them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from accounting.review.texts import LANGUAGES, Translator, texts

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
_KEYS = ".keys."


def render(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401 - any value that a template shows
    """Return a page or a fragment of one.

    A template has, besides its values: ``t`` (see ``Translator``), ``language``, ``reviewer``
    (empty when the person is unknown), ``invoice_url``, ``failure_url`` and ``image_url``. All
    values are escaped.
    """
    context = request.scope["review"]
    translator = Translator(context.language)
    page = _environment().get_template(template)
    content = page.render(
        t=translator,
        language=context.language,
        reviewer=context.reviewer,
        script_texts=json.dumps(translator.for_scripts()).replace("<", "\\u003c"),
        key_groups=_key_groups(),
        languages=_language_links(request),
        **values,
    )
    return HTMLResponse(content, status)


def error_page(request: Request, status: int, text: str) -> HTMLResponse:
    """Return the page of an error, in the words of the text with this key."""
    return render(request, "shell/error.html", status, text=text, code=status)


def invoice_url(key: str, place: int = 1) -> str:
    """Return the URL of one invoice.

    >>> invoice_url("incoming/2026/发 票.jpg", 2)
    '/invoices/incoming%2F2026%2F%E5%8F%91%20%E7%A5%A8.jpg?place=2'
    """
    return f"/invoices/{quote(key, safe='')}?place={place}"


def failure_url(key: str) -> str:
    """Return the URL of an input that could not be read."""
    return f"/failures/{quote(key, safe='')}"


def image_url(key: str, page: int = 1) -> str:
    """Return the URL of one page of an input as an image."""
    return f"/images/{quote(key, safe='')}?page={page}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "invoice_url": invoice_url,
        "failure_url": failure_url,
        "image_url": image_url,
    }
    return made


@cache
def _key_groups() -> dict[str, list[str]]:
    """Return the texts of the key overlay by part: ``queue.keys.j`` explains the key ``j``."""
    groups: dict[str, list[str]] = {}
    for key in texts():
        part, found, _ = key.partition(_KEYS)
        if found:
            groups.setdefault(part, []).append(key)
    return groups


def _language_links(request: Request) -> list[tuple[str, str]]:
    """Return the languages and their URLs, which lead back to this page."""
    path = request.scope["raw_path"].decode("ascii")  # encoded: a key may have a % of its own
    links = (request.url.include_query_params(language=language) for language in LANGUAGES)
    return [
        (language, f"{path}?{link.query}") for language, link in zip(LANGUAGES, links, strict=True)
    ]
