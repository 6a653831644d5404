"""The site in the database: every file of the folder, byte for byte, and the site they make."""

from __future__ import annotations

import pytest

from config.demo_district import folder
from config.site_files import FILES, SiteError, read_site_folder
from store.database import Connection
from store.site import read_site, read_site_files, seed_site_files, write_site_files


def test_a_site_comes_back_as_it_was_written(conn: Connection) -> None:
    files = read_site_folder(folder())
    assert set(files) == set(FILES)
    seed_site_files(conn, files)
    assert read_site_files(conn) == files
    site = read_site(conn)
    assert len(site.rounds) == 4
    assert len(site.mountings) == 4
    assert site.roads["n00-n10"].speed_limit_kmh == 50


def test_it_is_read_anew_when_a_file_changed(conn: Connection) -> None:
    files = read_site_folder(folder())
    seed_site_files(conn, files)
    before = read_site(conn)
    assert read_site(conn) is before
    write_site_files(conn, {n: c for n, c in files.items() if n != "rounds.csv"})
    assert not read_site(conn).rounds
    write_site_files(conn, {**files, "rounds.csv": b"plan_id\n"})
    with pytest.raises(SiteError, match=r"rounds\.csv:1: error: name: the header lacks"):
        read_site(conn)
    write_site_files(conn, files)
    assert len(read_site(conn).rounds) == 4
