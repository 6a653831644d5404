"""Webhooks to a command centre, as Standard Webhooks has it (https://www.standardwebhooks.com).

What an answer means:

| answer | what happens |
|---|---|
| 2xx | delivered |
| 410 | failed for good, and the destination is left alone until the delivery is started anew |
| 400, 413, 414, 415, 422 | failed for good: the same body would be refused again |
| 502, 503, 504, timeout, no connection | tried again; the whole destination rests meanwhile |
| all else (3xx, 401, 403, 404, 408, 429, 500 …) | tried again: a set-up somebody can put right |
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import requests
from requests.adapters import HTTPAdapter
from standardwebhooks import Webhook
from urllib3.exceptions import HTTPError

from config.settings import WebhookSettings
from exchange.http_failure import (
    BODY_REFUSED_STATUS,
    UNREACHABLE_STATUS,
    retry_after_s,
    unreachable,
)
from exchange.outcome import Deferred, Delivered, Outcome, Refused
from exchange.sender import EvidenceOf
from exchange.webhook_body import webhook_body
from store.outbox import OutboxEntry

GONE = 410
WIDTH = 4  # requests at once to one receiver
KEPT_OF_RESPONSE = 500  # bytes


class WebhookSender:
    """Sends entries to one receiver, several alerts at once."""

    batch = 4 * WIDTH  # one claim and one commit for so many

    def __init__(self, settings: WebhookSettings, timeout_s: float, public_url: str = "") -> None:
        self.destination = settings.id
        self._url = settings.url
        self._timeout_s = timeout_s
        self._public_url = public_url
        self._signer = Webhook(settings.secret.get_secret_value())
        self._session = requests.Session()
        self._session.mount("http://", HTTPAdapter(pool_maxsize=WIDTH))
        self._session.mount("https://", HTTPAdapter(pool_maxsize=WIDTH))
        self._threads = ThreadPoolExecutor(WIDTH, thread_name_prefix=f"webhook-{settings.id}")

    def open(self) -> None:
        """Nothing to take up: HTTP."""

    def send(self, entries: Sequence[OutboxEntry], evidence_of: EvidenceOf) -> list[Outcome]:
        """Pictures are not sent but linked; `evidence_of` is not called."""
        del evidence_of
        return list(self._threads.map(self._send_one, entries))

    def close(self) -> None:
        self._session.close()

    def _send_one(self, entry: OutboxEntry) -> Outcome:
        try:
            body = webhook_body(entry, self._public_url)
        except (KeyError, ValueError, TypeError) as error:
            return Refused(f"cannot be rendered: {type(error).__name__}: {error}")
        now = datetime.now(UTC)
        message_id = str(entry.outbox_id)
        try:
            with self._session.post(
                self._url,
                data=body,
                headers={
                    "content-type": "application/json",
                    "user-agent": "muckwatch",
                    "webhook-id": message_id,
                    "webhook-timestamp": str(int(now.timestamp())),
                    "webhook-signature": self._signer.sign(message_id, now, body.decode()),
                },
                timeout=self._timeout_s,
                allow_redirects=False,  # a redirect would carry the alert to another host
                stream=True,  # an endless answer is not read
            ) as response:
                return judge(response, _start_of(response), now)
        except requests.RequestException as error:
            return unreachable(error)


def _start_of(response: requests.Response) -> bytes:
    try:
        return response.raw.read(KEPT_OF_RESPONSE, decode_content=True) or b""
    except (HTTPError, OSError):
        return b""  # the status has come: an answer that breaks off after it changes nothing


def judge(response: requests.Response, start: bytes, now: datetime) -> Outcome:
    """What the answer means, by the table above. `start` is the beginning of its body."""
    status = response.status_code
    text = start.decode("utf-8", "replace").replace("\x00", "").strip()
    said = f"HTTP {status} {text}".strip()
    if 200 <= status < 300:
        return Delivered(said)
    if status == GONE:
        return Refused(said, gone=True)
    if status in BODY_REFUSED_STATUS:
        return Refused(said)
    return Deferred(
        said,
        reached=status not in UNREACHABLE_STATUS,
        retry_after_s=retry_after_s(response.headers, now),
    )
