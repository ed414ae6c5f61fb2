"""Properties and labels in the graph file: what went in comes out, and forged sections are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Graph
from focusmesh.engine.links import list_sections
from focusmesh.engine.links.file import container
from focusmesh.engine.links.file.sections import to_arrays
from focusmesh.errors import DamagedFileError, FocusmeshError
from tests.engine.links.test_forged import forge

if TYPE_CHECKING:
    from pathlib import Path


def described() -> Graph:
    """Every section that properties have."""
    graph = Graph.from_edges([("a", "b", 1, "r", 7), ("b", "c", 2, "s", "me")])
    graph.set_properties(
        {
            "a": {"x": 1, "t": "ä", "raw": b"\xff"},
            "b": {"x": True, "t": "", "f": 0.5},
            "c": {"x": 2, "f": -1e300},
        }
    )
    graph.add_labels({"a": ["L", "M"], "c": "L"})
    graph.set_link_property("a", "b", "since", 1999)
    graph.set_link_property("b", "c", "note", "new")
    return graph


def use(graph: Graph) -> None:
    for name in graph.particles:
        graph.properties(name)
        graph.labels(name)
    graph.find("L", x=1)
    for source, target in (("a", "b"), ("b", "c")):
        graph.link_properties(source, target)
    graph.set_property("a", "x", 5)
    graph.snapshot()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    described().save(tmp_path / "g.focusmesh")
    return tmp_path / "g.focusmesh"


def test_what_is_saved_is_opened(path: Path, tmp_path: Path) -> None:
    graph, opened = described(), Graph.open(path, verify=True)
    for name in "abc":
        assert opened.properties(name) == graph.properties(name)
        assert [*map(type, opened.properties(name).values())] == [
            *map(type, graph.properties(name).values())
        ]
        assert opened.labels(name) == graph.labels(name)
    assert opened.link_properties("b", "c") == {"note": "new"}
    assert opened.find("L", x=2.0) == ["c"]
    opened.save(tmp_path / "again.focusmesh")
    assert (tmp_path / "again.focusmesh").read_bytes() == path.read_bytes()
    assert opened.root == graph.root
    opened.set_property("b", "t", "new")
    assert opened.properties("b")["t"] == "new"
    assert opened.root != graph.root, "a property is part of what a graph is named by"


def test_a_file_without_properties_is_what_it_was(tmp_path: Path) -> None:
    """One that had some and lost them has the bytes of one that never had any."""
    plain = Graph.from_edges([("a", "b", 1, "r"), ("b", "c", 2, "s")])
    plain.save(tmp_path / "plain.focusmesh")
    plain.set_property("a", "x", 1)
    plain.add_label("a", "L")
    plain.set_link_property("a", "b", "k", "v")
    plain.unset_property("a", "x")
    plain.remove_label("a", "L")
    plain.set_link_property("a", "b", "k", None)
    plain.save(tmp_path / "again.focusmesh")
    names = [section.name for section in list_sections(tmp_path / "plain.focusmesh")]
    assert not any(name.startswith(("of_", "labels")) for name in names)
    assert (tmp_path / "again.focusmesh").read_bytes() == (
        tmp_path / "plain.focusmesh"
    ).read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"length_bytes": 0},
        {"length_bytes": 8},
        {"length_bytes": 4},
        {"dtype": "<f8"},
        {"dtype": "<u1"},
        {"dtype": "<i8"},
        {"columns": 0},
        {"columns": 1},
        {"columns": 3},
        {"name": "nonsense"},
    ],
)
def test_lying_entries(changes: dict[str, Any], path: Path) -> None:
    """Each lie about each section of properties: an error of the project, or a graph that can be used."""
    whole = path.read_bytes()
    refused = []
    names = [s.name for s in list_sections(path) if s.name.startswith(("of_", "labels"))]
    assert len(names) > 20
    for name in names:
        forge(path, name, **changes)
        try:
            with np.errstate(all="ignore"):
                use(Graph.open(path))
        except FocusmeshError:
            refused.append(name)
        path.write_bytes(whole)
    assert refused


def columns_with(row: int, column: int, value: int) -> np.ndarray[Any, Any]:
    listed = to_arrays(described().snapshot())["of_particles.columns"].copy()
    listed[row, column] = value
    return listed


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("of_particles.columns", columns_with(0, 0, 9), "not ordered"),
        ("of_particles.columns", columns_with(0, 1, 5), "a kind or a number"),
        ("of_particles.columns", columns_with(0, 1, -1), "a kind or a number"),
        ("of_particles.columns", columns_with(0, 2, 0), "a kind or a number"),
        ("of_particles.columns", columns_with(0, 2, 2**62), "does not span"),
        (
            "of_particles.columns",
            columns_with(0, 1, 0),
            "more values of kind|no column has|missing",
        ),
        ("of_particles.owner", np.array([1, 2, 0, 0, 1, 1, 0, 3], np.uint32), "index 3 of only 3"),
        (
            "of_particles.owner",
            np.array([2, 1, 0, 0, 1, 1, 0, 2], np.uint32),
            "does not ascend below",
        ),
        ("of_particles.owner", np.array([1, 2, 0, 0, 1, 0, 0, 2], np.uint32), "two values of 'x'"),
        ("of_particles.float", np.array([np.nan, 1.0]), "not finite"),
        ("of_particles.bool", np.array([2], np.uint8), "beside 0 and 1"),
        ("of_particles.integer", np.array([1], np.int64), "more values of kind integer"),
        ("of_particles.integer", np.array([1, 2, 3], np.int64), "no column has"),
        ("of_particles.keys.blob", np.frombuffer(b"frawxx", np.uint8), "does not ascend|ends"),
        ("of_particles.keys.blob", np.frombuffer(b"f\xff\xffwtx", np.uint8), "keys"),
        ("of_particles.text.ends", np.array([9, 2], np.int64), "does not ascend"),
        ("of_links.source", np.array([0, 3], np.uint32), "index 3 of only 3"),
        ("of_links.source", np.array([0], np.uint32), "shape"),
        ("of_links.relation", np.array([0, 2], np.uint32), "index 2 of only 2"),
        ("of_links.owner", np.array([1, 2], np.uint32), "index 2 of only 2"),
        ("labels.owner", np.array([0, 0, 3], np.uint32), "index 3 of only 3"),
        ("labels.label", np.array([0, 0, 1], np.uint32), "does not ascend"),
        ("labels.label", np.array([0, 1], np.uint32), "shape"),
        ("labels.label", np.array([0, 2, 0], np.uint32), "index 2 of only 2"),
    ],
)
def test_lying_sections(name: str, array: Any, reason: str, path: Path) -> None:
    whole = dict(to_arrays(described().snapshot()))
    assert name in whole
    whole[name] = array
    with path.open("wb") as file:
        container._write(file, whole)
    with pytest.raises(DamagedFileError, match=reason):
        Graph.open(path, verify=True)


def test_a_text_that_is_no_text_is_found_when_it_is_read(path: Path) -> None:
    whole = dict(to_arrays(described().snapshot()))
    whole["of_particles.text.blob"] = np.frombuffer(b"\xff\xff", np.uint8)
    with path.open("wb") as file:
        container._write(file, whole)
    with pytest.raises(DamagedFileError, match="not UTF-8"):
        Graph.open(path).properties("a")
