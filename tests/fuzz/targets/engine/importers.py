"""Graph files of other programs, databases and arrays: links that hold and counted bad lines, or a plain error.

Input: a byte for the format, and the file.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from focusmesh.engine.importers import read_links
from focusmesh.errors import FocusmeshError
from tests.engine.importers.test_mutations import SAMPLES
from tests.fuzz.target import Target

_SUFFIXES = sorted(SAMPLES)


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="focusmesh-fuzz-"))


def check(data: bytes) -> bool:
    if not data:
        return False
    path = _folder() / f"a.{_SUFFIXES[data[0] % len(_SUFFIXES)]}"
    path.write_bytes(data[1:])
    try:
        columns, report = read_links(path)
    except FocusmeshError:
        return False
    columns.verify()
    assert len(columns) == report.link_count
    assert "\0" not in "".join(map(str, columns.particles))
    assert all(bad.reason and bad.line >= 1 for bad in report.bad)
    return True


def seeds() -> list[bytes]:
    return [bytes([at]) + SAMPLES[suffix] for at, suffix in enumerate(_SUFFIXES)]


TARGET = Target(check, seeds)
