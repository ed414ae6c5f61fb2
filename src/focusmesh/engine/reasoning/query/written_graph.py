"""A graph that is written as a text: CREATE makes nodes and relationships, which become particles and links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links import NO_TIME, LinkColumns, LinkKey, Names, PropertyBuilder
from focusmesh.engine.reasoning.query.plans import QuerySettings, open_query
from focusmesh.engine.reasoning.query.sources import MemoryGraph
from focusmesh.engine.reasoning.query.sources.link_graph import NAME, TEXT
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.reasoning.query.values import QueryValue

WEIGHT, AUTHOR, TIME = "weight", "author", "time"


def read_written_graph(text: str) -> LinkColumns:
    """The links that the CREATE clauses of ``text`` make.

    A particle is called by its property ``name`` where that is a text which no other has, else by its number from 0;
    its property ``text`` is its text. Of a relationship ``weight``, ``author`` and ``time`` are those of the link, its
    type is the relation. Raises QueryError for the text, and InputError for what no graph can hold: lists and temporal
    values, and parallel links of one type that differ in properties.
    """
    graph = MemoryGraph()
    query = open_query(text, graph, {}, QuerySettings(creates=True))
    for _ in query.rows:
        pass
    return links_of_memory(graph)


def links_of_memory(graph: MemoryGraph) -> LinkColumns:
    """The links of a graph in memory; see ``read_written_graph``."""
    names, builder = _particle_names(graph), PropertyBuilder()
    texts = [""] * len(names)
    for node, name in enumerate(names):
        properties = dict(graph.node_properties(node))
        if properties.get(NAME) == name:
            del properties[NAME]
        if isinstance(properties.get(TEXT), str):
            texts[node] = str(properties.pop(TEXT))
        for key, value in properties.items():
            builder.set_property(node, key, value)
        for label in graph.labels(node):
            builder.label(node, label)
    count = graph.relationship_count(())
    ends = np.array([graph.ends(link) for link in range(count)], dtype=np.uint32).reshape(-1, 2)
    types = [graph.type_name(link) for link in range(count)]
    own = [dict(graph.relationship_properties(link)) for link in range(count)]
    authors = [str(each.pop(AUTHOR, "")) for each in own]
    weights = [_weight(each.pop(WEIGHT, 1.0)) for each in own]
    times = [each.pop(TIME, None) for each in own]
    _add_link_properties(builder, ends.tolist(), types, authors, own)
    if builder.warnings():
        raise InputError("; ".join(builder.warnings()))
    relations, relation = _number_words(types)
    known, author = _number_words(authors)
    return LinkColumns(
        Names.of(names),
        ends[:, 0].copy(),
        ends[:, 1].copy(),
        np.array(weights, dtype=np.float64),
        relations,
        relation,
        known if any(authors) else None,
        author if any(authors) else None,
        _times(times),
        Names.texts(texts) if any(texts) else None,
        builder.properties(),
    )


def _particle_names(graph: MemoryGraph) -> list[str]:
    given = [graph.node_property(node, NAME) for node in range(graph.node_count)]
    counts = Counter(each for each in given if isinstance(each, str))
    names = [each if isinstance(each, str) and counts[each] == 1 else None for each in given]
    taken, made = {each for each in names if each is not None}, list[str]()
    for node, name in enumerate(names):
        free = str(node)
        while name is None and free in taken:
            free += "_"
        made.append(free if name is None else name)
        taken.add(made[-1])
    return made


def _add_link_properties(
    builder: PropertyBuilder,
    ends: Sequence[Sequence[int]],
    types: Sequence[str],
    authors: Sequence[str],
    own: Sequence[Mapping[str, QueryValue]],
) -> None:
    """The properties of links, which are told apart by ends, type and author alone."""
    first = dict[LinkKey, Mapping[str, Any]]()
    for (source, target), type_, author, properties in zip(ends, types, authors, own, strict=True):
        key = LinkKey(source, target, type_, author)
        if first.setdefault(key, properties) != properties:
            raise InputError(
                f"two links of type {type_!r} lead from one particle to one other and differ in properties: "
                "give them authors, or other types"
            )
    for key, properties in first.items():
        for name, value in properties.items():
            builder.link(key, {name: value})


def _weight(value: QueryValue) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    raise InputError(f"the weight of a link is a number from 0, not {value!r}")


def _times(times: Sequence[QueryValue]) -> Any:
    if not any(each is not None for each in times):
        return None
    for each in times:
        if each is not None and (not isinstance(each, int) or isinstance(each, bool)):
            raise InputError(f"the time of a link is an integer, not {each!r}")
    return np.array([NO_TIME if each is None else each for each in times], dtype=np.int64)


def _number_words(words: Sequence[str]) -> tuple[Names, Any]:
    known = dict[str, int]()
    numbers = [known.setdefault(each, len(known)) for each in words]
    return Names.of(list(known)), np.array(numbers, dtype=np.uint32)
