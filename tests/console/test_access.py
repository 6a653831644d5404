from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from config.settings import ConsoleSettings
from console.access import HEADERS, Access, UnsafeConsoleError, is_loopback, require_safe

PASSWORD = "geheim"


def client_of(password: str | None = PASSWORD, **settings: str) -> TestClient:
    app = FastAPI()

    @app.get("/thing")
    @app.get("/healthz")
    def thing() -> str:
        return "seen"

    @app.post("/thing")
    def change() -> str:
        return "changed"

    app.add_middleware(Access, settings=ConsoleSettings(password=password, **settings))
    return TestClient(app, base_url="http://127.0.0.1:8000")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "console.example"])  # noqa: S104  what is refused
@pytest.mark.parametrize("password", [None, ""])
def test_refuses_to_be_open_to_the_network_without_a_password(
    host: str, password: str | None
) -> None:
    with pytest.raises(UnsafeConsoleError, match="MUCKWATCH_CONSOLE__PASSWORD"):
        require_safe(ConsoleSettings(host=host, password=password))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_loopback_needs_no_password(host: str) -> None:
    require_safe(ConsoleSettings(host=host))
    assert is_loopback(host)


def test_a_password_opens_any_host() -> None:
    require_safe(ConsoleSettings(host="0.0.0.0", password="x"))  # noqa: S104  with a password it may


def test_asks_for_user_and_password() -> None:
    client = client_of()
    answer = client.get("/thing")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    for wrong in [("operator", "x"), ("other", "geheim"), ("", ""), ("operator", "geheim ")]:
        assert client.get("/thing", auth=wrong).status_code == 401
    for broken in ["Basic", "Basic !!!", "Bearer b3BlcmF0b3I6Z2VoZWlt", "Basic w6Q=="]:
        assert client.get("/thing", headers={"Authorization": broken}).status_code == 401
    assert client.get("/thing", auth=("operator", "geheim")).json() == "seen"


def test_a_password_may_be_chinese() -> None:
    client = client_of("渣土", username="值班员")
    assert client.get("/thing", auth=("值班员".encode(), "渣土".encode())).status_code == 200


def test_health_is_open_and_tells_nothing() -> None:
    assert client_of().get("/healthz").status_code == 200


def test_every_answer_carries_the_security_headers() -> None:
    client = client_of()
    for path, auth in [("/thing", None), ("/thing", ("operator", "geheim")), ("/nothing", None)]:
        answer = client.get(path, auth=auth)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        assert answer.headers["cache-control"] == "no-store"
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1:8000"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8000"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_changes_come_from_our_own_page_only(headers: dict[str, str], status: int) -> None:
    answer = client_of().post("/thing", auth=("operator", "geheim"), headers=headers)
    assert answer.status_code == status


def test_without_a_password_no_other_host_name_leads_here() -> None:
    client = client_of(None)
    assert client.get("/thing").status_code == 200
    assert client.get("/thing", headers={"Host": "localhost:8000"}).status_code == 200
    assert client.get("/thing", headers={"Host": "[::1]:8000"}).status_code == 200
    assert client.get("/thing", headers={"Host": "rebound.example:8000"}).status_code == 403
    assert client.get("/thing", headers={"Host": ""}).status_code == 403
