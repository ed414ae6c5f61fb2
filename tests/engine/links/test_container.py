"""The graph file: what went in comes out, and no bytes whatever bring a reader down."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import focusmesh
from focusmesh import Graph
from focusmesh.engine.links import LinkColumns, Names, list_sections
from focusmesh.engine.links.file import sections
from focusmesh.engine.links.snapshot import columns_of
from focusmesh.errors import DamagedFileError, FileError, InputError, NewerVersionError
from tests.engine.strategies import arrays_of

NAMES: dict[str, list[Any]] = {
    "range": [0, 1, 2],
    "integers": [-(2**63), 5, 2**63 - 1],
    "text": ["a", "ü", "\ud800"],
    "digests": [bytes(32), bytes([1]) * 32, bytes([2]) * 32],
    "mixed": ["a", 5, b"b"],
    "short bytes": [b"", b"a", b"ab"],
}


def small(names: list[Any] | None = None, labelled: bool = False) -> Graph:
    """Three particles; with labels every section that there is."""
    columns = LinkColumns(
        particles=Names.of(NAMES["text"] if names is None else names),
        source=np.array([0, 1, 0], np.uint32),
        target=np.array([1, 2, 2], np.uint32),
        weight=np.array([0.1, 2.0, 3.0]),
        relations=Names.of(["r", 7]) if labelled else None,
        relation=np.array([0, 1, 0], np.uint32) if labelled else None,
        authors=Names.of([b"x" * 32]) if labelled else None,
        author=np.zeros(3, np.uint32) if labelled else None,
        time=np.array([1, -(2**63), 3]) if labelled else None,
        texts=Names.texts(["one", "", "drei"]) if labelled else None,
    )
    return Graph.from_links(columns)


def assert_equal(one: Graph, other: Graph) -> None:
    for name, array in arrays_of(one.structure).items():
        np.testing.assert_array_equal(array, arrays_of(other.structure)[name], strict=True)
    for name in ("particles", "texts", "relations", "authors"):
        assert getattr(one, name) == getattr(other, name), name
    for field in ("source", "target", "weight", "relation", "author", "time"):
        np.testing.assert_array_equal(getattr(one.links(), field), getattr(other.links(), field))


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("labelled", [False, True])
def test_round_trip(kind: str, labelled: bool, tmp_path: Path) -> None:
    graph = small(NAMES[kind], labelled)
    graph.save(tmp_path / "g.focusmesh")
    for verify in (False, True):
        opened = Graph.open(tmp_path / "g.focusmesh", verify=verify)
        assert_equal(graph, opened)
        assert [type(name) for name in opened.particles] == [type(name) for name in NAMES[kind]]
    opened.link(opened.particles[2], opened.particles[0])
    opened.save(tmp_path / "g.focusmesh")
    assert Graph.open(tmp_path / "g.focusmesh", verify=True).axon_count == 4


@pytest.mark.parametrize("kind", [np.int32, np.uint32, np.int64])
def test_round_trip_of_sparse_integers(kind: Any, tmp_path: Path) -> None:
    graph = Graph.from_edges(np.array([5, 2_000_000_000], kind), np.array([7, 9], kind))
    graph.save(tmp_path / "g.focusmesh")
    assert_equal(graph, Graph.open(tmp_path / "g.focusmesh", verify=True))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_round_trip_without_links(count: int, tmp_path: Path) -> None:
    graph = Graph.from_edges([], [], particles=count)
    graph.save(tmp_path / "g.focusmesh")
    assert_equal(graph, Graph.open(tmp_path / "g.focusmesh", verify=True))


@pytest.mark.parametrize("name", [2**70, ("a", 1), True, 1.5, None])
def test_names_that_cannot_be_saved(name: Any, tmp_path: Path) -> None:
    graph = small(["a", "b", name])
    with pytest.raises(InputError, match="cannot be saved"):
        graph.save(tmp_path / "g.focusmesh")
    assert list(tmp_path.iterdir()) == []


def written(tmp_path: Path, labelled: bool = True) -> tuple[Path, bytearray]:
    path = tmp_path / "g.focusmesh"
    small(labelled=labelled).save(path)
    return path, bytearray(path.read_bytes())


def use(graph: Graph) -> None:
    """Everything that reads what a file holds; only the project's own errors may come out."""
    list(graph.particles)
    list(graph.texts or ())
    list(graph.relations or ())
    list(graph.authors or ())
    columns_of(graph.structure, graph.particles, None)
    graph.focus(tolerance=0.5)
    graph.successors(graph.particles[0])


SWEEP = """
import sys, warnings
import numpy as np
from pathlib import Path
from focusmesh import Graph
from focusmesh.errors import FocusmeshError
from tests.engine.links.test_container import use
warnings.simplefilter("ignore")
np.seterr(all="ignore")
path, flip = Path(sys.argv[1]), int(sys.argv[2])
whole = path.read_bytes()
opened = refused = 0
for at in range(len(whole)):
    path.write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1:])
    try:
        graph = Graph.open(path)
        opened += 1
        use(graph)
    except FocusmeshError:
        refused += 1
    except Exception as error:
        raise SystemExit(f"byte {at}: {error!r}")
print(opened, refused)
"""


@pytest.mark.parametrize(
    "flip", [*(pytest.param(flip, marks=pytest.mark.soak) for flip in (0x01, 0x80)), 0xFF]
)
def test_every_changed_byte_gives_an_error_or_a_graph(flip: int, tmp_path: Path) -> None:
    """In a process of its own, since a reader that leaves its arrays would take this one along."""
    path, _ = written(tmp_path)
    root = Path(__file__).parents[3]
    sources = os.pathsep.join([str(root), str(Path(focusmesh.__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, "-c", SWEEP, str(path), str(flip)],
        env={**os.environ, "PYTHONPATH": sources},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    opened, refused = map(int, done.stdout.split())
    assert opened > 0
    assert refused > 0


def test_verify_finds_every_changed_byte_of_a_section(tmp_path: Path) -> None:
    path, content = written(tmp_path)
    table = [section for section in list_sections(path) if section.length_bytes]
    for section in table:
        for at in range(section.offset, section.offset + section.length_bytes):
            content[at] ^= 0x10
            path.write_bytes(content)
            with pytest.raises(DamagedFileError):
                Graph.open(path, verify=True)
            content[at] ^= 0x10
    path.write_bytes(content)
    Graph.open(path, verify=True)


def test_cut_at_every_length(tmp_path: Path) -> None:
    path, content = written(tmp_path)
    for length in reversed(range(len(content))):
        os.truncate(path, length)
        with pytest.raises(DamagedFileError):
            Graph.open(path)
    path.write_bytes(content + b"\0")
    with pytest.raises(DamagedFileError, match="its header says"):
        Graph.open(path)


def test_versions(tmp_path: Path) -> None:
    path, content = written(tmp_path)
    content[8] = 2
    path.write_bytes(content)
    with pytest.raises(NewerVersionError, match=r"version 2.*up to 1: upgrade"):
        Graph.open(path)
    content[8] = 0
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match="version 0"):
        Graph.open(path)


def test_other_files(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot open"):
        Graph.open(tmp_path / "missing.focusmesh")
    with pytest.raises(FileError, match="cannot open"):
        Graph.open(tmp_path)
    (tmp_path / "x.focusmesh").write_bytes(b"source,target\n" * 20)
    with pytest.raises(DamagedFileError, match="not a focusmesh graph file"):
        Graph.open(tmp_path / "x.focusmesh")


def test_without_the_index_check_a_damaged_file_slips_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Must-fail twin: what ``check_indices`` refuses would have a reader leave its arrays."""
    path, content = written(tmp_path)
    place = next(s.offset for s in list_sections(path) if s.name == "structure.in_source")
    content[place] = 200
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match="in_source has index 200 of only 3"):
        Graph.open(path)
    monkeypatch.setattr(sections, "check_indices", lambda *_: None)
    assert Graph.open(path).structure.in_source.max() == 200
