"""The labelled set: the same seed gives the same world, and its labels tell the truth."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache

import numpy as np
import pytest
import shapely

from config.site_files import load_site, read_site_folder
from demo.fleet.labelled.diary import Silence
from demo.fleet.labelled.label import write_labels
from demo.fleet.labelled.labelled_set import make_set
from demo.fleet.labelled.site_folder import write_site
from demo.fleet.labelled.stretches import longest_visible, stretches
from demo.fleet.labelled.town import ORIGIN
from demo.fleet.labelled.tracks import write_tracks
from ingest.fixes import COLUMNS, Fixes
from ingest.tracks import read_tracks

HOURS = 24.0
KINDS = {
    "off_route", "out_of_hours", "no_permit", "overspeed", "restricted_zone", "lid_open",
    "body_raised", "long_stop", "suspected_dumping", "wrong_ground", "trip_unfinished", "track_gap",
    "tamper", "terminal_offline", "unknown_site", "unknown_ground", "missed_segment",
    "work_too_fast", "round_late", "left_work_area", "wash_in_frost",
}  # fmt: skip


@cache
def made(seed=8, offences=True):
    return make_set(seed, HOURS, offences)


def good(labelled, vehicle_id, begin, end):
    """Rows of a vehicle's fixes measured within [begin, end], near the town, in order of time."""
    c = labelled.columns
    near = (np.abs(c["lon"] - ORIGIN.lon) < 0.08) & (np.abs(c["lat"] - ORIGIN.lat) < 0.08)
    mine = c["vehicle"] == labelled.vehicle_ids.index(vehicle_id)
    rows = np.flatnonzero(mine & near & (c["t"] >= begin) & (c["t"] <= end))
    return rows[np.argsort(c["t"][rows])]


def test_the_same_seed_gives_the_same_set():
    one, again = make_set(8, 4.0, offences=True), make_set(8, 4.0, offences=True)
    for name, column in one.columns.items():
        assert np.array_equal(column, again.columns[name], equal_nan=column.dtype == float), name
    assert again.labels == one.labels
    assert made(3).labels != made().labels


def test_columns_are_those_of_fixes_in_the_order_of_arrival():
    columns = made().columns
    assert set(columns) == set(COLUMNS)
    assert len(Fixes(vehicle_ids=made().vehicle_ids, **columns)) == len(columns["t"])
    assert np.all(np.diff(columns["received_t"]) >= 0)
    late = columns["received_t"] - columns["t"]
    assert np.median(late) < 3  # most arrive at once
    assert ((late > 60) & (late < 600)).sum() > 20  # some after a dead area
    assert (late < -3600).any() or (late > 86400).any()  # and some clocks are wrong
    assert ((columns["lon"] == 0) & (columns["lat"] == 0)).any()
    pairs = np.stack([columns["vehicle"], columns["t"]])
    assert np.unique(pairs, axis=1).shape[1] < len(columns["t"])  # some come twice


def test_every_kind_of_offence_is_committed():
    required = {x.kind for seed in (3, 8) for x in made(seed).labels if x.required}
    assert required == KINDS
    reasons = {x.detail for x in made().labels if x.kind == "no_permit"}
    assert len(reasons) >= 8
    evidence = {x.detail for s in (3, 8) for x in made(s).labels if x.kind == "suspected_dumping"}
    assert {"load", "body", "no sensors", "lighter"} <= evidence


@pytest.mark.parametrize("seed", [1, 3])
def test_honest_drivers_do_nothing_wrong(seed):
    labels = made(seed, offences=False).labels
    assert not [x for x in labels if x.required]
    # What is near a threshold is what reception does, or what cannot be known.
    assert {x.detail for x in labels} <= {"late", "tunnel", "clock", "not yet known", "unseen"}


def test_fixes_lie_where_the_truck_is_labelled_to_be():
    """Independent of how labels are made: most fixes of a detour lie off the permitted ways."""
    labelled, checked = made(), 0
    plane = ORIGIN
    for label in labelled.labels:
        if label.kind != "off_route" or not label.required:
            continue
        permits = [p for p in labelled.site.permits.values() if label.vehicle_id in p.vehicle_ids]
        lines = [labelled.site.routes[r].geometry for p in permits for r in p.route_ids]
        ways = plane.to_metres(shapely.union_all(lines))
        rows = good(labelled, label.vehicle_id, label.started, label.ended)
        places = shapely.points(labelled.columns["lon"][rows], labelled.columns["lat"][rows])
        away = shapely.distance(np.array([plane.to_metres(p) for p in places]), ways)
        assert np.mean(away > 50) > 0.6, label
        checked += 1
    assert checked > 20


def test_errors_are_of_metres_and_remembered():
    """Parked with the ignition on: fixes scatter little, and each lies near the one before."""
    labelled = made(1, offences=False)
    c, steps, spread = labelled.columns, [], []
    for number in range(len(labelled.vehicle_ids)):
        rows = good(labelled, labelled.vehicle_ids[number], 0, 4e9)
        rows = rows[c["speed_kmh"][rows] == 0]
        x, y = c["lon"][rows] * 94_700, c["lat"][rows] * 110_900
        close = np.diff(c["t"][rows]) <= 30
        steps.append(np.hypot(np.diff(x), np.diff(y))[close])
        runs = np.split(np.arange(len(rows)), np.flatnonzero(~close) + 1)
        spread += [np.hypot(np.std(x[run]), np.std(y[run])) for run in runs if len(run) > 20]
    assert 1 < np.median(np.concatenate(steps)) < 5
    assert 2 < np.median(spread) < 12
    assert np.median(np.concatenate(steps)) < np.median(spread)


def test_a_set_is_written_as_files_that_the_product_reads(tmp_path):
    labelled = make_set(4, 12.0)
    write_site(tmp_path / "site", labelled.site)
    read = load_site(read_site_folder(tmp_path / "site"))
    assert read.vehicles == labelled.site.vehicles
    assert read.permits == labelled.site.permits
    assert read.rounds == labelled.site.rounds
    assert read.companies == labelled.site.companies
    for name in ("zones", "routes", "roads"):
        ours, theirs = getattr(labelled.site, name), getattr(read, name)
        assert ours.keys() == theirs.keys()
        for one, other in zip(ours.values(), theirs.values(), strict=True):
            assert one.geometry.equals_exact(other.geometry, 1e-7), one.id
    write_tracks(tmp_path / "tracks.csv", labelled.columns, labelled.vehicle_ids, labelled.site)
    fixes = Fixes.of(list(read_tracks(tmp_path / "tracks.csv")))
    assert len(fixes) == len(labelled.columns["t"])
    for name in ("load", "lid", "body_raised", "work", "ignition", "antenna_cut", "backfill"):
        assert np.array_equal(getattr(fixes, name), labelled.columns[name]), name
    assert np.allclose(fixes.t, labelled.columns["t"], atol=0.001)
    write_labels(tmp_path / "labels.csv", labelled.labels)
    with (tmp_path / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter(r["kind"] for r in rows) == Counter(x.kind for x in labelled.labels)


def test_stretches_and_what_of_them_is_seen():
    t = np.arange(0.0, 100.0, 10.0)
    flags = (t >= 20) & (t <= 40) | (t >= 60) & (t <= 70)
    assert stretches(t, flags) == [(20, 50), (60, 80)]
    assert stretches(t, flags, 15.0) == [(20, 80)]
    silences = [Silence(30, 45), Silence(70, 200)]
    assert longest_visible((20, 80), silences) == 25
    assert longest_visible((20, 80), []) == 60
    assert longest_visible((80, 90), silences) == 0
