"""Trust tables ``i,j,v`` and their seeds ``i,v``."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph, Names, eigentrust, read_seeds
from focusmesh.errors import BadLineError, FileError

if TYPE_CHECKING:
    from pathlib import Path

NAMES = Names.of(["ada", "bob", 7, "8", "a,b", "x"])


def written(folder: Path, text: str, name: str = "seeds.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_trust_table_with_seeds(tmp_path: Path) -> None:
    trust = written(tmp_path, "i,j,v\nada,bob,3\nbob,cem,2\nmal,eve,9\nada,cem,-1\n", "trust.csv")
    graph = Graph.read(trust)
    assert graph.weight("ada", "bob") == 3.0
    assert graph.report is not None
    assert [(bad.line, bad.reason) for bad in graph.report.bad] == [
        (5, "the weight '-1' is negative")
    ]
    seeds, report = read_seeds(written(tmp_path, "i,v\nada,2\nbob,1\n"), graph.particles)
    assert seeds == {"ada": 2.0, "bob": 1.0}
    assert (report.line_count, report.bad_count) == (3, 0)
    found = eigentrust(graph, seeds)
    assert found.score("bob") > 0
    assert found.score("mal") == 0.0


def test_seeds_without_header_or_weights(tmp_path: Path) -> None:
    path = tmp_path / "seeds.tsv.gz"
    path.write_bytes(gzip.compress(b'7\t0.5\r\n\n8\n"a,b"\t2\nada\nada\t3\n'))
    seeds, _ = read_seeds(path, NAMES, strict=True)
    assert seeds == {7: 0.5, "8": 1.0, "a,b": 2.0, "ada": 4.0}


def test_a_header_may_be_the_name_of_a_particle(tmp_path: Path) -> None:
    seeds, _ = read_seeds(written(tmp_path, "i,3\n"), Names.of(["i", "j"]), strict=True)
    assert seeds == {"i": 3.0}


BAD = [
    ("cem,1", "no particle of the graph is called 'cem'"),
    (",1", "no particle of the graph is called ''"),
    ("07,1", "no particle of the graph is called '07'"),
    ("ada,-1", "the weight '-1' is negative"),
    ("ada,", "the weight is empty"),
    ("ada,nan", "the weight is NaN"),
    ("ada,1,2", "3 fields where 1 or 2 are expected"),
    ('"ada,1', "a quote is opened and not closed"),
    ("i,v", "no particle of the graph is called 'i'"),
]


@pytest.mark.parametrize(("line", "reason"), BAD)
def test_bad_lines(tmp_path: Path, line: str, reason: str) -> None:
    path = written(tmp_path, f"i,v\nada,1\n{line}\nbob,1\n")
    seeds, report = read_seeds(path, NAMES)
    assert seeds == {"ada": 1.0, "bob": 1.0}
    assert [(bad.file, bad.line, bad.reason) for bad in report.bad] == [(str(path), 3, reason)]
    with pytest.raises(BadLineError):
        read_seeds(path, NAMES, strict=True)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        read_seeds(tmp_path / "absent.csv", NAMES)


@given(
    seeds=st.dictionaries(
        st.sampled_from(["ada", "bob", 7, "8", "x"]), st.floats(0, allow_infinity=False)
    )
)
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, seeds: dict[int | str, float]
) -> None:
    text = "i,v\n" + "".join(f"{name},{weight!r}\n" for name, weight in seeds.items())
    path = written(tmp_path_factory.mktemp("seeds"), text)
    assert read_seeds(path, NAMES, strict=True)[0] == seeds
