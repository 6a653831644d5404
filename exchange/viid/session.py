"""A registration with a GA/T 1400 platform: registered, kept alive, renewed, given up (注册保活).

Register answers 401 with a digest challenge (RFC 2617, MD5, qop=auth) and is repeated with the
response; all later calls carry `User-Identify`. A 401 on any of them means: register again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import requests
import structlog
from requests.auth import HTTPDigestAuth

from config.settings import ViidSettings
from exchange.http_failure import (
    BODY_REFUSED_STATUS,
    UNREACHABLE_STATUS,
    retry_after_s,
    unreachable,
)
from exchange.outcome import Deferred, Refused
from exchange.viid.reply import statuses

CONTENT_TYPE = "application/VIID+JSON"
REGISTER = "/VIID/System/Register"
KEEPALIVE = "/VIID/System/Keepalive"
UNREGISTER = "/VIID/System/UnRegister"

_log = structlog.get_logger()


class CallError(Exception):
    """A call came to nothing; `outcome` says whether what it carried is worth sending again."""

    def __init__(self, outcome: Deferred | Refused) -> None:
        super().__init__(outcome.error)
        self.outcome = outcome


class ViidSession:
    """Safe for use by several threads: one call at a time."""

    def __init__(self, settings: ViidSettings, timeout_s: float) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._url = settings.url.rstrip("/")
        self._http = requests.Session()
        self._lock = threading.RLock()
        self._registered = False
        self._stop = threading.Event()
        self._keeper: threading.Thread | None = None
        self._log = _log.bind(destination=settings.id)

    def open(self) -> None:
        """Register and keep alive from now on, in a thread; one that fails is tried again."""
        self._stop.clear()
        self._keeper = threading.Thread(target=self._keep_alive, name="viid-keepalive", daemon=True)
        self._keeper.start()

    def close(self) -> None:
        """Unregister, as well as can be done."""
        self._stop.set()
        if self._keeper is not None:
            self._keeper.join()
            self._keeper = None
        with self._lock:
            if self._registered:
                try:
                    self._call(UNREGISTER, {"UnRegisterObject": self._device()})
                except CallError as failure:
                    self._log.warning("viid.not_unregistered", error=str(failure))
                self._registered = False
            self._http.close()

    def post(self, path: str, body: dict[str, Any]) -> bytes:
        """POST `body`, registered; the reply's body.

        Raises:
            CallError: nobody answered, or not with 2xx.
        """
        return self._send("POST", path, body)

    def put(self, path: str, body: dict[str, Any]) -> bytes:
        """PUT `body`: what it holds replaces what was posted; as `post` otherwise."""
        return self._send("PUT", path, body)

    def _send(self, method: str, path: str, body: dict[str, Any]) -> bytes:
        with self._lock:
            if not self._registered:
                self._register()
            try:
                return self._call(path, body, method=method)
            except _NotRegisteredError:
                self._register()
                return self._call(path, body, method=method)

    def _keep_alive(self) -> None:
        wait_s = 0.0
        while not self._stop.wait(wait_s):
            wait_s = self._settings.keepalive_s
            try:
                self._keep_alive_once()
            except CallError as failure:
                self._log.warning("viid.not_registered", error=str(failure))
                wait_s = min(wait_s, 10.0)

    def _keep_alive_once(self) -> None:
        with self._lock:
            if not self._registered:
                self._register()
                return
            replied = statuses(self.post(KEEPALIVE, {"KeepaliveObject": self._device()}))
            if replied and replied[0].code != 0:
                # Some platforms say in the status what others say by 401.
                self._log.warning("viid.keepalive_refused", status=str(replied[0]))
                self._register()

    def _register(self) -> None:
        self._registered = False
        auth = HTTPDigestAuth(self._settings.username, self._settings.password.get_secret_value())
        replied = statuses(self._call(REGISTER, {"RegisterObject": self._device()}, auth))
        if replied and replied[0].code != 0:
            raise CallError(Deferred(f"registration refused: {replied[0]}", reached=False))
        self._registered = True
        self._log.info("viid.registered", device_id=self._settings.device_id)

    def _device(self) -> dict[str, str]:
        return {"DeviceID": self._settings.device_id}

    def _call(
        self,
        path: str,
        body: dict[str, Any],
        auth: Callable[[requests.PreparedRequest], requests.PreparedRequest] | None = None,
        method: str = "POST",
    ) -> bytes:
        headers = {"Content-Type": CONTENT_TYPE, "Accept": CONTENT_TYPE}
        if auth is None:
            headers["User-Identify"] = self._settings.device_id
        try:
            response = self._http.request(
                method,
                self._url + path,
                data=msgspec.json.encode(body),
                headers=headers,
                auth=auth,
                timeout=self._timeout_s,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise CallError(unreachable(error)) from error
        status = response.status_code
        if 200 <= status < 300:
            return response.content
        said = f"{path}: HTTP {status} {response.text[:200]}".strip().replace("\x00", "")
        if status == 401:
            self._registered = False
            if auth is None:
                raise _NotRegisteredError(Deferred(said, reached=False))
            raise CallError(Deferred(f"user name or password refused: {said}", reached=False))
        if status in BODY_REFUSED_STATUS and path != REGISTER:
            raise CallError(Refused(said))
        raise CallError(
            Deferred(
                said,
                reached=status not in UNREACHABLE_STATUS and path != REGISTER,
                retry_after_s=retry_after_s(response.headers, datetime.now(UTC)),
            )
        )


class _NotRegisteredError(CallError):
    """The platform does not know us, or not any more."""
