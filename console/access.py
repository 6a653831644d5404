"""Who may ask, and what every answer carries: HTTP Basic, same origin, security headers."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.settings import ConsoleSettings

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Asked by a supervisor that has no password; they tell nothing of the district."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "media-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class UnsafeConsoleError(ValueError):
    """The console would be open to the network without a password."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def require_safe(settings: ConsoleSettings) -> None:
    """Check that nobody but this machine reaches a console without a password.

    Raises:
        UnsafeConsoleError: it would listen beyond loopback with none, or an empty one, set.
    """
    password = settings.password.get_secret_value() if settings.password else ""
    if not password and not is_loopback(settings.host):
        raise UnsafeConsoleError(
            f"console.password is not set, and console.host {settings.host!r} is reachable from "
            "the network: set a password (MUCKWATCH_CONSOLE__PASSWORD or a secret file), "
            "or listen on 127.0.0.1"
        )


class Access:
    """ASGI middleware; sets `scope["state"]["operator"]` for those it lets through."""

    def __init__(self, app: ASGIApp, settings: ConsoleSettings) -> None:
        require_safe(settings)
        self._app = app
        self._username = settings.username
        password = settings.password.get_secret_value() if settings.password else ""
        self._expected = f"{settings.username}:{password}".encode() if password else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None:
            scope.setdefault("state", {})["operator"] = self._username
            await self._app(scope, receive, send_with_headers)
        else:
            await refusal(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        if scope["path"] in OPEN_PATHS:
            return None
        if self._expected is None:
            # Without a password only pages of this machine may ask: a foreign page could otherwise
            # point its own host name at 127.0.0.1 and read along (DNS rebinding).
            if not is_loopback(_host_of(headers.get("host", ""))):
                return _refuse(403, "without a password the console answers on loopback only")
        elif not self._knows(headers.get("authorization", "")):
            return _refuse(
                401,
                "user name and password, please",
                {"WWW-Authenticate": 'Basic realm="muckwatch", charset="UTF-8"'},
            )
        if scope["method"] not in {"GET", "HEAD"} and not _same_origin(headers):
            return _refuse(403, "requests from other sites are refused")
        return None

    def _knows(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            given = b""
        assert self._expected is not None  # noqa: S101  checked by the caller, for mypy
        return secrets.compare_digest(given, self._expected) and scheme.lower() == "basic"


def _same_origin(headers: Headers) -> bool:
    """Whether a browser sent this from our own page; what is no browser sends neither header.

    Browsers add Sec-Fetch-Site only on trustworthy origins, hence Origin for plain HTTP.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


def _host_of(header: str) -> str:
    return urlsplit(f"//{header}").hostname or ""


def _refuse(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": detail}, status, headers)
