"""GraphML, GEXF and GML: what NetworkX and igraph write is read as they read it; what is damaged is named."""

from __future__ import annotations

import gzip
import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.graph import Graph
from focusmesh.engine.importers import read_links
from focusmesh.errors import InputError
from tests.engine.importers.files import (
    labels_of,
    links_of,
    read_text,
    texts_of,
)
from tests.engine.importers.samples import GEXF, GML, GRAPHML, WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs

FORMATS = ["graphml", "gexf", "gml"]


def write_node_link(graph: Any, path: Path) -> None:
    path.write_text(json.dumps(nx.node_link_data(graph, edges="links"), indent=1))


def write_cytoscape(graph: Any, path: Path) -> None:
    path.write_text(json.dumps(nx.cytoscape_data(graph)))


WRITERS: dict[str, Callable[[Any, Path], None]] = {
    "graphml": nx.write_graphml_xml,
    "gexf": nx.write_gexf,
    "gml": nx.write_gml,
    "json": write_node_link,
    "cyjs": write_cytoscape,
}
names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=6)
weights = st.floats(0, 1e300, allow_subnormal=False) | st.integers(0, 9)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("graphs")


def expected(graph: Any) -> Counter[tuple[str, str, float, str]]:
    """The links of a NetworkX graph: undirected edges both ways, but loops once."""
    found: Counter[tuple[str, str, float, str]] = Counter()
    for source, target, data in graph.edges(data=True):
        rest = (float(data["weight"]), data["relation"])
        found[source, target, *rest] += 1
        if not graph.is_directed() and source != target:
            found[target, source, *rest] += 1
    return found


@pytest.mark.parametrize("kind", FORMATS)
@given(
    directed=st.booleans(),
    nodes=st.lists(names, min_size=1, max_size=6, unique=True),
    edges=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), weights, names), max_size=12),
)
def test_what_networkx_writes(
    place: Path,
    kind: str,
    directed: bool,
    nodes: list[str],
    edges: list[tuple[int, int, float, str]],
) -> None:
    graph = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(nodes)
    for a, b, weight, relation in edges:
        source, target = nodes[a % len(nodes)], nodes[b % len(nodes)]
        graph.add_edge(source, target, weight=float(weight), relation=relation)
    path = place / f"graph.{kind}"
    WRITERS[kind](graph, path)
    columns, report = read_links(path, strict=True)
    # NetworkX numbers the nodes of GML and keeps their names as labels; a label that repeats the id is no text.
    texts = columns.texts or [""] * len(columns.particles)
    known = {name: str(text) or name for name, text in zip(columns.particles, texts, strict=True)}
    relations = labels_of(columns, "relation") if columns.relation is not None else []
    found = Counter(
        (str(known[a]), str(known[b]), w, str(relation))
        for (a, b, w), relation in zip(links_of(columns), relations, strict=True)
    )
    assert found == expected(graph)
    assert [str(name) for name in known.values()] == nodes
    assert report.line_count == len(path.read_bytes().splitlines())


@pytest.mark.parametrize("kind", ["graphml", "gml"])
@pytest.mark.parametrize("directed", [True, False])
def test_what_igraph_writes(tmp_path: Path, needs: Needs, kind: str, directed: bool) -> None:
    igraph = needs("igraph")
    graph = igraph.Graph([(0, 1), (2, 1), (2, 2), (3, 0)], directed=directed)
    graph.vs["label"] = ["one", "two & <2>", 'the "third"', "four"]
    graph.es["weight"] = [1.5, 0.1, 1 / 3, 2.0]
    path = tmp_path / f"graph.{kind}"
    graph.write(str(path))
    columns, _ = read_links(path, strict=True)
    texts = texts_of(columns)
    labels = graph.vs["label"]
    edges = [(labels[e.source], labels[e.target], e["weight"]) for e in graph.es]
    both = [] if directed else [(b, a, w) for a, b, w in edges if a != b]
    found = sorted((texts[a], texts[b], w) for a, b, w in links_of(columns))
    for (a, b, w), (c, d, v) in zip(found, sorted(edges + both), strict=True):
        assert (a, b) == (c, d)
        # Fifteen digits are what it writes.
        assert math.isclose(w, v, rel_tol=1e-14)


def test_graphml(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "a.graphml", GRAPHML, strict=True)
    assert links_of(columns) == [
        ("a", "b", 2.5),
        ("b", "a", 2.5),
        ("b::1", "b::2", 0.25),
        ("a", "b::1", 1.0),
    ]
    assert texts_of(columns) == {"a": "green & <red>", "b": "grey", "b::1": "grey", "b::2": "blue"}
    assert columns.time is not None
    assert columns.time.tolist()[2] == 1_704_067_200_000_000
    assert report.line_count == 21


def test_gexf(tmp_path: Path) -> None:
    columns, _ = read_text(tmp_path, "a.gexf", GEXF, strict=True)
    assert links_of(columns) == [
        (0, 1, 2.4),
        (1, 2, 9.0),
        (2, 1, 9.0),
        (2, 0, 0.0),
        (0, 2, 0.0),
    ]
    assert labels_of(columns, "relation") == ["cites", "knows", "knows", "", ""]
    assert labels_of(columns, "author") == ["ann", "", "", "", ""]
    assert texts_of(columns) == {0: "Long text", 1: "World", 2: ""}
    assert columns.time is not None
    assert columns.time.tolist()[0] == 1_235_865_600_000_000


def test_gexf_times_that_are_doubles_are_not_read(tmp_path: Path) -> None:
    text = GEXF.replace('timeformat="date"', 'timeformat="double"').replace("2009-03-01", "0.5")
    columns, _ = read_text(tmp_path, "a.gexf", text, strict=True)
    assert columns.time is None


def test_gml(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "a.gml", GML, strict=True)
    assert links_of(columns) == [(1, 2, 0.25), (2, 2, 1.0), (1, 3, 4.0), (3, 1, 4.0)]
    assert labels_of(columns, "relation") == ["first\nline", "", "", ""]
    assert texts_of(columns) == {1: "One & é&unknown;", 2: "7", 3: ""}
    assert report.line_count == 13


@pytest.mark.parametrize("kind", FORMATS)
def test_blocks_and_compression_change_nothing(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a.{kind}"
    whole, _ = read_text(tmp_path, path.name, WHOLE[kind])
    squeezed = tmp_path / f"a.{kind}.gz"
    squeezed.write_bytes(gzip.compress(path.read_bytes()))
    module = "gml_tokens" if kind == "gml" else "xml_elements"
    for size in (1, 7, 64):
        monkeypatch.setattr(f"focusmesh.engine.importers.markup.{module}._BLOCK_BYTES", size)
        for place in (path, squeezed):
            columns, report = read_links(place, strict=True)
            assert links_of(columns) == links_of(whole)
            assert texts_of(columns) == texts_of(whole)
            assert report.line_count == WHOLE[kind].count("\n") + (kind == "gml")


@pytest.mark.parametrize("kind", FORMATS)
def test_columns_say_which_attribute_is_the_weight(tmp_path: Path, kind: str) -> None:
    graph = nx.DiGraph()
    graph.add_edge("a", "b", weight=1.5, capacity=3.0)
    graph.add_edge("b", "a", weight=2.5)
    path = tmp_path / f"a.{kind}"
    WRITERS[kind](graph, path)
    columns, _ = read_links(path, columns={"weight": "capacity"}, strict=True)
    assert [weight for _, _, weight in links_of(columns)] == [3.0, 1.0]
    with pytest.raises(InputError, match="no edge has the attribute 'depth'"):
        read_links(path, columns={"weight": "depth"})
    with pytest.raises(InputError, match="the source of an edge is no column"):
        read_links(path, columns={"source": "a"})


def test_texts_reach_the_graph(tmp_path: Path) -> None:
    path = tmp_path / "a.gml"
    path.write_text(GML, encoding="utf-8")
    graph = Graph.read(path)
    assert graph.text(2) == "7"
    assert graph.weight(1, 2) == 0.25


def test_a_label_that_repeats_the_id_is_no_text(tmp_path: Path) -> None:
    nodes = '<node id="a" label="a"/><node id="b" label="bee"/>'
    text = f'<gexf><graph defaultedgetype="directed"><nodes>{nodes}</nodes></graph></gexf>'
    columns, _ = read_text(tmp_path, "a.gexf", text)
    assert texts_of(columns) == {"a": "", "b": "bee"}
    columns, _ = read_text(tmp_path, "a.gexf", text, columns={"text": "label"})
    assert texts_of(columns) == {"a": "a", "b": "bee"}


def test_graphml_keeps_the_blanks_that_it_says_are_kept(tmp_path: Path) -> None:
    key = '<key id="text" for="node" attr.name="text" attr.type="string"/>'
    nodes = "".join(
        f'<node id="{name}"><data key="text"{space}>\n x </data></node>'
        for name, space in (
            ("a", ""),
            ("b", ' xml:space="preserve"'),
            ("c", ' xml:space="default"'),
        )
    )
    text = f'<graphml>{key}<graph edgedefault="directed">{nodes}</graph></graphml>'
    columns, _ = read_text(tmp_path, "a.graphml", text)
    assert texts_of(columns) == {"a": "x", "b": "\n x ", "c": "x"}


@pytest.mark.parametrize("parallel", [False, True])
def test_what_gml_says_beside_roles_becomes_properties(tmp_path: Path, parallel: bool) -> None:
    drawn = nx.MultiDiGraph() if parallel else nx.DiGraph()
    described = {"population": 2_100_000, "river": "Seine", "ratio": 0.5, "year": "1999"}
    drawn.add_node("Paris", **described)
    drawn.add_edge("Paris", "Lyon", km=391.5, weight=2.0, kind="rail")
    nx.write_gml(drawn, tmp_path / "a.gml")
    read = Graph.read(tmp_path / "a.gml", names="label")
    assert read.properties("Paris") == described
    assert {key: type(value) for key, value in read.properties("Paris").items()} == {
        key: type(value) for key, value in described.items()
    }
    assert read.weight("Paris", "Lyon") == 2.0
    assert read.link_properties("Paris", "Lyon")["km"] == 391.5
    assert set(read.link_properties("Paris", "Lyon")) <= {"km", "kind"}


def test_words_of_gml_that_are_no_numbers_stay_as_they_are(tmp_path: Path) -> None:
    words = "big 1180591620717411303424 under 1_000 word plain small -7 point 1e3"
    (tmp_path / "a.gml").write_text(
        f"graph [ node [ id 1 {words} ] node [ id 2 ] edge [ source 1 target 2 ] ]"
    )
    read = Graph.read(tmp_path / "a.gml")
    found = read.properties(1)
    assert found | {"big": 0} == {
        "big": 0,
        "under": "1_000",
        "word": "plain",
        "small": -7,
        "point": 1e3,
    }
