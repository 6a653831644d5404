"""The view library's HTTP side, as GA/T 1400.4 has it, and GET /summary."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from fastapi import FastAPI, Request, Response

from demo.viid_platform.digest import Digest
from demo.viid_platform.platform import OK, Platform

CONTENT_TYPE = "application/VIID+JSON"
CHINA = timezone(timedelta(hours=8))
INVALID_FORMAT = 7


def create_app(username: str, password: str, platform: Platform) -> FastAPI:
    digest = Digest(username, password)
    app = FastAPI(title="GA/T 1400 platform", openapi_url=None)

    @app.post("/VIID/System/Register")
    async def register(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not digest.holds(given, "POST", request.url.path):
            return Response(status_code=401, headers={"WWW-Authenticate": digest.challenge()})
        device_id = await _device_id(request, "RegisterObject")
        if device_id is None:
            return _reply(_status(request, "", INVALID_FORMAT, "RegisterObject lacks DeviceID"))
        platform.register(device_id)
        return _reply(_status(request, device_id, OK, "OK"))

    @app.post("/VIID/System/Keepalive")
    async def keep_alive(request: Request) -> Response:
        device_id = _user(request)
        if not platform.knows(device_id):
            return Response(status_code=401)
        if await _device_id(request, "KeepaliveObject") != device_id:
            return _reply(_status(request, device_id, INVALID_FORMAT, "DeviceID is another"))
        platform.keep_alive(device_id)
        return _reply(_status(request, device_id, OK, "OK"))

    @app.post("/VIID/System/UnRegister")
    async def unregister(request: Request) -> Response:
        device_id = _user(request)
        if not platform.knows(device_id):
            return Response(status_code=401)
        platform.unregister(device_id)
        return _reply(_status(request, device_id, OK, "OK"))

    @app.get("/VIID/System/Time")
    async def time(request: Request) -> Response:
        if not platform.knows(_user(request)):
            return Response(status_code=401)
        answer = {
            "VIIDServerID": "32041200005030000001",
            "TimeMode": "1",
            "LocalTime": _now(),
            "TimeZone": "UTC+08:00",
        }
        return _json({"SystemTimeObject": answer})

    async def each(request: Request, act: Callable[[dict[str, Any]], tuple[int, str]]) -> Response:
        """A status of each vehicle of the request's list."""
        if not platform.knows(_user(request)):
            return Response(status_code=401)
        items = _items(await request.body())
        if items is None:
            return Response(status_code=400)
        statuses = []
        for item in items:
            code, text = act(item)
            statuses.append(_status(request, str(item.get("MotorVehicleID", "")), code, text))
        return _json({"ResponseStatusListObject": {"ResponseStatusObject": statuses}})

    @app.post("/VIID/MotorVehicles")
    async def motor_vehicles(request: Request) -> Response:
        return await each(request, platform.take)

    @app.put("/VIID/MotorVehicles")
    async def amended(request: Request) -> Response:
        return await each(request, platform.amend)

    @app.get("/summary")
    async def summary() -> dict[str, int]:
        return platform.summary()

    return app


def _user(request: Request) -> str:
    return request.headers.get("user-identify", "")


async def _device_id(request: Request, envelope: str) -> str | None:
    try:
        body = json.loads(await request.body())
    except ValueError:
        return None
    holder = body.get(envelope) if isinstance(body, dict) else None
    device_id = holder.get("DeviceID") if isinstance(holder, dict) else None
    return device_id if isinstance(device_id, str) and device_id else None


def _items(body: bytes) -> list[dict[str, Any]] | None:
    """The objects of a MotorVehicleListObject; None when the envelope is not sound."""
    try:
        items = json.loads(body)["MotorVehicleListObject"]["MotorVehicleObject"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return None
    return items


def _status(request: Request, id_: str, code: int, text: str) -> dict[str, Any]:
    return {
        "RequestURL": request.url.path,
        "StatusCode": code,
        "StatusString": text,
        "Id": id_,
        "LocalTime": _now(),
    }


def _reply(status: dict[str, Any]) -> Response:
    return _json({"ResponseStatusObject": status})


def _json(body: dict[str, Any]) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), media_type=CONTENT_TYPE)


def _now() -> str:
    return datetime.now(CHINA).strftime("%Y%m%d%H%M%S")
