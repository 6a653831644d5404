"""The embedded PostgreSQL: our own child on a private data folder, loopback only."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import psycopg
import structlog
from psycopg import sql

from app.servers.child import Child, User
from app.servers.embedded import EmbeddedServer
from app.servers.errors import PortTakenError, ServerError
from app.servers.folder import FolderLock
from app.servers.ports import LOOPBACK, free_port, require_free
from app.servers.postgres_binaries import programs
from app.servers.unprivileged import prepare_folder

log = structlog.get_logger()

NAME = "PostgreSQL"
ROLE = DATABASE = "muckwatch"
SUPERUSER = "postgres"
SOCKET_PATH_LIMIT = 107  # bytes: sun_path of unix(7) less its terminator
PORT_ATTEMPTS = 5
# Modest: it shares a small machine with all the rest. Durability is the default, said aloud.
_SETTINGS = {
    "shared_buffers": "64MB",
    "max_connections": "60",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
}


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL on `data`, made on first use; a context manager to be entered in the main thread.

    Loopback TCP and a unix socket, each with SCRAM: the generated password is in `data/password`
    (mode 0600), for loopback alone would let every user of the machine in. The role `muckwatch`
    owns the database `muckwatch`, may create databases, and is no superuser (against accidents:
    the superuser `postgres` has the same password).

    As root, the server runs as the owner of `data`, or as `nobody` where that is root. Stopping is
    PostgreSQL's fast shutdown, also when we are killed; when both are, the next start recovers.
    """

    name = NAME

    def __init__(
        self,
        data: Path,
        port: int = 0,
        *,
        settings: Mapping[str, str] | None = None,
        start_timeout_s: float = 120,
    ) -> None:
        """Name the folder and the port (0: any free one); `settings` as in postgresql.conf."""
        super().__init__(data)
        self.port = port
        self._port_wanted = port
        self._settings = {**_SETTINGS, **(settings or {})}
        self._start_timeout_s = start_timeout_s
        self.socket_folder = self.data / "run"
        self.password = ""

    @property
    def url(self) -> str:
        """A libpq URL without the password, which is `password`."""
        return f"postgresql://{ROLE}@{LOOPBACK}:{self.port}/{DATABASE}"

    def __enter__(self) -> Self:
        """Start and wait until it answers.

        Raises:
            DataFolderTakenError: another instance runs on `data`.
            DataFolderClosedError: we are root and the server's user cannot reach `data`.
            PortTakenError: the port that was named is in use.
            ServerError: it did not start; the end of its log is in the message.
        """
        with contextlib.ExitStack() as stack:
            user = prepare_folder(self.data)
            lock = stack.enter_context(contextlib.closing(FolderLock(self.data, NAME)))
            if self._port_wanted:
                require_free(self._port_wanted, NAME)
            binaries = programs(self.data, user)
            self.password = self._password()
            if not (self.data / "pgdata" / "PG_VERSION").exists():
                self._create_cluster(binaries, user, lock)
            self._forget_dead_server()
            self.socket_folder = self._socket_folder(user, stack)
            stack.callback(self._stop)
            self._start(binaries, user, lock)
            self._create_database()
            self._cleanup = stack.pop_all()
        return self

    def _password(self) -> str:
        file = self.data / "password"
        try:
            return file.read_text("ascii").strip()
        except FileNotFoundError:
            password = secrets.token_urlsafe(24)
            partial = file.with_suffix(".partial")
            partial.unlink(missing_ok=True)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as out:
                out.write(password + "\n")
            partial.rename(file)
            return password

    def _create_cluster(self, binaries: Path, user: User | None, lock: FolderLock) -> None:
        partial = self.data / "pgdata.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        password = self.data / "password.initdb"
        password.touch(0o600)
        password.write_text(self.password, "ascii")
        if user is not None:
            os.chown(partial, user.uid, user.gid)
            os.chown(password, user.uid, user.gid)
        child = Child.start(
            [
                binaries / "initdb",
                "--pgdata",
                partial,
                "--username",
                SUPERUSER,
                "--pwfile",
                password,
                "--auth",
                "scram-sha-256",
                "--encoding",
                "UTF8",
                "--locale-provider",
                "builtin",
                "--builtin-locale",
                "C.UTF-8",
                "--locale",
                "C",
                "--no-instructions",
            ],
            name="initdb",
            log_file=self.data / "initdb.log",
            folder=self.data,
            user=user,
            keep_open=[lock.fileno()],
        )
        deadline = time.monotonic() + self._start_timeout_s
        while (code := child.exit_code()) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        password.unlink()
        if code is None:
            child.stop()
            raise ServerError(
                f"initdb took longer than {self._start_timeout_s:.0f} s on {self.data}"
            )
        if code != 0:
            child.require_running()
        partial.rename(self.data / "pgdata")

    def _forget_dead_server(self) -> None:
        """Remove the `postmaster.pid` of a server that was killed.

        PostgreSQL believes it whenever some process has that number again, as after a reboot or
        in a container. We hold the folder's lock, so no server of ours is meant; any other is
        looked for.
        """
        file = self.data / "pgdata" / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError):
            first = file.read_text("utf-8", "replace").partition("\n")[0].strip()
            with contextlib.suppress(OSError):
                if os.path.samefile(f"/proc/{int(first)}/cwd", self.data / "pgdata"):  # noqa: PTH121  no link is to be resolved by us
                    raise ServerError(
                        f"a {NAME} that we did not start (process {first}) runs on {self.data}"
                    )
            log.info("stale postmaster.pid removed", data=str(self.data), pid=first)
            file.unlink()

    def _socket_folder(self, user: User | None, stack: contextlib.ExitStack) -> Path:
        folder = self.data / "run"
        if len(os.fsencode(folder / ".s.PGSQL.65535.lock")) > SOCKET_PATH_LIMIT:
            # A path too long for a socket: a private folder in the system's own place for such.
            folder = Path(tempfile.mkdtemp(prefix="muckwatch-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if user is not None:
            os.chown(folder, user.uid, user.gid)
        return folder

    def _start(self, binaries: Path, user: User | None, lock: FolderLock) -> None:
        for attempt in range(1, PORT_ATTEMPTS + 1):
            self.port = self._port_wanted or free_port()
            settings = self._settings | {
                "listen_addresses": LOOPBACK,
                "port": str(self.port),
                "unix_socket_directories": str(self.socket_folder),
            }
            log_file = self.data / "postgres.log"
            logged = log_file.stat().st_size if log_file.exists() else 0
            self._child = Child.start(
                [
                    binaries / "postgres",
                    *("-D", self.data / "pgdata"),
                    *(
                        word
                        for name, value in settings.items()
                        for word in ("-c", f"{name}={value}")
                    ),
                ],
                name=NAME,
                log_file=log_file,
                folder=self.data,
                stop_signal=signal.SIGINT,
                user=user,
                keep_open=[lock.fileno()],
            )
            try:
                self._wait_until_it_answers(self._child)
            except ServerError as error:
                said = log_file.read_bytes()[logged:] if log_file.exists() else b""
                if b"Address already in use" not in said:
                    raise
                if self._port_wanted or attempt == PORT_ATTEMPTS:
                    raise PortTakenError(
                        f"{NAME}: port {self.port} on {LOOPBACK} is in use"
                    ) from error
            else:
                return

    def _wait_until_it_answers(self, child: Child) -> None:
        deadline = time.monotonic() + self._start_timeout_s
        while True:
            child.require_running()
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError as error:
                # A wrong password never gets better; recovery and start-up do.
                if time.monotonic() > deadline or "authentication failed" in str(error):
                    raise ServerError(f"{NAME} on {self.data} does not answer: {error}") from error
                time.sleep(0.05)
            else:
                return

    def _create_database(self) -> None:
        with self._connect("postgres") as connection:
            role = connection.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]
            ).fetchone()
            if role is None:
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                        sql.Identifier(ROLE), sql.Literal(self.password)
                    )
                )
            database = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if database is None:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(ROLE)
                    )
                )

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.socket_folder),  # not TCP: whoever else took the port would be asked
            port=self.port,
            dbname=database,
            user=SUPERUSER,
            password=self.password,
            connect_timeout=10,
            autocommit=True,
        )

    def _stop(self) -> None:
        if self._child is not None:
            # Fast shutdown, then immediate (the next start recovers): postgres(1), "Signals".
            self._child.stop((signal.SIGINT, 30), (signal.SIGQUIT, 10))
            self._child = None
