"""A real database with an evening in it, and the console on it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.servers.ports import free_port
from config.settings import ConsoleSettings, DatabaseSettings, Settings
from console.application import create_app
from store.database import connect
from tests.console.world import World, destinations_of
from tests.databases import fresh_database

USER = ("operator", "渣土 pass")


@pytest.fixture
def database(embedded: DatabaseSettings, migrated: str) -> Iterator[DatabaseSettings]:
    with fresh_database(embedded, migrated) as url:
        yield DatabaseSettings(url=url)


@pytest.fixture
def world(database: DatabaseSettings) -> Iterator[World]:
    with connect(database) as conn:
        yield World(conn)


@pytest.fixture
def settings(database: DatabaseSettings) -> Settings:
    console = ConsoleSettings(username=USER[0], password=USER[1])
    return Settings(database=database, console=console)


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    return create_app(settings, destinations_of)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        client.auth = httpx_auth()
        yield client


def httpx_auth() -> tuple[bytes, bytes]:
    """User and password as bytes: httpx would send a text as Latin-1."""
    return USER[0].encode(), USER[1].encode()


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application behind a real HTTP server; its address."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_config=None, timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)
