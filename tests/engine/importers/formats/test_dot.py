"""DOT: what Graphviz's grammar allows, what NetworkX and igraph write, what pydot reads; what is damaged is named."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.graph import Graph
from focusmesh.engine.importers import read_links
from focusmesh.errors import DamagedFileError, FocusmeshError, InputError
from tests.engine.importers.files import faults_of, labels_of, links_of, read_text, texts_of
from tests.engine.importers.samples import DOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Measured, Needs


def test_dot(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "a.gv", DOT)
    assert report.format == "dot"
    assert links_of(columns) == [
        ("a", "b", 2),
        ("a", "c", 2),
        ("b", 'd "q"', 2),
        ("c", 'd "q"', 2),
        ("x", "y", 5),
        ("x", "z", 7),
        ("long", "-1.5", 2),
        ("1", "2", 0.5),
        ("2", "1", 0.5),
        ("2", "3", 0.5),
        ("3", "2", 0.5),
    ]
    assert labels_of(columns, "relation") == [*["knows"] * 4, *[""] * 7]
    texts = {name: text for name, text in texts_of(columns).items() if text != ""}
    assert texts == {"c": "See\nsea", "e": "a <b>bold</b>"}
    assert faults_of(report) == []
    assert "See sea" in Graph.read(tmp_path / "a.gv", names="label")


def test_numbers_are_integers_where_all_are(tmp_path: Path) -> None:
    columns, _ = read_text(tmp_path, "a.dot", "digraph { 1 -> 2 -> 10 }")
    assert links_of(columns) == [(1, 2, 1), (2, 10, 1)]


def test_strict_graphs_have_one_edge_a_pair(tmp_path: Path) -> None:
    text = "strict graph { a -- b [weight=3]; b -- a [label=knows]; a -- a; a -- a }"
    columns, _ = read_text(tmp_path, "a.dot", text)
    assert links_of(columns) == [("a", "b", 3), ("b", "a", 3), ("a", "a", 1)]
    assert labels_of(columns, "relation") == ["knows", "knows", ""]


def test_defaults_hold_for_what_comes_after_them_and_within_their_group(tmp_path: Path) -> None:
    text = """digraph {
      a -> b; edge [weight=2]; b -> c; { edge [weight=3] node [label=inner]; c -> d } d -> e
      node [label="\\N"] f [label=] }"""
    text = text.replace("[label=]", '[label=""]')
    columns, _ = read_text(tmp_path, "a.dot", text)
    assert [link[2] for link in links_of(columns)] == [1, 2, 3, 2]
    assert {n: t for n, t in texts_of(columns).items() if t != ""} == {"d": "inner"}


def test_bad_weights_are_bad_lines(tmp_path: Path) -> None:
    columns, report = read_text(tmp_path, "a.dot", "digraph {\na -> b [weight=-1]\nb -> c\n}\n")
    assert links_of(columns) == [("b", "c", 1)]
    assert faults_of(report) == [(2, "the weight '-1' is negative")]


def deep(depth: int) -> str:
    return "digraph {" + "{" * depth + "a" + "}" * depth + "}"


DAMAGED: list[tuple[str | bytes, type[Exception], str]] = [
    ("digraph {\na -> b", DamagedFileError, r"a\.dot:2: not DOT: the end of the file where a name"),
    ("digraph {\na ->\n}", DamagedFileError, r"a\.dot:3: not DOT: '}' where a name is expected"),
    ("digraph { a -- b }", DamagedFileError, "another arrow than the -> of this kind of graph"),
    ("graph { a -> b }", DamagedFileError, "another arrow than the -- of this kind of graph"),
    ('digraph { "a -> b }', DamagedFileError, r"a\.dot:1: not DOT: '\"a -> b }' is no token"),
    ("digraph { a [label=<b] }", DamagedFileError, "a < is not closed"),
    ("digraph { a [label=] }", DamagedFileError, "']' where a name is expected"),
    ('digraph { "a" + }', DamagedFileError, "'}' where a text to join is expected"),
    ("a -> b", DamagedFileError, "'a' where graph is expected"),
    ("digraph { /* }", DamagedFileError, "is no token"),
    (deep(101), DamagedFileError, "nested deeper than 100"),
    (b"digraph {\n a -> \xff }", InputError, r"a\.dot:2: the byte 0xff is not UTF-8"),
    ("digraph { }", InputError, "has no links"),
    ("", InputError, "is empty"),
]


@pytest.mark.parametrize(("text", "error", "message"), DAMAGED)
def test_what_is_damaged_is_named(
    tmp_path: Path, text: str | bytes, error: type[Exception], message: str
) -> None:
    path = tmp_path / "a.dot"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(error, match=message):
        read_links(path)


def test_groups_as_deep_as_may_be(tmp_path: Path) -> None:
    columns, _ = read_text(tmp_path, "a.dot", deep(100))
    assert list(columns.particles) == ["a"]


def test_edges_between_groups_are_bounded(tmp_path: Path) -> None:
    group = "{" + " ".join(f"n{at}" for at in range(5_000)) + "}"
    with pytest.raises(DamagedFileError, match="edges between groups stand for more than"):
        read_text(tmp_path, "a.dot", f"digraph {{ {group} -> {group} }}")


@pytest.mark.parametrize("directed", [True, False])
def test_networkx_through_pydot(tmp_path: Path, needs: Needs, directed: bool) -> None:
    networkx = needs("networkx")
    needs("pydot")
    random = Random(3)
    graph = networkx.gnp_random_graph(9, 0.4, seed=5, directed=directed)
    for *_, data in graph.edges(data=True):
        data["weight"] = random.randrange(1, 9) / 4
    graph = networkx.relabel_nodes(graph, {at: f"node {at}, ü" for at in graph})
    networkx.nx_pydot.write_dot(graph, tmp_path / "a.dot")
    columns, _ = read_links(tmp_path / "a.dot", strict=True)
    ways = [(a, b, data["weight"]) for a, b, data in graph.edges(data=True)]
    both = [] if directed else [(b, a, weight) for a, b, weight in ways]
    assert Counter(links_of(columns)) == Counter(ways + both)


def test_igraph(tmp_path: Path, needs: Needs) -> None:
    igraph = needs("igraph")
    graph = igraph.Graph([(0, 1), (1, 2), (2, 0)], directed=True)
    graph.es["weight"] = [0.5, 2.0, 3.0]
    graph.write_dot(str(tmp_path / "a.dot"))
    columns, _ = read_links(tmp_path / "a.dot", strict=True)
    assert links_of(columns) == [(0, 1, 0.5), (1, 2, 2.0), (2, 0, 3.0)]


PLAIN = (
    'digraph g {\n  a -> b [weight=2.5, label="x y"];\n  "c d" -> a; b -> e -> f [weight=3]\n}\n'
)
PIECES = [";", ",", " ", '"', "\n", "{", "}", "[", "]", "->", "--", "=", "a", "7", ".", "#", "/*"]


@pytest.mark.filterwarnings("ignore")
def test_mutated_files_are_read_as_pydot_reads_them_or_refused(
    tmp_path: Path, needs: Needs, measured: Measured, capfd: pytest.CaptureFixture[str]
) -> None:
    pydot = needs("pydot")
    path, random = tmp_path / "a.dot", Random(11)
    counts = Counter[str]()
    for _ in range(300):
        text = PLAIN
        for _ in range(random.choice((1, 1, 2))):
            at, length = random.randrange(len(text) + 1), random.choice((0, 1, 2, 5))
            text = text[:at] + random.choice((*PIECES, "")) + text[at + length :]
        path.write_text(text)
        told = ""
        try:
            columns, report = read_links(path)
        except FocusmeshError as error:
            told = str(error)
        if told or report.bad_count:
            assert not told or "a.dot" in told
            counts["told"] += 1
            continue
        peers = pydot.graph_from_dot_data(text)
        if not peers:
            counts["pydot refuses"] += 1
            continue
        same = Counter((str(a), str(b), w) for a, b, w in links_of(columns)) == edges_of(peers)
        counts["same" if same else "other"] += 1
        assert same, text
    capfd.readouterr()
    assert counts["same"] >= 40
    measured(f"mutated DOT: {dict(counts)}")


def edges_of(graphs: list[Any]) -> Counter[tuple[str, str, float]]:
    return Counter(
        (
            edge.get_source().strip('"'),
            edge.get_destination().strip('"'),
            float((edge.get("weight") or "1").strip('"')),
        )
        for graph in graphs
        for edge in graph.get_edges()
    )
