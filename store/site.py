"""The site in the database: the folder seeds it, after that the database is the truth."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from config.site import Site
from config.site_files import load_site
from store.database import Connection
from store.errors import translated
from store.sql import query


def seed_site_files(conn: Connection, files: Mapping[str, bytes]) -> bool:
    """Store the files if the database has none; whether it did."""
    with translated("seeding the site"), conn.transaction():
        conn.execute(query("lock_site"))
        if conn.execute(query("site_is_empty")).fetchone() != (True,):
            return False
        _put(conn, files)
        return bool(files)


def read_site_files(conn: Connection) -> dict[str, bytes]:
    """File name -> content; empty when none was ever stored."""
    with translated("reading the site"):
        return {name: bytes(content) for name, content in conn.execute(query("site_files"))}


def write_site_files(conn: Connection, files: Mapping[str, bytes]) -> None:
    """Make these the site's files, others go; `NOTIFY site` at commit."""
    with translated("writing the site"), conn.transaction():
        conn.execute(query("lock_site"))
        _put(conn, files)
        conn.execute(query("delete_site_files_but"), {"names": list(files)})


def read_site(conn: Connection) -> Site:
    """The site as it is in the database; the same object as long as its files are the same.

    Raises:
        SiteError: what is stored is no sound site, or nothing is; with every problem in it.
    """
    return _site_of(tuple(sorted(read_site_files(conn).items())))


@lru_cache(maxsize=2)
def _site_of(files: tuple[tuple[str, bytes], ...]) -> Site:
    """Kept, since requests ask for the site again and again: 5,000 roads take 0.3 s to read."""
    return load_site(dict(files))


def _put(conn: Connection, files: Mapping[str, bytes]) -> None:
    with conn.cursor() as cursor:
        cursor.executemany(
            query("put_site_file"), [{"name": n, "content": c} for n, c in files.items()]
        )
    conn.execute(query("notify"), {"channel": "site", "payload": ""})
