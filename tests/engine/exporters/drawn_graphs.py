"""Graphs for tests of exporters: any names, texts and labels that a format can hold, and graphs as plain values."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from focusmesh.engine.exporters import exporter_for
from focusmesh.engine.graph import Graph
from focusmesh.engine.links import NO_NAME, NO_TIME

if TYPE_CHECKING:
    from collections.abc import Hashable

SUFFIXES = (".graphml", ".gexf", ".net", ".json")
Row = tuple[str, str, float, str, str, int]
_HARD = "\t\n\r \"'&<>;,%#*[]{}\\\x7f\x85\xa0\u2028é漢😀\U0010fffd\x01\x0b\x0c\x1f\ufffe"
_WEIGHTS = st.floats(1e-9, 1e9) | st.integers(0, 9)
_TIMES = st.none() | st.integers(NO_TIME + 1, 2**63 - 1)


def words(suffix: str) -> st.SearchStrategy[str]:
    """Names that the format can hold, hard ones among them."""
    forbidden = exporter_for(f"a{suffix}").forbidden
    letters = st.sampled_from(_HARD) | st.characters(codec="utf-8", exclude_characters="\0")
    return st.text(letters, min_size=1, max_size=8).filter(lambda word: not forbidden.search(word))


@st.composite
def graphs(draw: st.DrawFn, suffix: str) -> Graph:
    """Up to six particles, some with texts; parallel links, self-loops, weights of 0, labels on some links."""
    word = words(suffix)
    name = draw(st.sampled_from([word, st.integers(-(2**63), 2**63 - 1)]))
    names: list[Hashable] = [*draw(st.lists(name, min_size=1, max_size=6, unique=True))]
    end, said = st.sampled_from(names), st.none() | word
    edges = draw(st.lists(st.tuples(end, end, _WEIGHTS, said, said, _TIMES), max_size=12))
    graph = Graph.from_edges(edges, particles=names)
    graph.set_texts(draw(st.dictionaries(end, word, max_size=4)))
    return graph


@st.composite
def described_graphs(draw: st.DrawFn, suffix: str) -> Graph:
    """Graphs with properties and labels that the format can hold, under keys that mean something else among them."""
    graph = draw(graphs(suffix))
    word = words(suffix)
    key = (
        st.sampled_from(["x", "label", "text", "labels", "Weight", "type", "rank", "property:x"])
        | word
    )
    whole = st.integers(-(2**63), 2**63 - 1)
    value = st.booleans() | whole | st.floats(allow_nan=False, allow_infinity=False) | word
    said = st.dictionaries(key, value, max_size=3)
    names = list(graph)
    graph.set_properties(draw(st.dictionaries(st.sampled_from(names), said, max_size=4)))
    labels = st.lists(word, max_size=3)
    graph.add_labels(draw(st.dictionaries(st.sampled_from(names), labels, max_size=3)))
    for source, target, _, relation, author, _ in sorted(rows_of(graph)):
        ends = by_text(graph, source), by_text(graph, target)
        if graph.between(*ends):
            named = (
                by_text_or_none(graph.relations, relation),
                by_text_or_none(graph.authors, author),
            )
            for each, said_of in draw(said).items():
                graph.set_link_property(*ends, each, said_of, *named)
    return graph


def by_text(graph: Graph, name: str) -> Hashable:
    """The particle that is written so."""
    return next(each for each in graph if str(each) == name)


def by_text_or_none(names: Any, name: str) -> Hashable:
    """The relation or author that is written so."""
    return next((each for each in names or () if str(each) == name), "")


def described(graph: Graph) -> list[Any]:
    """Properties and labels as plain values with their types."""
    found = graph.snapshot().properties
    if found is None:
        return [{}, [], {}]
    names = [str(name) for name in graph]

    def typed(values: dict[str, Any]) -> dict[str, Any]:
        return {key: (type(value), value) for key, value in values.items()}

    return [
        {names[at]: typed(values) for at, values in found.particles.by_owner().items()},
        sorted((names[at], label) for at, label in found.labels.pairs()),
        {
            (names[key.source], names[key.target], str(key.relation), str(key.author)): typed(
                values
            )
            for key, values in found.links.by_link().items()
        },
    ]


def rows_of(graph: Graph) -> Counter[Row]:
    """Links as plain values, names as text."""
    links = graph.links()

    def said(role: str) -> list[str]:
        names, column = getattr(links, f"{role}s"), getattr(links, role)
        return [NO_NAME] * len(links) if column is None else [str(names[i]) for i in column]

    names = [str(name) for name in links.particles]
    weights = [1.0] * len(links) if links.weight is None else links.weight.tolist()
    times = [NO_TIME] * len(links) if links.time is None else links.time.tolist()
    ends = [[names[i] for i in side] for side in (links.source, links.target)]
    return Counter(zip(*ends, weights, said("relation"), said("author"), times, strict=True))


def rows_of_networkx(graph: Any, relation: str = "relation") -> Counter[Row]:
    """The edges of a NetworkX graph in the same form."""
    return Counter(
        (
            str(source),
            str(target),
            data["weight"],
            str(data.get(relation, NO_NAME)),
            str(data.get("author", NO_NAME)),
            int(data.get("time", NO_TIME)),
        )
        for source, target, data in graph.edges(data=True)
    )


def texts_of(graph: Graph) -> list[str]:
    """The text of each particle."""
    return [""] * len(graph) if graph.texts is None else [str(text) for text in graph.texts]
