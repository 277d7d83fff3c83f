"""Lets in people of the team only: checks Host, Origin and token of each request.

A person's address holds a token that works once: it is exchanged for a cookie, and the person gets
another address for another browser.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accounting.review.context import ReviewContext
from accounting.review.pages import error_page
from accounting.review.texts import LANGUAGES, language_of

_SAFE_METHODS = ("GET", "HEAD")
_OPEN = "/static/"  # files of the project itself, which error pages need
_OWN_SITES = (None, "same-origin", "none")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_YEAR = 365 * 24 * 3600


class Team:
    """The people who may use the page, their tokens and their cookies; none of these is logged.

    Args:
        names: the people's names.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._names_of_tokens: dict[bytes, str] = {}
        self._names_of_cookies: dict[bytes, str] = {}

    def new_token(self, name: str) -> str:
        """Return a token that lets a person in once."""
        return _remember(self._names_of_tokens, name)

    def exchange(self, token: str) -> tuple[str, str] | None:
        """Return the name and the new cookie of the person who has a token; it works once."""
        name = self._names_of_tokens.pop(_digest(token), None)
        return (name, _remember(self._names_of_cookies, name)) if name else None

    def name_of(self, cookie: str) -> str | None:
        """Return the name of the person who has a cookie."""
        return self._names_of_cookies.get(_digest(cookie))


def _remember(names: dict[bytes, str], name: str) -> str:
    secret = secrets.token_urlsafe(32)
    names[_digest(secret)] = name
    return secret


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


class Guard:
    """The outermost layer: refuses requests, and sets the headers of each answer.

    Args:
        app: the page.
        context: the context; each request gets it with its own person and language.
        team: the people.
        port: the port of the page's own URLs.
        on_enter: called with the name of a person who came in with a token.
    """

    def __init__(
        self,
        app: ASGIApp,
        context: ReviewContext,
        team: Team,
        port: int,
        on_enter: Callable[[str], None],
    ) -> None:
        self._app = app
        self._context = context
        self._team = team
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"}
        self._cookie = f"review-{port}"
        self._on_enter = on_enter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope, receive)
        name = self._team.name_of(request.cookies.get(self._cookie, ""))
        language = language_of(request.cookies, request.headers.get("accept-language", ""))
        scope["review"] = replace(self._context, reviewer=name or "", language=language)
        answer = self._refusal(request) or self._redirect(request, name)
        if answer is None and not name and not request.url.path.startswith(_OPEN):
            answer = error_page(request, 401, "shell.no_token")
        await (answer or self._app)(scope, receive, send_guarded)

    def _refusal(self, request: Request) -> Response | None:
        """Return the answer to a request that another site may have caused."""
        headers = request.headers
        if headers.getlist("host") not in [[host] for host in self._hosts]:
            # The page would have links to the wrong place.
            return Response("wrong Host\n", 421, media_type="text/plain")
        if _is_foreign(request.method, headers):
            return error_page(request, 403, "shell.foreign")
        return None

    def _redirect(self, request: Request, name: str | None) -> Response | None:
        """Return the answer to a URL with a token or a language: the URL without it."""
        if request.method != "GET":
            return None
        query = parse_qsl(request.url.query, keep_blank_values=True)
        wishes = {key: value for key, value in query if key in {"token", "language"}}
        if not wishes:
            return None
        rest = urlencode([pair for pair in query if pair[0] not in wishes])
        answer = RedirectResponse(f"{_local_path(request)}{'?' if rest else ''}{rest}", 303)
        if wishes.get("language") in LANGUAGES:
            answer.set_cookie(
                "language", wishes["language"], max_age=_YEAR, httponly=True, samesite="strict"
            )
        if "token" in wishes:
            entered = self._team.exchange(wishes["token"])
            if entered is None and not name:
                return error_page(request, 401, "shell.used_token")
            if entered is not None:
                # Lax: a person may click the address in a web mail. Requests that change something
                # are checked by their Origin.
                answer.set_cookie(self._cookie, entered[1], httponly=True, samesite="lax")
                self._on_enter(entered[0])
        return answer


def _is_foreign(method: str, headers: Headers) -> bool:
    """Whether another site may have caused a request."""
    own = f"http://{headers['host']}"
    if headers.get("origin", own) != own:
        return True
    site = headers.get("sec-fetch-site")
    if method not in _SAFE_METHODS:
        return "origin" not in headers or site not in {None, "same-origin"}
    return site not in _OWN_SITES and headers.get("sec-fetch-mode") != "navigate"


def _local_path(request: Request) -> str:
    """Return the path of a URL as it was sent; two slashes at its start would name a host."""
    raw = request.scope.get("raw_path") or b"/"
    return "/" + raw.decode("ascii", "ignore").lstrip("/\\")
