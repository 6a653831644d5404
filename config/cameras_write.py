"""Writes cameras back into `cameras.toml`; what is not theirs in the file stays as it was."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping

from config.camera import Camera, CameraZoneKind
from config.datum import Datum, point_from_wgs84

_CAMERA = re.compile(r"^\s*\[\[\s*[\"']?camera[\"']?\s*\]\]\s*(#.*)?$", re.MULTILINE)


def with_cameras(content: bytes, cameras: Mapping[str, Camera], datum: Datum) -> bytes:
    """The file with these cameras in place of those of the same id, each as a table of its own.

    Comments inside a camera that is replaced are lost, all else is kept byte for byte.

    Raises:
        ValueError: `content` is no TOML in UTF-8, or its cameras are not tables `[[camera]]`.
    """
    text = content.decode("utf-8-sig")
    known = [str(entry.get("id")) for entry in tomllib.loads(text).get("camera", [])]
    starts = [match.start() for match in _CAMERA.finditer(text)]
    if len(starts) != len(known):
        raise ValueError("cameras.toml: the cameras are not tables [[camera]]")
    parts = [text[: starts[0]] if starts else text]
    for number, (camera_id, start) in enumerate(zip(known, starts, strict=True)):
        last = number + 1 == len(starts)
        block = text[start:] if last else text[start : starts[number + 1]]
        camera = cameras.get(camera_id)
        parts.append(
            block if camera is None else camera_toml(camera, datum) + ("" if last else "\n")
        )
    return "".join(parts).encode()


def camera_toml(camera: Camera, datum: Datum) -> str:
    """One `[[camera]]` with its zones and ground points; places in `datum`."""
    lon, lat = point_from_wgs84(datum, camera.lon, camera.lat)
    lines = ["[[camera]]", f"id = {_text(camera.id)}", f"name = {_text(camera.name)}"]
    if camera.stream_url:
        lines.append(f"stream_url = {_text(camera.stream_url)}")
    lines += [f"lon = {_number(lon)}", f"lat = {_number(lat)}"]
    if camera.heading_deg is not None:
        lines.append(f"heading_deg = {_number(camera.heading_deg)}")
    lines.append(f"role = {_text(camera.role.value)}")
    if camera.site_zone is not None:
        lines.append(f"site_zone = {_text(camera.site_zone)}")
    for zone in camera.zones:
        lines += ["", "[[camera.zone]]", f"id = {_text(zone.id)}"]
        lines += [f"kind = {_text(zone.kind.value)}", f"points = {_points(zone.points)}"]
        if zone.kind is CameraZoneKind.GATE_LINE:
            lines.append(f"inside = {_text(zone.inside.value)}")
    for point in camera.ground_points:
        lon, lat = point_from_wgs84(datum, point.lon, point.lat)
        lines += [
            "",
            "[[camera.ground_point]]",
            f"x = {_number(point.x)}",
            f"y = {_number(point.y)}",
        ]
        lines += [f"lon = {_number(lon)}", f"lat = {_number(lat)}"]
    return "\n".join(lines) + "\n"


def _points(points: Iterable[tuple[float, float]]) -> str:
    return "[" + ", ".join(f"[{_number(x)}, {_number(y)}]" for x, y in points) + "]"


def _number(value: float) -> str:
    """Seven digits: a centimetre of the earth, and less than a pixel of any picture."""
    return repr(round(float(value), 7))


def _text(text: str) -> str:
    """A basic string: JSON's escapes are TOML's too (TOML 1.0, "String"), but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
