"""Whatever stands in the files of a site: problems are told, nothing is raised."""

from __future__ import annotations

import re

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


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_content_raises(files, data):
    file = data.draw(st.sampled_from(sorted(files)))
    content = files[file]
    for _ in range(data.draw(st.integers(1, 3))):
        pieces = list(PIECE.finditer(content))
        if not pieces:
            break
        piece = data.draw(st.sampled_from(pieces))
        strange = data.draw(st.sampled_from(STRANGE) | st.binary(max_size=6))
        content = content[: piece.start()] + strange + content[piece.end() :]
    site, problems = examine_site({**files, file: content})
    errors = [p for p in problems if p.severity is Severity.ERROR]
    assert (site is None) == bool(errors)
    lines = content.count(b"\n") + content.count(b"\r") + 1
    assert all(p.line is None or 1 <= p.line <= lines for p in problems if p.file == file)
    assert all(str(p) for p in problems)
