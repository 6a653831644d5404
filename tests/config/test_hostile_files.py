"""Whatever stands in the files of a site: problems are told, nothing is raised."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.problem import Severity
from config.site_files import examine_site

PIECE = re.compile(rb'"[^"]*"|-?\d[\d.]*|\[[^\[\]]*\]|[\w.-]+')
STRANGE = [
    *(b"null", b"[]", b"{}", b"true", b"0", b"-1", b"1e999", b"NaN", b'"x"', b"[[1,2],3]"),
    *(
        b"\xff",
        b"\x00",
        b'"',
        b",",
        b"\n",
        b"|",
        b"9" * 400,
        b"9" * 5000,
        b"1979-05-27",
        b"99:99-1:1",
    ),
    *(b"[" * 3000, "长".encode() * 300, b"'''", b"[[camera]]", b"\xef\xbb\xbf"),
]


MORE = {
    "vehicles.csv": b"""\
vehicle_id,plate,plate_color,kind,company_id,terminal_id,sealed_certificate,certificate_to,valid_from
v1,\xe8\x8b\x8fDA1234,yellow,muck,c1,1,x1,2026-12-31,2026-01-01
v2,\xe8\x8b\x8fD12345,yellow,sweeper,c1,2,,,
""",
    "terminals.csv": b"""\
terminal_id,vehicle_id,valid_from,valid_to
1,v2,2026-01-01,2026-03-31
1,v1,2026-04-01,2026-06-30
""",
    "routes.geojson": b"""\
{"type": "FeatureCollection", "features": [
  {"type": "Feature",
   "properties": {"id": "r1", "name": "a", "kind": "corridor", "half_width_m": 50},
   "geometry": {"type": "LineString", "coordinates": [[119.94, 31.70], [119.91, 31.70]]}},
  {"type": "Feature",
   "properties": {"id": "r2", "name": "b", "kind": "sweep", "half_width_m": 20,
     "segment_names": ["c"], "segment_m": 100},
   "geometry": {"type": "MultiLineString", "coordinates": [[[119.94, 31.7], [119.95, 31.7]]]}}
]}
""",
    "rounds.csv": b"""\
plan_id,name,route_id,work,vehicle_ids,window,weekdays,passes,min_kmh,max_kmh,one_way,coverage_pct
p1,a,r2,sweep,v2,04:00-08:00|22:00-02:00,mon-fri,1,2,8,true,95
""",
    "roads.geojson": b"""\
{"type": "FeatureCollection", "features": [
  {"type": "Feature", "properties": {"id": "a", "class": "local", "speed_limit_kmh": 20},
   "geometry": {"type": "LineString", "coordinates": [[119.94, 31.70], [119.95, 31.70]]}}
]}
""",
}
AT = datetime(2026, 4, 1, tzinfo=UTC)


def test_the_files_are_sound_before(files):
    assert examine_site({**files, **MORE}, AT)[1] == []


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_content_raises(files, data):
    files = {**files, **MORE}
    file = data.draw(st.sampled_from(sorted(files)))
    content = files[file]
    for _ in range(data.draw(st.integers(1, 3))):
        pieces = list(PIECE.finditer(content))
        if not pieces:
            break
        piece = data.draw(st.sampled_from(pieces))
        strange = data.draw(st.sampled_from(STRANGE) | st.binary(max_size=6))
        content = content[: piece.start()] + strange + content[piece.end() :]
    site, problems = examine_site({**files, file: content}, AT)
    errors = [p for p in problems if p.severity is Severity.ERROR]
    assert (site is None) == bool(errors)
    if site is not None:
        site.terminal_register().vehicle_at("1", AT)
    lines = content.count(b"\n") + content.count(b"\r") + 1
    assert all(p.line is None or 1 <= p.line <= lines for p in problems if p.file == file)
    assert all(str(p) for p in problems)
