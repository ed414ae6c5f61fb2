"""What exporters write is read back as the same graph: by the importers, by NetworkX and by igraph."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine.links import NO_TIME
from tests.engine.exporters.drawn_graphs import (
    SUFFIXES,
    described,
    described_graphs,
    graphs,
    rows_of,
    rows_of_networkx,
    texts_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh import Focus
    from tests.conftest import Needs


def read_node_link(path: Path) -> Any:
    return nx.node_link_graph(json.loads(path.read_text(encoding="utf-8")), edges="edges")


NETWORKX: dict[str, Callable[[Path], Any]] = {
    ".graphml": nx.read_graphml,
    ".gexf": nx.read_gexf,
    ".net": nx.read_pajek,
    ".json": read_node_link,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("written")


def written(graph: Graph, path: Path) -> Focus:
    focus = graph.focus()
    graph.write(path, focus)
    return focus


@pytest.mark.parametrize("suffix", [".graphml", ".gexf", ".json"])
@given(data=st.data())
def test_the_same_graph_comes_back(place: Path, suffix: str, data: st.DataObject) -> None:
    graph = data.draw(graphs(suffix))
    written(graph, place / f"same{suffix}")
    found = Graph.read(place / f"same{suffix}", strict=True)
    assert [str(name) for name in found] == [str(name) for name in graph]
    assert rows_of(found) == rows_of(graph)
    assert texts_of(found) == texts_of(graph)


@pytest.mark.parametrize("suffix", [".graphml", ".gexf", ".json"])
@given(data=st.data())
def test_properties_and_labels_come_back(place: Path, suffix: str, data: st.DataObject) -> None:
    """Values with their types, whatever keys are called, and texts and roles as they were."""
    graph = data.draw(described_graphs(suffix))
    written(graph, place / f"described{suffix}")
    found = Graph.read(place / f"described{suffix}", strict=True)
    assert described(found) == described(graph)
    assert found.report is not None
    assert not [each for each in found.report.warnings if "left out" in each]
    assert rows_of(found) == rows_of(graph)
    assert texts_of(found) == texts_of(graph)


@given(data=st.data())
def test_networkx_holds_properties_and_labels(data: st.DataObject) -> None:
    graph = data.draw(described_graphs(".json"))
    again = Graph.from_networkx(graph.to_networkx())
    assert described(again) == described(graph)
    assert rows_of(again) == rows_of(graph)


@given(graph=graphs(".net"))
def test_pajek_comes_back_by_its_labels(place: Path, graph: Graph) -> None:
    named = [" ".join(str(name).split()) for name in graph]
    assume(all(named) and len(set(named)) == len(named))
    # A label is read on one line with single blanks.
    graph = graph.renamed(named)
    written(graph, place / "same.net")
    found = Graph.read(place / "same.net", strict=True, names="label")
    assert list(found) == named
    assert rows_of(found) == rows_of(graph)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(data=st.data())
def test_networkx_reads_it_ranked(place: Path, suffix: str, data: st.DataObject) -> None:
    graph = data.draw(graphs(suffix))
    focus = written(graph, place / f"networkx{suffix}")
    found = NETWORKX[suffix](place / f"networkx{suffix}")
    assert found.is_directed()
    assert [str(node) for node in found] == [str(name) for name in graph]
    assert rows_of_networkx(found, "l" if suffix == ".net" else "relation") == rows_of(graph)
    assert [float(node["focus"]) for _, node in found.nodes(data=True)] == focus.scores.tolist()
    ranked = sorted(found.nodes(data=True), key=lambda node: int(node[1]["rank"]))
    assert [str(node) for node, _ in ranked] == [str(each.particle) for each in focus.top(9)]
    if suffix != ".net":
        assert [node.get("text", "") for _, node in found.nodes(data=True)] == texts_of(graph)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it only imports
@pytest.mark.parametrize("suffix", [".graphml", ".net"])
@given(data=st.data())
def test_igraph_reads_it_ranked(
    needs: Needs, place: Path, suffix: str, data: st.DataObject
) -> None:
    igraph = needs("igraph")
    graph = data.draw(graphs(suffix))
    focus = written(graph, place / f"igraph{suffix}")
    path = str(place / f"igraph{suffix}")
    found = (
        igraph.Graph.Read_GraphML(path) if suffix == ".graphml" else igraph.Graph.Read_Pajek(path)
    )
    assert found.is_directed()
    names = found.vs["id" if suffix == ".graphml" else "name"]
    if suffix == ".graphml":
        # igraph 1.0 leaves "&" of an id as the reference that libxml2 hands it.
        names = [name.replace("&#38;", "&") for name in names]
    assert names == [str(name) for name in graph]
    assert [float(score) for score in found.vs["focus"]] == focus.scores.tolist()
    assert sorted(int(rank) for rank in found.vs["rank"]) == list(range(1, len(graph) + 1))
    links = [(names[edge.source], names[edge.target], edge["weight"]) for edge in found.es]
    assert links == [row[:3] for row in rows_in_order(graph)]


def rows_in_order(graph: Graph) -> list[tuple[str, str, float]]:
    links = graph.links()
    names = [str(name) for name in graph]
    weights = np.ones(len(links)) if links.weight is None else links.weight
    ends = zip(links.source.tolist(), links.target.tolist(), weights.tolist(), strict=True)
    return [(names[source], names[target], weight) for source, target, weight in ends]


def test_igraph_reads_relations(needs: Needs, tmp_path: Path) -> None:
    igraph = needs("igraph")
    graph = Graph.from_edges(
        [("R&D", "b", 1, "is a", "ann", 7), ("R&D", "b", 2, "has"), ("b", "R&D", 3)]
    )
    graph.write(tmp_path / "g.graphml")
    graph.write(tmp_path / "g.net")
    found = igraph.Graph.Read_GraphML(str(tmp_path / "g.graphml"))
    assert found.vs["label"] == ["R&D", "b"]
    assert found.es["relation"] == ["is a", "has", ""]
    assert found.es["author"] == ["ann", "", ""]
    assert found.es["time"][0] == 7
    found = igraph.Graph.Read_Pajek(str(tmp_path / "g.net"))
    assert found.es["label"] == ["is a", "has", ""]


def test_integers_stay_integers_where_types_are_known(tmp_path: Path) -> None:
    graph = Graph.from_edges([(7, 12), (12, -1)])
    for suffix in SUFFIXES:
        graph.write(tmp_path / f"g{suffix}")
    assert set(read_node_link(tmp_path / "g.json")) == {7, 12, -1}
    assert 'idtype="integer"' in (tmp_path / "g.gexf").read_text("utf-8")
    graph.renamed([2**31, 1, 2]).write(tmp_path / "g.gexf")
    # Gephi's integers have 32 bits.
    assert 'idtype="string"' in (tmp_path / "g.gexf").read_text("utf-8")


def test_parallel_links_stay_apart(tmp_path: Path) -> None:
    graph = Graph.from_edges([("a", "b", 1, "x"), ("a", "b", 2, "y"), ("a", "b", 4, "x", "ann")])
    for suffix, read in NETWORKX.items():
        graph.write(tmp_path / f"g{suffix}")
        found = read(tmp_path / f"g{suffix}")
        assert found.is_multigraph(), suffix
        assert found.number_of_edges() == 3, suffix
    Graph.from_edges([("a", "b", 1, "x"), ("b", "a", 2, "y")]).write(tmp_path / "g.json")
    assert not read_node_link(tmp_path / "g.json").is_multigraph()


def test_a_label_is_the_beginning_of_the_text(tmp_path: Path) -> None:
    graph = Graph.from_edges([("a", "b"), ("b", "c")])
    graph.set_texts({"a": "two\n  lines", "b": "x" * 200})
    graph.write(tmp_path / "g.gexf")
    found = nx.read_gexf(tmp_path / "g.gexf")
    assert [found.nodes[name]["label"] for name in "abc"] == ["two lines", "x" * 79 + "…", "c"]
    assert Graph.read(tmp_path / "g.gexf").text("b") == "x" * 200
    assert Graph.read(tmp_path / "g.gexf").text("c") == ""


IDS = {
    "a.gml": 'graph [ directed 1 node [ id 0 label "Ada" ] node [ id 1 label "Bob" ] edge [ source 0 target 1 ] ]',
    "a.nt": """<http://e/a> <http://e/knows> <http://e/b> .
<http://e/a> <http://www.w3.org/2000/01/rdf-schema#label> "Ada" .
<http://e/b> <http://www.w3.org/2000/01/rdf-schema#label> "Bob" .
""",
    "a.net": '*Vertices 2\n1 "Ada"\n2 "Bob"\n*Arcs\n1 2\n',
    "a.json": """{"directed": true, "nodes": [{"id": "n0", "label": "Ada"}, {"id": "n1", "label": "Bob"}],
"links": [{"source": "n0", "target": "n1"}]}""",
}


@pytest.mark.parametrize("name", IDS)
def test_particles_called_by_label_keep_it_in_files(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(IDS[name], encoding="utf-8")
    graph = Graph.read(tmp_path / name, names="label")
    # Pajek has no quotes in names, and a literal is called as it stands in RDF.
    for suffix in (each for each in SUFFIXES if (name, each) != ("a.nt", ".net")):
        graph.write(tmp_path / f"out{suffix}")
        again = Graph.read(tmp_path / f"out{suffix}", names="label")
        assert {"Ada", "Bob"} <= set(again) == set(graph)
        assert again.weight("Ada", "Bob") == 1.0
    shown = nx.read_gexf(tmp_path / "out.gexf").nodes["Ada"]["label"]
    assert shown == "Ada"


def test_digests_are_written_as_content_ids(tmp_path: Path) -> None:
    graph = Graph.from_edges([(bytes(32), bytes([1] * 32))])
    graph.write(tmp_path / "g.json")
    found = Graph.read(tmp_path / "g.json")
    assert [graph.index(name) for name in found] == [0, 1]


def test_a_link_without_a_time_has_none(tmp_path: Path) -> None:
    graph = Graph.from_edges([("a", "b", 1, None, None, 0), ("b", "a", 1)])
    graph.write(tmp_path / "g.graphml")
    times = Graph.read(tmp_path / "g.graphml").links().time
    assert times is not None
    assert times.tolist() == [0, NO_TIME]


@pytest.mark.parametrize(
    "suffix",
    [pytest.param(one, marks=[pytest.mark.soak] * (one != ".graphml")) for one in SUFFIXES],
)
def test_a_context_and_more_links_than_a_block(tmp_path: Path, suffix: str) -> None:
    ends = np.arange(70_000)
    graph = Graph.from_edges(ends, (ends * 7 + 1) % 70_000)
    focus = graph.focus(seeds=[3])
    graph.write(tmp_path / f"g{suffix}", focus)
    found = Graph.read(tmp_path / f"g{suffix}", strict=True)
    assert (found.particle_count, found.link_count) == (70_000, 70_000)
    assert np.array_equal(found.links().target, graph.links().target)


def test_gephi_is_told_sizes_and_colours(tmp_path: Path) -> None:
    graph = Graph.from_edges([("a", "hub"), ("b", "hub"), ("c", "hub"), ("hub", "a")])
    focus = written(graph, tmp_path / "g.gexf")
    found = nx.read_gexf(tmp_path / "g.gexf").nodes
    order = [each.particle for each in focus.top(4)]
    sizes = [found[name]["viz"]["size"] for name in order]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 40
    assert found["hub"]["viz"]["color"] == {"r": 253, "g": 231, "b": 37, "a": 1.0}
    assert found[order[-1]]["viz"]["color"] == {"r": 68, "g": 1, "b": 84, "a": 1.0}
