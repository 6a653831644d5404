"""`muckwatch demo`: embedded servers, the pretend world, and every role, on this machine alone.

The pretend world runs as processes of its own that speak only MQTT, RTSP and HTTP, so what is seen
has walked the production path.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import requests
import structlog

from app.demo_summary import summarise, wait_until_quiet
from app.roles import Role, prepare
from app.servers.errors import PortTakenError
from app.servers.nats import EmbeddedNats
from app.servers.ports import LOOPBACK, free_port, require_free
from app.servers.postgres import EmbeddedPostgres
from app.supervisor import Supervisor
from config.demo_district import folder as demo_district
from config.settings import Settings

log = structlog.get_logger()

WORLD_READY_S = 180.0
CLIPS_READY_S = 600.0
VIID_DEVICE_ID = "32041200005030000001"
"""Region 320412 (Wujin), a view library (503): standards.md's form of a device id."""
VIID_USER = "muckwatch"


@dataclass(frozen=True, slots=True)
class DemoPorts:
    console: int
    command_centre: int
    viid_platform: int
    rtsp: int
    metrics: Mapping[Role, int]

    @classmethod
    def choose(cls, console: int | None) -> DemoPorts:
        return cls(
            console=_console_port(console),
            command_centre=free_port(),
            viid_platform=free_port(),
            rtsp=free_port(),
            metrics={role: free_port() for role in (Role.PIPELINE, Role.VISION, Role.DELIVERY)},
        )

    def metrics_of(self, role: Role) -> dict[str, str]:
        """The setting that gives one role its own metrics port; the console serves its own."""
        port = self.metrics.get(role)
        return {} if port is None else {"MUCKWATCH_METRICS_PORT": str(port)}


def run_demo(
    *,
    seconds: float | None,
    summary: Path | None,
    data: Path | None,
    console_port: int | None,
    seed: int,
    say: Callable[[str], None],
) -> None:
    """Run until Ctrl-C or for `seconds` from the moment the page is up; then write the summary.

    Args:
        data: where database, messages and logs are kept; None is a folder that goes with the demo.
        say: what the person at the terminal is told.

    Raises:
        app.servers.errors.ServerError: an embedded server could not start.
        RuntimeError: a part of the demo did not come up; names it and its log.
    """
    with contextlib.ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="muckwatch-demo-")))
            data.chmod(0o711)  # under root the database runs as another user, who has to pass
        data = data.resolve()
        data.mkdir(parents=True, exist_ok=True)
        say("PostgreSQL …")
        postgres = stack.enter_context(EmbeddedPostgres(data / "postgres"))
        say("NATS (MQTT) …")
        nats = stack.enter_context(EmbeddedNats(data / "nats"))
        ports = DemoPorts.choose(console_port)
        environment, settings = _environment(data, postgres, nats, ports)
        prepare(settings)
        supervisor = stack.enter_context(Supervisor(data / "logs", environment))
        say("演示片段 Clips (rendered the first time) …")
        broker = _start_world(supervisor, data, settings, ports, seed)
        for role in Role:
            supervisor.start(
                role.value, "app", "serve", role.value, environment=ports.metrics_of(role)
            )
        console = f"http://{LOOPBACK}:{ports.console}"
        metrics_of_vision = f"http://{LOOPBACK}:{ports.metrics[Role.VISION]}/metrics"
        centre = f"http://{LOOPBACK}:{ports.command_centre}"
        for url in (f"{console}/readyz", metrics_of_vision, f"{centre}/summary"):
            _wait_until_up(url, supervisor)
        _begin_timetable(supervisor, data, broker)
        say(f"监控页面 Console          {console}")
        say(f"指挥中心 Command centre   {centre}")
        say(f"日志 Logs                 {data / 'logs'}")
        say("Ctrl-C 结束 to stop" if seconds is None else f"{seconds:g} s …")
        supervisor.watch(seconds)
        if summary is not None:
            # The world falls silent first, so that what is counted no longer grows.
            supervisor.stop("fleet")
            supervisor.stop("cameras")
            metrics = f"http://{LOOPBACK}:{ports.metrics[Role.PIPELINE]}/metrics"
            wait_until_quiet(metrics)
            done = summarise(
                settings.database,
                metrics,
                centre,
                f"http://{LOOPBACK}:{ports.viid_platform}",
            )
            summary.write_text(json.dumps(done, ensure_ascii=False, indent=2) + "\n", "utf-8")
            say(json.dumps(done, ensure_ascii=False))


def _environment(
    data: Path, postgres: EmbeddedPostgres, nats: EmbeddedNats, ports: DemoPorts
) -> tuple[dict[str, str], Settings]:
    """The environment of every child, and the same settings for ourselves.

    Passwords are made anew for each start and handed over in the environment of the children.
    """
    webhook_secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    viid_password = secrets.token_urlsafe(18)
    _write_secret(data / "webhook-secret", webhook_secret)
    _write_secret(data / "viid-password", viid_password)
    webhook = {
        "id": "command-centre",
        "url": f"http://{LOOPBACK}:{ports.command_centre}/",
        "secret": webhook_secret,
    }
    viid = {
        "url": f"http://{LOOPBACK}:{ports.viid_platform}",
        "device_id": VIID_DEVICE_ID,
        "username": VIID_USER,
        "password": viid_password,
    }
    own = {
        "MUCKWATCH_SITE": str(demo_district()),
        "MUCKWATCH_EVIDENCE__URL": f"file:{data / 'evidence'}",
        "MUCKWATCH_DATABASE__URL": postgres.url,
        "MUCKWATCH_DATABASE__PASSWORD": postgres.password,
        "MUCKWATCH_MQTT__HOST": LOOPBACK,
        "MUCKWATCH_MQTT__PORT": str(nats.mqtt_port),
        "MUCKWATCH_DELIVERY__WEBHOOKS": json.dumps([webhook]),
        "MUCKWATCH_DELIVERY__VIID": json.dumps(viid),
        "MUCKWATCH_CONSOLE__HOST": LOOPBACK,
        "MUCKWATCH_CONSOLE__PORT": str(ports.console),
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MUCKWATCH_")}
    os.environ.update(own)
    return kept | own, Settings()


def _write_secret(path: Path, secret: str) -> None:
    path.touch(mode=0o600)
    path.write_text(secret, "utf-8")


def _start_world(
    supervisor: Supervisor, data: Path, settings: Settings, ports: DemoPorts, seed: int
) -> list[str]:
    """All but the fleet; returns when the clips that come first are rendered.

    Returns:
        How the fleet is told of the broker and the site.

    Raises:
        RuntimeError: the clips are not there in time.
    """
    broker = [
        "--mqtt-host", settings.mqtt.host, "--mqtt-port", str(settings.mqtt.port),
        "--root", settings.mqtt.root, "--site", str(settings.site), "--seed", str(seed),
    ]  # fmt: skip
    clips = platformdirs.user_cache_path("muckwatch") / "clips"
    supervisor.start(
        "command-centre", "demo.command_centre",
        "--port", str(ports.command_centre), "--secret-file", str(data / "webhook-secret"),
    )  # fmt: skip
    supervisor.start(
        "viid-platform", "demo.viid_platform",
        "--port", str(ports.viid_platform), "--username", VIID_USER,
        "--password-file", str(data / "viid-password"),
    )  # fmt: skip
    ready, began = data / "clips-ready", data / "timetable-began"
    for old in (ready, began):  # of an earlier demonstration
        old.unlink(missing_ok=True)
    supervisor.start(
        "cameras", "demo.cameras", "--rtsp-port", str(ports.rtsp), "--clips", str(clips),
        "--ready-file", str(ready), "--began-file", str(began), *broker,
    )  # fmt: skip
    for _ in _every(0.2, CLIPS_READY_S):
        if ready.is_file() or supervisor.stop_asked.is_set():
            return broker
    raise RuntimeError(f"no clips within {CLIPS_READY_S:g} s; see {supervisor.logs}")


def _begin_timetable(supervisor: Supervisor, data: Path, broker: list[str]) -> None:
    """Clips and fleet go by one timetable from now on."""
    part = data / "timetable-began.part"
    part.write_text(f"{time.time()}", "ascii")
    began = part.replace(data / "timetable-began")
    supervisor.start("fleet", "demo.fleet", "--began", began.read_text("ascii"), *broker)


def _wait_until_up(url: str, supervisor: Supervisor) -> None:
    for _ in _every(0.3, WORLD_READY_S):
        if supervisor.stop_asked.is_set():
            return
        with contextlib.suppress(requests.RequestException):
            if requests.get(url, timeout=2).ok:
                return
    raise RuntimeError(f"{url} did not come up in {WORLD_READY_S:g} s; see {supervisor.logs}")


def _every(pause_s: float, at_most_s: float) -> Iterator[None]:
    end = time.monotonic() + at_most_s
    while time.monotonic() < end:
        yield
        time.sleep(pause_s)


def _console_port(asked: int | None) -> int:
    """The port asked for; 8000 where none was, or any free one where that is taken.

    Raises:
        PortTakenError: the port asked for is in use.
    """
    if asked == 0:
        return free_port()
    try:
        require_free(asked or 8000, "console")
    except PortTakenError:
        if asked is None:
            return free_port()
        raise
    return asked or 8000
