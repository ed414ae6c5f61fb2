"""The answer of a query: rows under named columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from focusmesh.engine.links import Names, arrow_table, label
from focusmesh.engine.reasoning.query.values import (
    NodeValue,
    PathValue,
    QueryValue,
    RelationshipValue,
    TemporalValue,
    value_json,
    value_text,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from focusmesh.engine.reasoning.query.sources import LinkGraph
    from focusmesh.engine.reasoning.relations import StepProfile

SHOWN_MAX = 20
"""Rows that a notebook shows."""


class TableLink(NamedTuple):
    """A link in a row: the names of its ends, its type, and what it says."""

    source: Hashable
    target: Hashable
    type: str
    properties: Mapping[str, Any]


class TablePath(NamedTuple):
    """A path in a row: the names of its particles, and its links in order."""

    particles: tuple[Hashable, ...]
    links: tuple[TableLink, ...]


class Table:
    """Rows of a query. A particle is its name, a link a ``TableLink``, a path a ``TablePath``, a time its text.

    ``complete`` is False where a limit cut the rows; ``profile`` has what the steps took, if that was asked for.
    """

    def __init__(
        self,
        columns: Sequence[str],
        values: Sequence[Sequence[QueryValue]],
        graph: LinkGraph,
        *,
        complete: bool = True,
        profile: Sequence[StepProfile] = (),
    ) -> None:
        self.columns = tuple(columns)
        self.complete = complete
        self.profile = tuple(profile)
        self._values = values
        self._graph = graph

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for row in self._values:
            yield tuple(map(self._plain, row))

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """All rows. O(rows)."""
        return list(self)

    def __getitem__(self, column: str) -> list[Any]:
        """One column as a list; raises KeyError for another name. O(rows)."""
        if column not in self.columns:
            raise KeyError(f"{column}: there are {', '.join(self.columns)}")
        at = self.columns.index(column)
        return [self._plain(row[at]) for row in self._values]

    def json_rows(self) -> Iterator[list[Any]]:
        """The rows as JSON can hold them: particles and links with labels, types and properties."""
        for row in self._values:
            yield [value_json(each, self._graph) for each in row]

    def text_rows(self) -> Iterator[list[str]]:
        """The rows as people read them: texts as they are, particles by name, else in Cypher's notation."""
        for row in self._values:
            yield [self._text(each) for each in row]

    def to_table(self) -> Any:
        """An Arrow table: columns of numbers and of texts; all else as ``text_rows`` writes it, null as empty text.

        Raises MissingExtraError without the extra ``arrow``.
        """
        made = dict[str, Any]()
        for at, name in enumerate(self.columns):
            values = [row[at] for row in self._values]
            kinds = {type(each) for each in values}
            if kinds and kinds <= {int, float}:
                made[name] = np.array(values, dtype=np.int64 if kinds == {int} else np.float64)
            else:
                made[name] = Names.texts(
                    "" if each is None else self._text(each) for each in values
                )
        return arrow_table(made)

    def _plain(self, value: QueryValue) -> Any:
        if isinstance(value, NodeValue):
            return self._graph.snapshot.particles[value.id]
        if isinstance(value, RelationshipValue):
            return self._link(value.id)
        if isinstance(value, PathValue):
            names = tuple(self._graph.snapshot.particles[each] for each in value.nodes)
            return TablePath(names, tuple(map(self._link, value.relationships)))
        if isinstance(value, TemporalValue):
            return str(value)
        if isinstance(value, list):
            return [self._plain(each) for each in value]
        if isinstance(value, dict):
            return {key: self._plain(each) for key, each in value.items()}
        return value

    def _link(self, row: int) -> TableLink:
        graph = self._graph
        source, target = (graph.snapshot.particles[each] for each in graph.ends(row))
        properties = self._plain(dict(graph.relationship_properties(row)))
        return TableLink(source, target, graph.type_name(row), properties)

    def _text(self, value: QueryValue) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, NodeValue):
            return label(self._graph.snapshot.particles[value.id])
        if isinstance(value, TemporalValue):
            return str(value)
        return value_text(value, self._graph)

    def __repr__(self) -> str:
        cut = "" if self.complete else ", cut by a limit"
        return f"<{len(self)} rows of {', '.join(self.columns)}{cut}>"

    def _repr_html_(self) -> str:
        from html import escape
        from itertools import islice

        def line(cells: Sequence[str], tag: str) -> str:
            inner = "".join(f"<{tag}>{escape(each)}</{tag}>" for each in cells)
            return f"<tr>{inner}</tr>"

        rows = "".join(line(each, "td") for each in islice(self.text_rows(), SHOWN_MAX))
        left = len(self) - SHOWN_MAX
        more = f"<p>{left:,} rows more</p>" if left > 0 else ""
        return f"<table>{line(self.columns, 'th')}{rows}</table>{more}"
