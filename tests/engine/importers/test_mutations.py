"""Whatever happens to a file: an import gives columns that hold, or an error of this project."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.importers import read_links
from focusmesh.errors import FocusmeshError
from tests.engine.importers.samples import BINARY, DRAWN, METIS, MTX, WHOLE

if TYPE_CHECKING:
    from pathlib import Path

GEPHI = '# by hand\nSource;Target;Type;Label;Weight\n1; 2;Undirected;;0,5\n2;"3";Directed;x;1,25\n'
_TEXTS = {
    **WHOLE,
    **DRAWN,
    "mtx": MTX,
    "metis": METIS,
    "adj": "a b c\nd\n",
    "e": "1 2\n2 3 0.5\n",
    "csv": GEPHI,
    "edgelist": "a b {'weight': 2.5, 'x': [1]}\nb c {}\nc d 3\n",
    "jsonl": '{"source":"a","target":"b","weight":1}\n{"id":"a","text":"x"}\n["b","c",2]\n',
}
SAMPLES = {suffix: text.encode() for suffix, text in _TEXTS.items()} | BINARY
PIECES = [
    b"<",
    b">",
    b'"',
    b"[",
    b"]",
    b"&#0;",
    b"\0",
    b"\xff",
    b"\n",
    b" ",
    b"-",
    b"9" * 20,
    b"nan",
    b"%",
    b"1",
    b",",
    b";",
    b"\r",
    b"{",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutations")


@pytest.mark.parametrize("suffix", SAMPLES)
@given(
    cuts=st.lists(
        st.tuples(st.integers(0, 4_000), st.integers(0, 12), st.sampled_from(PIECES)),
        min_size=1,
        max_size=4,
    )
)
def test_mutated_files(place: Path, suffix: str, cuts: list[tuple[int, int, bytes]]) -> None:
    data = SAMPLES[suffix]
    for at, length, piece in cuts:
        begin = at % (len(data) + 1)
        data = data[:begin] + piece + data[begin + length :]
    path = place / f"a.{suffix}"
    path.write_bytes(data)
    with suppress(FocusmeshError):
        columns, report = read_links(path)
        columns.verify()
        assert len(columns) == report.link_count
        assert "\0" not in "".join(map(str, columns.particles))
        for bad in report.bad:
            assert bad.reason
            assert bad.line >= 1
