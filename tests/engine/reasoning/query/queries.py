"""Queries over one small graph, a clause after the other: what expressions of the TCK need and no more."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.query import values as v
from focusmesh.engine.reasoning.query.functions import FunctionContext
from tests.engine.reasoning.query.expressions import Expressions
from tests.engine.reasoning.query.words import NotEvaluableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.reasoning.query.expressions import Aggregate
    from tests.engine.reasoning.query.operators import Expression, Row
    from tests.engine.reasoning.query.small_graph import SmallGraph

NOW = 1_700_000_000_123_456_789


class SmallQuery(Expressions):
    """One query; ``rows`` are those between clauses, ``columns`` what RETURN names."""

    def __init__(self, text: str, graph: SmallGraph, parameters: Row) -> None:
        context = FunctionContext(graph, NOW, lambda: NOW, Random(7))
        super().__init__(text, context, parameters)
        self.text, self.graph = text, graph
        self.rows: list[Row] = [{}]
        self.columns: list[str] = []

    def run(self) -> list[list[Any]]:
        """The rows of the result, a value for each of ``columns``."""
        clauses: dict[str, Callable[[], None]] = {
            "UNWIND": self._unwind,
            "WITH": self._with,
            "RETURN": self._return,
            "MATCH": self._match,
            "OPTIONAL": self._optional_match,
            "CREATE": self._create,
        }
        while self.kind != "end":
            clause = clauses.get(self.word.upper())
            if clause is None:
                raise NotEvaluableError(self.word)
            self.at += 1
            clause()
        return [[row[name] for name in self.columns] for row in self.rows]

    def _unwind(self) -> None:
        source = self.expression()
        self.expect("AS")
        name = self.name()
        rows = []
        for row in self.rows:
            value = source(row)
            members = value if isinstance(value, list) else [] if value is None else [value]
            rows += [{**row, name: each} for each in members]
        self.rows = rows

    def _with(self) -> None:
        names = self._project()
        self._filter()
        self._keep(names)

    def _filter(self) -> None:
        if self.skip("WHERE"):
            condition = self.expression()
            self.rows = [row for row in self.rows if v.truth(condition(row), "WHERE") is True]

    def _return(self) -> None:
        self.columns = self._project()
        self._keep(self.columns)

    def _keep(self, names: list[str]) -> None:
        self.rows = [{name: row[name] for name in names} for row in self.rows]

    def _project(self) -> list[str]:
        distinct = self.skip("DISTINCT")
        if self.skip("*"):
            return list(self.rows[0]) if self.rows else []
        items: list[tuple[str, Expression, list[Aggregate]]] = []
        while not items or self.skip(","):
            items.append(self._item(len(items)))
        names = [name for name, _, _ in items]
        if any(found for _, _, found in items):
            self.rows = _group(self.rows, items)
        else:
            self.rows = [
                {**row, **{name: each(row) for name, each, _ in items}} for row in self.rows
            ]
        self._order()
        if distinct:
            kept = {tuple(v.group_key(row[name]) for name in names): row for row in self.rows[::-1]}
            self.rows = list(kept.values())[::-1]
        self._cut()
        return names

    def _item(self, number: int) -> tuple[str, Expression, list[Aggregate]]:
        start = self.tokens[self.at][2]
        self.aggregates = []
        expression = self.expression()
        name = self.text[start : self.tokens[self.at][2]].strip()
        if self.skip("AS"):
            name = self.name()
        return name, expression, self.aggregates

    def _order(self) -> None:
        if not self.skip("ORDER", "BY"):
            return
        keys: list[tuple[Expression, bool]] = []
        while not keys or self.skip(","):
            key = self.expression()
            falling = self.skip("DESC") or self.skip("DESCENDING")
            _ = falling or self.skip("ASC") or self.skip("ASCENDING")
            keys.append((key, falling))
        for key, falling in reversed(keys):
            placed = [(v.order_key(key(row)), row) for row in self.rows]
            placed.sort(key=lambda each: each[0], reverse=falling)
            self.rows = [row for _, row in placed]

    def _cut(self) -> None:
        if self.skip("SKIP"):
            self.rows = self.rows[self.expression()({}) :]
        if self.skip("LIMIT"):
            self.rows = self.rows[: self.expression()({})]

    def _optional_match(self) -> None:
        self.expect("MATCH")
        if len(self.rows) != 1:
            raise NotEvaluableError("OPTIONAL MATCH of several rows")
        before = self.rows
        self._match()
        if not self.rows:
            names = [w for k, w, _ in self.tokens if k == "name"]
            self.rows = [{**dict.fromkeys(names), **row} for row in before]

    def _match(self) -> None:
        while True:
            path = self.name() if self.kind == "name" else ""
            if path:
                self.expect("=")
            name, labels, properties = self._node()
            if self.is_next("-") or self.is_next("<-"):
                self._match_link(path, name, labels)
            else:
                self._match_node(path, name, labels, properties)
            if not self.skip(","):
                break
        self._filter()

    def _match_node(self, path: str, name: str, labels: list[str], properties: Expression) -> None:
        rows = []
        for row in self.rows:
            wanted = properties(row)
            for node in range(len(self.graph.nodes)):
                own = self.graph.node_properties(node)
                same = all(v.is_equal(own.get(k), each) is True for k, each in wanted.items())
                if same and {*labels} <= {*self.graph.labels(node)}:
                    found: Row = {name: v.NodeValue(node)} if name else {}
                    found |= {path: v.PathValue((node,), ())} if path else {}
                    rows += _extend(row, found)
        self.rows = rows

    def _match_link(self, path: str, name: str, labels: list[str]) -> None:
        forward = not self.skip("<-")
        if forward:
            self.expect("-")
        link, kind, _ = self._link()
        backward = not forward or self.is_next("-")
        self.expect("->" if self.is_next("->") else "-")
        other, other_labels, _ = self._node()
        if self.is_next("-") or self.is_next("<-"):
            raise NotEvaluableError("a longer path")
        rows = []
        for row in self.rows:
            for number, start, own, end in self._steps(forward, backward):
                fits = not kind or own == kind
                fits = fits and {*labels} <= {*self.graph.labels(start)}
                if fits and {*other_labels} <= {*self.graph.labels(end)}:
                    found: Row = {name: v.NodeValue(start), other: v.NodeValue(end)}
                    found |= {link: v.RelationshipValue(number)}
                    found |= {path: v.PathValue((start, end), (number,))}
                    if not name or name != other or start == end:
                        rows += _extend(row, {key: each for key, each in found.items() if key})
        self.rows = rows

    def _steps(self, forward: bool, backward: bool) -> list[tuple[int, int, str, int]]:
        links = [(number, *link[:3]) for number, link in enumerate(self.graph.links)]
        back = [(number, end, kind, start) for number, start, kind, end in links]
        loops_once = [each for each in back if not forward or each[1] != each[3]]
        return (links if forward else []) + (loops_once if backward else [])

    def _node(self) -> tuple[str, list[str], Expression]:
        self.expect("(")
        name = self.name() if self.kind == "name" else ""
        labels = []
        while self.skip(":"):
            labels.append(self.name())
        properties = self._map() if self.skip("{") else (lambda row: {})
        self.expect(")")
        return name, labels, properties

    def _link(self) -> tuple[str, str, Expression]:
        if not self.skip("["):
            return "", "", lambda row: {}
        name = self.name() if self.kind == "name" else ""
        kind = self.name() if self.skip(":") else ""
        properties = self._map() if self.skip("{") else (lambda row: {})
        self.expect("]")
        return name, kind, properties

    def _create(self) -> None:
        start = self.at
        for row in self.rows:
            self.at = start
            self._create_pattern(row)

    def _create_pattern(self, row: Row) -> None:
        while True:
            before = self._create_node(row)
            while self.is_next("-") or self.is_next("<-"):
                back = self.skip("<-")
                if not back:
                    self.expect("-")
                name, kind, properties = self._link()
                self.expect("-" if back else "->")
                after = self._create_node(row)
                start, end = (after, before) if back else (before, after)
                link = self.graph.add_link(start, kind, end, properties(row))
                row |= {name: v.RelationshipValue(link)} if name else {}
                before = after
            if not self.skip(","):
                break

    def _create_node(self, row: Row) -> int:
        name, labels, properties = self._node()
        known = row.get(name) if name else None
        if isinstance(known, v.NodeValue):
            return known.id
        node = self.graph.add_node(labels, properties(row))
        row |= {name: v.NodeValue(node)} if name else {}
        return node


def _extend(row: Row, found: Row) -> list[Row]:
    """The row with what a pattern found, unless it has other values for that already."""
    return [row | found] if all(row.get(key, each) == each for key, each in found.items()) else []


def _group(rows: list[Row], items: list[tuple[str, Expression, list[Aggregate]]]) -> list[Row]:
    keys = [(name, each) for name, each, found in items if not found]
    groups: dict[object, list[Row]] = {}
    for row in rows:
        key = tuple(v.group_key(each(row)) for _, each in keys)
        groups.setdefault(key, []).append(row)
    if not rows and not keys:
        groups[()] = []
    made = []
    for members in groups.values():
        first = members[0] if members else {}
        row = {**first, **{name: each(first) for name, each in keys}}
        for name, expression, found in items:
            if found:
                totals = {each.key: each.result(members) for each in found}
                row[name] = expression({**first, **totals})
        made.append(row)
    return made
