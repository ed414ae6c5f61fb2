"""Pajek, node-link JSON, the JSON of Cytoscape, SIF: links as the tools draw them; what is damaged is named."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import networkx as nx
import pytest

from focusmesh.engine.graph import Graph
from focusmesh.engine.importers import read_links
from focusmesh.errors import BadLineError, InputError
from tests.engine.importers.files import faults_of, labels_of, links_of, read_text, texts_of
from tests.engine.importers.samples import CYTOSCAPE, DRAWN, NODE_LINK, PAJEK, SIF

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", range(6))
def test_pajek_as_networkx_writes_it(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    graph = nx.gnp_random_graph(12, 0.3, seed=seed, directed=seed % 2 == 0)
    for *_, data in graph.edges(data=True):
        data["weight"] = random.randrange(1, 9) / 4
    graph = nx.relabel_nodes(graph, {node: f"node {node}" for node in graph})
    nx.write_pajek(graph, tmp_path / "a.net")
    columns, _ = read_links(tmp_path / "a.net", strict=True, names="label")
    ways = [(a, b, data["weight"]) for a, b, data in graph.edges(data=True)]
    both = [] if graph.is_directed() else [(b, a, weight) for a, b, weight in ways if a != b]
    assert Counter(links_of(columns)) == Counter(ways + both)
    assert list(columns.particles) == list(graph)


def test_pajek(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "a.net", PAJEK)
    assert report.format == "pajek"
    assert links_of(columns) == [
        (1, 2, 2.5),
        (2, 3, 1),
        (3, 4, 0.5),
        (4, 3, 0.5),
        (4, 1, 1),
        (4, 2, 1),
    ]
    assert labels_of(columns, "relation") == ["contains", "contains", "", "", "", ""]
    assert texts_of(columns) == {1: "filter coffee", 2: "caffeine", 3: "sleep", 4: ""}
    assert faults_of(report) == []
    called = Graph.read(tmp_path / "a.net", names="label")
    assert list(called) == ["filter coffee", "caffeine", "sleep", "4"]


def test_pajek_amiss(tmp_path: Path) -> None:
    text = "*Vertices 2\n1 a\n3 b\nx\n*Arcs\n1 2\n1 9\n1\n2 1 -1\n1 2 c\n"
    columns, report = read_text(tmp_path, "a.net", f"1 2\n{text}")
    assert links_of(columns) == [(1, 2, 1)]
    assert faults_of(report) == [
        (1, "'1 2' stands before *Vertices"),
        (4, "no vertex has the number '3'"),
        (5, "no vertex has the number 'x'"),
        (8, "no vertex has the number '9'"),
        (9, "'1' has no target"),
        (10, "the weight '-1' is negative"),
        (11, "the weight 'c' is not a number"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("*Arcs\n", "no \\*Vertices"),
        ("*Vertices two\n", "a.net:1: .*one '\\*Vertices n'"),
        ("*Vertices 1\n*Vertices 1\n", "a.net:2: a second list"),
        ("*Vertices 1\n*Matrix\n1\n", "a.net:2: .*\\*Matrix.* is not read"),
        ("*Vertices 900000000\n", "a.net:1: the header says 900000000 vertices"),
    ],
)
def test_no_pajek(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_text(tmp_path, "a.net", text)


def test_sif(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "a.sif", SIF)
    assert list(columns.particles) == ["coffee", "caffeine", "fine water", "sleep", "tea"]
    assert links_of(columns) == [
        ("coffee", "caffeine", 1),
        ("coffee", "fine water", 1),
        ("caffeine", "sleep", 1),
    ]
    assert labels_of(columns, "relation") == ["contains", "contains", "disturbs"]
    assert faults_of(report) == []
    _, report = read_text(tmp_path, "b.sif", "a b\na\tis\t\tb\na is b\n")
    said = "is neither a node nor a node, an interaction and nodes"
    assert faults_of(report) == [(1, f"'a b' {said}"), (2, f"'a\\tis\\t\\tb' {said}")]


def test_node_link(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "a.json", NODE_LINK)
    assert report.format == "node-link"
    three = '[3,"x"]'
    assert links_of(columns) == [
        ("1", "two", 0.25),
        ("two", "1", 0.25),
        ("two", three, 1),
        (three, "two", 1),
        ("1", "1", 1),
    ]
    assert labels_of(columns, "relation") == ["knows", "knows", "", "", ""]
    assert texts_of(columns) == {"1": "one", "two": "", three: ""}
    assert report.line_count == NODE_LINK.count("\n")


def test_node_link_of_other_tools(tmp_path: Path) -> None:
    """Places in the list (D3 before version 4), and Sigma's keys and attributes."""
    places = {
        "nodes": [{"name": "Napoleon"}, {"name": "Myriel"}],
        "links": [{"source": 1, "target": 0}],
    }
    columns, report = read_text(tmp_path, "a.json", json.dumps(places))
    assert links_of(columns) == [(1, 0, 1), (0, 1, 1)]
    assert texts_of(columns) == {0: "Napoleon", 1: "Myriel"}
    assert report.understood == (
        "edges count both ways, as the file does not say that it is directed",
        "particles are called by id (--names label calls them by label)",
        "1 undirected link counts both ways",
    )
    sigma = {
        "options": {"type": "mixed"},
        "nodes": [{"key": "a", "attributes": {"label": "A"}}, {"key": "b"}],
        "edges": [
            {"source": "a", "target": "b", "undirected": False, "attributes": {"weight": 3}},
            {"source": "b", "target": "a", "undirected": True},
        ],
    }
    columns, _ = read_text(tmp_path, "b.json", json.dumps(sigma))
    assert links_of(columns) == [("a", "b", 3), ("b", "a", 1), ("a", "b", 1)]
    assert texts_of(columns) == {"a": "A", "b": ""}


def test_cytoscape(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "a.cyjs", CYTOSCAPE)
    assert report.format == "cytoscape"
    assert links_of(columns) == [(7, 8, 2)]
    assert labels_of(columns, "relation") == ["contains"]
    assert texts_of(columns) == {7: "coffee", 8: "caffeine"}
    listed = {"elements": [{"data": {"id": "a"}}, {"data": {"source": "a", "target": "a"}}, {}]}
    columns, report = read_text(tmp_path, "b.json", json.dumps(listed, indent=0))
    assert report.format == "cytoscape"
    assert links_of(columns) == [("a", "a", 1)]
    assert faults_of(report) == [(14, "the element has no data")]


def test_faults_in_json_have_lines(tmp_path: Path) -> None:
    text = """{"nodes": [
{"id": "a"},
{"id": "a"},
{"id": null}, {"name": "x"},
7],
"links": [
{"source": "a", "target": "b"},
{"source": "a"},
{"source": "a", "target": "a", "weight": "heavy"},
{"source": "a", "target": "a"}
]}"""
    _, report = read_text(tmp_path, "a.json", text)
    assert [(line, reason.split(" - ")[0]) for line, reason in sorted(faults_of(report))] == [
        (3, "the node 'a' is declared twice"),
        (4, "the node has no id"),
        (4, "the node has no id"),
        (5, "Expected `object`, got `int`"),
        (7, "no node 'b' is declared"),
        (8, "the edge has no target"),
        (9, "the weight 'heavy' is not a number"),
    ]
    with pytest.raises(BadLineError, match=r"a\.json:5"):
        read_links(tmp_path / "a.json", strict=True)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "a.json",
            "[]",
            "no JSON that describes nodes and edges, or lists links: Expected `object`",
        ),
        ("a.json", "{}", 'no "nodes" with "links"'),
        ("a.json", '{"nodes": []}', 'no "nodes" with "links"'),
        ("a.json", '{"nodes": [], "links": [', "Input data was truncated"),
        ("a.json", '{"nodes": [], "links": [], "nodes": []}', "has 'nodes' twice"),
        ("a.json", '{"nodes": [], "links": [{}], "edges": [{}]}', 'both "links" and "edges"'),
        ("a.cyjs", "{}", 'no "elements"'),
        ("a.json", "[" * 100_000, "a.json"),
    ],
)
def test_no_drawing(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_text(tmp_path, name, text)


def test_keys_that_stand_twice_are_told(tmp_path: Path) -> None:
    text = CYTOSCAPE.replace('"weight": 2', '"weight": 2, "weight": 3')
    columns, report = read_text(tmp_path, "a.cyjs", text)
    assert links_of(columns) == [(7, 8, 3)]
    said = f"{tmp_path / 'a.cyjs'}:5: the key 'weight' stands twice in one object; the last value counts"
    assert report.warnings == (said,)


@pytest.mark.parametrize("suffix", DRAWN)
def test_what_is_compressed_and_begins_with_a_mark(tmp_path: Path, suffix: str) -> None:
    plain, _ = read_text(tmp_path, f"a.{suffix}", DRAWN[suffix])
    packed = tmp_path / f"b.{suffix}.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + DRAWN[suffix].encode()))
    columns, report = read_links(packed)
    assert links_of(columns) == links_of(plain)
    assert report.bad_count == 0


def test_pajek_parameters_of_lines(tmp_path: Path) -> None:
    text = '*Vertices 2\n1 a\n2 b\n*Arcs :1 "has"\n1 2 3 w 2 l "is a" author ann time 7 c Red\n2 1 1 c Blue\n'
    columns, _ = read_text(tmp_path, "a.net", text, strict=True)
    assert labels_of(columns, "relation") == ["is a", "has"]
    assert labels_of(columns, "author") == ["ann", ""]
    assert columns.time is not None
    assert columns.time.tolist()[0] == 7
