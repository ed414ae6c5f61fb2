"""CREATE, where the graph is one in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import (
    MapExpression,
    NodePattern,
    ParameterExpression,
    RelationshipPattern,
)
from focusmesh.engine.reasoning.query.plans.comprehensions import ComprehensionPlans
from focusmesh.engine.reasoning.query.sources import MemoryGraph
from focusmesh.engine.reasoning.query.values import (
    EvaluationError,
    NodeValue,
    PathValue,
    RelationshipValue,
    argument_fault,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from focusmesh.engine.reasoning.query.language.syntax import CreateClause, PathPattern
    from focusmesh.engine.reasoning.query.plans.rows import Evaluate, Operator, Row, SlotScope
    from focusmesh.engine.reasoning.query.values import QueryValue


class CreationPlans(ComprehensionPlans):
    """Compiles CREATE."""

    def create(self, clause: CreateClause, scope: SlotScope) -> tuple[Operator, SlotScope]:
        """The operator that adds nodes and relationships once a row, all rows before any goes on."""
        names = list[str]()
        for path in clause.patterns:
            own = [getattr(each, "variable", None) for each in path.elements] + [path.variable]
            names += (each for each in own if each is not None and each not in scope.names)
        inner = scope.binding(*dict.fromkeys(names))
        makers = [self._path_maker(path, inner) for path in clause.patterns]

        def create(rows: Iterable[Row]) -> Iterator[Row]:
            made = list["Row"]()
            for row in rows:
                extended = [*row, *[None] * (inner.width - scope.width)]
                for make in makers:
                    make(extended)
                made.append(tuple(extended))
            return iter(made)

        return create, inner

    def _path_maker(
        self, path: PathPattern, scope: SlotScope
    ) -> Callable[[list[QueryValue]], None]:
        nodes = [
            self._node_maker(each, scope) for each in path.elements if isinstance(each, NodePattern)
        ]
        links = [
            self._link_maker(each, scope)
            for each in path.elements
            if isinstance(each, RelationshipPattern)
        ]
        slot = None if path.variable is None else scope.names[path.variable]

        def make(row: list[QueryValue]) -> None:
            found = [each(row) for each in nodes]
            rows = [link(row, found[index], found[index + 1]) for index, link in enumerate(links)]
            if slot is not None:
                row[slot] = PathValue(tuple(found), tuple(rows))

        return make

    def _node_maker(self, node: NodePattern, scope: SlotScope) -> Callable[[list[QueryValue]], int]:
        graph = self._writable()
        slot = None if node.variable is None else scope.names[node.variable]
        properties = self._properties(node.properties, scope)

        def make(row: list[QueryValue]) -> int:
            known = None if slot is None else row[slot]
            if isinstance(known, NodeValue):
                return known.id
            made = graph.add_node(node.labels, properties(row))
            if slot is not None:
                row[slot] = NodeValue(made)
            return made

        return make

    def _link_maker(
        self, link: RelationshipPattern, scope: SlotScope
    ) -> Callable[[list[QueryValue], int, int], int]:
        graph = self._writable()
        slot = None if link.variable is None else scope.names[link.variable]
        properties = self._properties(link.properties, scope)

        def make(row: list[QueryValue], left: int, right: int) -> int:
            start, end = (right, left) if link.direction == "in" else (left, right)
            made = graph.add_relationship(start, link.types[0], end, properties(row))
            if slot is not None:
                row[slot] = RelationshipValue(made)
            return made

        return make

    def _properties(self, node: object, scope: SlotScope) -> Callable[[Row], dict[str, QueryValue]]:
        if isinstance(node, ParameterExpression):
            given = self.run.parameters[node.name]
            return lambda row: given if isinstance(given, dict) else {}
        if not isinstance(node, MapExpression):
            return lambda row: {}
        entries = {key: (self.expression(each, scope), each.at) for key, each in node.entries}
        return lambda row: {
            key: self._property_value(evaluate, row, at) for key, (evaluate, at) in entries.items()
        }

    def _property_value(self, evaluate: Evaluate, row: Row, at: int) -> QueryValue:
        """A value as a property; maps, nodes, relationships and paths are none."""
        value = evaluate(row)
        members = value if isinstance(value, list) else [value]
        unfit = (dict, NodeValue, RelationshipValue, PathValue)
        if any(isinstance(each, unfit) for each in members):
            error = EvaluationError(
                "TypeError", "InvalidPropertyType", "maps, nodes, links and paths are no properties"
            )
            raise self.run.failure(error, at)
        return value

    def _writable(self) -> MemoryGraph:
        graph = self.run.graph
        if not isinstance(graph, MemoryGraph):
            raise argument_fault("CREATE writes to graphs in memory alone")
        return graph
