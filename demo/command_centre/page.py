"""The command centre's page: the newest messages first."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta, timezone
from html import escape
from importlib.resources import files
from string import Template

from demo.command_centre.received import Message, Received

CHINA = timezone(timedelta(hours=8))

_TEMPLATE = Template(files(__package__).joinpath("page.html").read_text("utf-8"))
_EVENTS: dict[str, str] = tomllib.loads(
    files(__package__).joinpath("names.toml").read_text("utf-8")
)["event"]


def render(received: Received) -> str:
    """HTML; everything that came over the wire is escaped."""
    rows = "\n".join(_row(message) for message in reversed(received.newest))
    counts = received.summary()
    return _TEMPLATE.substitute(
        rows=rows,
        received=counts["received"],
        distinct=counts["distinct"],
        invalid=counts["invalid"],
    )


def _row(message: Message) -> str:
    data = message.body["data"]
    cells = (
        _local_time(str(data.get("started_at", ""))),
        _EVENTS.get(message.type, message.type),
        _name(data.get("kind_name"), message.kind),
        _name(data.get("severity_name"), str(data.get("severity", ""))),
        str(data.get("vehicle_id") or data.get("camera_id") or ""),
        _place(data.get("lon"), data.get("lat")),
    )
    style = ' class="serious"' if data.get("severity") == "serious" else ""
    return f"<tr{style}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _local_time(text: str) -> str:
    """RFC 3339 as a clock in China shows it; anything else as it came."""
    try:
        return datetime.fromisoformat(text).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return text


def _place(*degrees: object) -> str:
    return ", ".join(f"{d:.5f}" if isinstance(d, float) else str(d) for d in degrees)


def _name(names: object, otherwise: str) -> str:
    return str(names.get("zh", otherwise)) if isinstance(names, dict) else otherwise
