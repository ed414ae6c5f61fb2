"""What a query may cost, found out before any of it is carried out.

A row costs 1: every object of an answer, those of a page as often as the page is long. Work costs besides:

    context, recall, explain, links of all particles, a block, a receipt     100
    a query of an application                                                100
    ask, walk                                                                 20 a step, 100 at least
    a field that is called otherwise (``mine: text``), in each row             1

Fields in a fragment cost where it is spread, those under @skip and @include as if they were asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from focusmesh.host.service import verbs
from focusmesh.interface.server.graphql.arguments import CostError, Variables, rows
from focusmesh.interface.server.graphql.framework import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.interface.server.graphql.framework import (
        DocumentNode,
        GraphQLSchema,
        SelectionNode,
    )

CONTEXT = 100
STEP = 20
ROWS_OTHERWISE = 10
"""Taken for lists whose length nobody says, such as the particles of a path."""
_WORK = {
    **dict.fromkeys(("context", "recall", "explain", "block", "decisions", "validators"), CONTEXT),
    **dict.fromkeys(("rank_receipt", "link_receipt", "context_receipt"), CONTEXT),
}
_ALL_LINKS = ("Query", "links")
_DRAWN = ("ask", "walk")
_BY_RULES = ("derive", "why")
_LATEST = (*("blocks", "decisions", "finality", "peers", "signal", "status", "validators"),)
"""What goes on while its moment stays what it is."""


@dataclass(frozen=True, slots=True)
class Costs:
    """The limits: ``cost`` in rows, ``depth`` in fields one inside the other, ``tokens`` and characters of the text."""

    cost: int = 10_000
    depth: int = 16
    tokens: int = 2_000
    length: int = 32_768


class Measure(NamedTuple):
    """What a selection costs, and how deep it is."""

    cost: int
    depth: int


_NOTHING = Measure(0, 0)


@dataclass
class Measured:
    """What a query will ask for: its ``measure``, the cursors in it, whether it needs the index of texts."""

    measure: Measure = _NOTHING
    cursors: set[str] = field(default_factory=set)
    needs_texts: bool = False
    is_of_moment: bool = True
    """Whether the same query has the same answer as long as the moment is the same."""


def measure_operation(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    schema: GraphQLSchema,
    variables: Mapping[str, Any],
) -> Measured:
    """Measures an operation that need not be valid; raises CostError for introspection that goes round. O(tokens)."""
    walk = _Walk(document, schema, Variables(operation, variables))
    root = schema.query_type
    walk.found.measure = walk.selection(operation.selection_set, root, 1)
    return walk.found


def verify(found: Measured, costs: Costs) -> None:
    """Raises CostError where the limits do not hold."""
    cost, depth = found.measure
    if cost > costs.cost:
        much = f"{cost:,}" if cost < 10**15 else "far more"
        raise CostError(
            "too-costly",
            f"the query costs {much}, more than the {costs.cost:,} that are allowed: ask for fewer rows",
        )
    if depth > costs.depth:
        raise CostError(
            "too-deep",
            f"the query is nested {depth} deep, deeper than the {costs.depth} that are allowed",
        )


class _Walk:
    """Goes through the selections of an operation; each fragment is measured once for each size of page around it."""

    def __init__(
        self,
        document: DocumentNode,
        schema: GraphQLSchema,
        variables: Variables,
    ) -> None:
        self.found = Measured()
        self._schema = schema
        self._variables = variables
        self._fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        self._known: dict[tuple[str, int], Measure | None] = {}
        self._introspected = 0
        self._scans = frozenset(verb.place for verb in verbs("graphql"))

    def selection(self, selected: SelectionSetNode, kind: Any, page: int) -> Measure:
        """``page`` is how many items the answer around it has."""
        cost, depth = 0, 0
        for each in selected.selections:
            measure = self._measure(each, kind, page)
            cost, depth = cost + measure.cost, max(depth, measure.depth)
        return Measure(cost, depth)

    def _measure(self, each: SelectionNode, kind: Any, page: int) -> Measure:
        if isinstance(each, FieldNode):
            return self._field(each, kind, page)
        if isinstance(each, FragmentSpreadNode):
            return self._fragment(each.name.value, page)
        inline = cast("InlineFragmentNode", each)
        condition = inline.type_condition
        inner = kind if condition is None else self._type(condition.name.value)
        return self.selection(inline.selection_set, inner, page)

    def _fragment(self, name: str, page: int) -> Measure:
        fragment = self._fragments.get(name)
        if fragment is None:
            return _NOTHING
        if (name, page) not in self._known:
            self._known[name, page] = None
            kind = self._type(fragment.type_condition.name.value)
            self._known[name, page] = self.selection(fragment.selection_set, kind, page)
        known = self._known[name, page]
        if known is None:
            raise CostError("too-deep", f"the fragment {name} is spread inside of itself")
        return known

    def _field(self, node: FieldNode, kind: Any, page: int) -> Measure:
        name = node.name.value
        if name in ("__schema", "__type"):
            return self._introspection(node)
        definition = getattr(kind, "fields", {}).get(name)
        if definition is None or is_leaf_type(get_named_type(definition.type)):
            leaf = definition is None or name not in _WORK
            work = 0 if leaf else CONTEXT
            return Measure(work + (node.alias is not None), 1)
        arguments = self._variables.arguments(node, definition)
        count = rows(arguments)
        self._note(name, arguments)
        inner = _NOTHING
        if node.selection_set is not None:
            inner = self.selection(node.selection_set, get_named_type(definition.type), count)
        times = 1
        if _is_list(definition.type):
            times = page if name == "items" else ROWS_OTHERWISE
        work = _work(kind.name, name, count)
        if kind.name == "Query" and name in self._scans:
            work = CONTEXT
        return Measure(work + times * (1 + inner.cost), 1 + inner.depth)

    def _introspection(self, node: FieldNode) -> Measure:
        """Of a fixed size as long as it stands there once, and no field in it twice."""
        self._introspected += 1
        if self._introspected > 1 or _has_alias(node, self._fragments, set()):
            raise CostError(
                "introspection", "ask for the schema once, and call no field of it otherwise"
            )
        return Measure(CONTEXT, 1)

    def _type(self, name: str) -> Any:
        return self._schema.get_type(name)

    def _note(self, name: str, arguments: Mapping[str, Any]) -> None:
        cursor = arguments.get("cursor")
        # Blocks do not change: their pages are of no moment.
        if isinstance(cursor, str) and name not in ("blocks", "decisions"):
            self.found.cursors.add(cursor)
        if name in ("recall", "ask") and arguments.get("question") is not None:
            self.found.needs_texts = True
        if name in _LATEST:
            self.found.is_of_moment = False


def _work(kind: str, name: str, count: int) -> int:
    if (kind, name) == _ALL_LINKS:
        return CONTEXT
    if kind == "Query" and name in _BY_RULES:
        return CONTEXT + count
    return max(CONTEXT, STEP * count) if name in _DRAWN else _WORK.get(name, 0)


def _is_list(kind: Any) -> bool:
    return is_list_type(kind.of_type if is_non_null_type(kind) else kind)


def _has_alias(
    node: FieldNode, fragments: Mapping[str, FragmentDefinitionNode], seen: set[str]
) -> bool:
    """Whether a field in ``node``, or itself, is called otherwise. O(tokens)."""
    if node.alias is not None:
        return True
    waiting = [node.selection_set] if node.selection_set else []
    while waiting:
        for each in waiting.pop().selections:
            if isinstance(each, FragmentSpreadNode):
                name = each.name.value
                if name in fragments and name not in seen:
                    seen.add(name)
                    waiting.append(fragments[name].selection_set)
                continue
            if isinstance(each, FieldNode) and each.alias is not None:
                return True
            if isinstance(each, FieldNode | InlineFragmentNode) and each.selection_set:
                waiting.append(each.selection_set)
    return False
