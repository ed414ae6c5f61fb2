"""WordNet database files: names, pointers, bad lines, the whole database where it is installed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from focusmesh.engine.graph import Graph
from focusmesh.errors import BadLineError, FileError
from tests.engine.importers.formats.test_debian import related

if TYPE_CHECKING:
    from tests.conftest import Measured, NotRun

LICENCE = "  1 This is where the licence stands.  \n"
NOUNS = (
    "00000010 05 n 02 dog 0 domestic_dog 0 003 @ 00000020 n 0000 ~ 00000030 n 0000 "
    '+ 00000007 v 0101 | a canine; "the dog barked"  \n'
    "00000020 05 n 01 canine 0 001 ~ 00000010 n 0000 | a mammal  \n"
    "00000030 05 n 01 Pooch 0 001 @ 00000010 n 0000 | informal  \n"
)
VERBS = "00000007 38 v 01 dog 0 002 + 00000010 n 0101 + 00000010 n 0102 01 + 08 00 | go after  \n"
ADJECTIVES = "00000009 00 s 01 handy(p) 0 001 & 00000011 a 0000 | near  \n00000011 00 a 01 near 0 000 | close  \n"
INDEX = (
    "dog n 2 3 @ ~ + 2 1 00000099 00000010  \ncanine n 1 1 ~ 1 0 00000020  \n"
    "domestic_dog n 1 1 @ 1 0 00000010  \n"
)
LINKS = {
    ("dog.n.02", "hypernym", "canine.n.01", 1.0),
    ("dog.n.02", "hyponym", "00000030-n", 1.0),
    ("dog.n.02", "derivationally related", "00000007-v", 1.0),
    ("canine.n.01", "hyponym", "dog.n.02", 1.0),
    ("00000030-n", "hypernym", "dog.n.02", 1.0),
    ("00000007-v", "derivationally related", "dog.n.02", 2.0),
    ("00000009-s", "similar to", "00000011-a", 1.0),
}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    files = {
        "data.noun": LICENCE + NOUNS,
        "index.noun": LICENCE + INDEX,
        "data.verb": VERBS,
        "data.adj": ADJECTIVES,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_synsets_and_pointers(database: Path) -> None:
    graph = Graph.read(database, strict=True)
    assert related(graph) == LINKS
    assert graph.text("dog.n.02") == 'dog, domestic dog: a canine; "the dog barked"'
    assert graph.text("00000009-s") == "handy: near"
    assert graph.report is not None
    assert (graph.report.format, graph.report.line_count) == ("wordnet", 11)


def test_a_distribution_keeps_its_files_in_dict(database: Path) -> None:
    inner = database / "dict"
    inner.mkdir()
    for file in list(database.glob("*.*")):
        file.rename(inner / file.name)
    assert related(Graph.read(database, strict=True)) == LINKS


def test_one_file_alone_points_out_of_itself(database: Path) -> None:
    graph = Graph.read(database / "data.noun", format="wordnet", strict=True)
    assert graph.weight("dog.n.02", "00000007-v") == 1.0
    assert graph.text("00000007-v") == ""
    (database / "index.noun").unlink()
    plain = Graph.read(database / "data.noun", format="wordnet", strict=True)
    assert list(plain.particles)[:2] == ["00000010-n", "00000020-n"]


BAD = [
    ("nonsense\n", "is no synset"),
    ("00000040 05 n 01 cat 0 000\n", "is no synset"),
    ("00000040 05 n 02 cat 0 000 | a cat\n", "has not the 2 words"),
    ("00000040 05 n 01 cat 0 001 @ 00000020 | a cat\n", "is no pointer"),
    ("00000040 05 n 01 cat 0 001 ? 00000020 n 0000 | a cat\n", "'? 00000020 n 0000' is no pointer"),
    ("00000020 05 n 01 cat 0 000 | a cat\n", "synset 00000020 stands twice"),
]


@pytest.mark.parametrize(("line", "reason"), BAD)
def test_bad_lines(database: Path, line: str, reason: str) -> None:
    data = database / "data.noun"
    data.write_text(NOUNS + line)
    graph = Graph.read(database)
    assert related(graph) == LINKS
    assert graph.report is not None
    (bad,) = graph.report.bad
    assert (bad.file, bad.line) == (str(data), 4)
    assert reason in bad.reason
    with pytest.raises(BadLineError):
        Graph.read(database, strict=True)


def test_pointers_to_nowhere_and_damaged_indices_are_named(database: Path) -> None:
    line = "00000040 05 n 01 cat 0 002 @ 00000041 n 0000 @ 00000020 n 0000 | a cat\n"
    (database / "data.noun").write_text(NOUNS + line)
    (database / "index.noun").write_text(INDEX + "cat n 1 1 @ 1 0 40\n")
    graph = Graph.read(database)
    assert graph.weight("00000040-n", "canine.n.01") == 1.0
    assert graph.report is not None
    assert [(Path(bad.file).name, bad.line) for bad in graph.report.bad] == [
        ("index.noun", 4),
        ("data.noun", 4),
    ]


def test_folders_without_a_database_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none of the WordNet files data\.noun"):
        Graph.read(tmp_path, format="wordnet")


def test_the_real_database(not_run: NotRun, measured: Measured) -> None:
    folder = Path(os.environ.get("WNSEARCHDIR") or "/usr/share/wordnet")
    if not (folder / "data.noun").is_file():
        not_run("WordNet not installed", "wordnet-base, or WNSEARCHDIR")
    graph = Graph.read(folder, strict=True)
    assert graph.report is not None
    assert graph.particle_count > 100_000
    assert "dog.n.01" in graph.particles
    assert all(not str(name)[0].isdecimal() or "." in str(name) for name in graph.particles)
    measured(
        f"WordNet: {graph.particle_count} synsets, {graph.link_count} links "
        f"in {graph.report.seconds:.1f} s"
    )
