"""Parts of values: elements, slices and properties, and searches in texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.values.equality import is_in
from focusmesh.engine.reasoning.query.values.faults import EvaluationError, type_fault
from focusmesh.engine.reasoning.query.values.graph_values import NodeValue, RelationshipValue
from focusmesh.engine.reasoning.query.values.value import TemporalValue, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.engine.reasoning.query.values.graph_values import GraphAccess
    from focusmesh.engine.reasoning.query.values.value import QueryValue


def property_of(value: QueryValue, key: str, graph: GraphAccess) -> QueryValue:
    """``value.key`` of a map, a node, a relationship or a temporal value; null where it has none."""
    if value is None:
        return None
    if isinstance(value, NodeValue):
        return graph.node_property(value.id, key)
    if isinstance(value, RelationshipValue):
        return graph.relationship_property(value.id, key)
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, TemporalValue):
        return value.component(key)
    raise type_fault(f"{type_name(value)} has no property {key!r}: maps, nodes and links have some")


def has_labels(value: QueryValue, labels: Iterable[str], graph: GraphAccess) -> bool | None:
    """``value:A:B``: whether a node has all the labels, or a relationship has the type."""
    if value is None:
        return None
    if isinstance(value, NodeValue):
        return {*labels} <= {*graph.labels(value.id)}
    if isinstance(value, RelationshipValue):
        return {*labels} == {graph.type_name(value.id)}
    raise type_fault(f"{type_name(value)} has no labels: nodes have some")


def element(value: QueryValue, index: QueryValue, graph: GraphAccess) -> QueryValue:
    """``value[index]``: of a list by its place, negative ones from the end; of what has properties by a key."""
    if value is None or index is None:
        return None
    if isinstance(value, list):
        place = _place(index)
        return value[place] if -len(value) <= place < len(value) else None
    if isinstance(value, dict | NodeValue | RelationshipValue):
        if isinstance(index, str):
            return property_of(value, index, graph)
        raise EvaluationError(
            "TypeError",
            "MapElementAccessByNonString",
            f"a key is a string, not {type_name(index)}: {type_name(value)} is asked for it",
        )
    raise type_fault(f"{type_name(value)} has no elements: [ ] takes lists, maps, nodes and links")


def _place(index: QueryValue) -> int:
    if isinstance(index, int) and not isinstance(index, bool):
        return index
    raise type_fault(f"a list has integers as places, not {type_name(index)}")


def elements(
    value: QueryValue, start: QueryValue, end: QueryValue, *, has_start: bool, has_end: bool
) -> QueryValue:
    """``value[start..end]``, from ``start`` to before ``end``; null where a bound that is written is null."""
    if value is None or (has_start and start is None) or (has_end and end is None):
        return None
    if not isinstance(value, list):
        raise type_fault(f"{type_name(value)} cannot be sliced: [ .. ] takes lists")
    first = _place(start) if has_start else 0
    last = _place(end) if has_end else len(value)
    return value[first:last]


def membership(value: QueryValue, members: QueryValue) -> bool | None:
    """``value IN members``."""
    if members is None:
        return None
    if not isinstance(members, list):
        raise type_fault(f"IN takes a list, not {type_name(members)}")
    return is_in(value, members)


def starts_with(text: QueryValue, start: QueryValue) -> bool | None:
    """``text STARTS WITH start``; null where one is no string."""
    both = isinstance(text, str) and isinstance(start, str)
    return text.startswith(start) if both else None  # type: ignore[union-attr,arg-type]


def ends_with(text: QueryValue, end: QueryValue) -> bool | None:
    """``text ENDS WITH end``; null where one is no string."""
    both = isinstance(text, str) and isinstance(end, str)
    return text.endswith(end) if both else None  # type: ignore[union-attr,arg-type]


def contains(text: QueryValue, part: QueryValue) -> bool | None:
    """``text CONTAINS part``; null where one is no string."""
    return part in text if isinstance(text, str) and isinstance(part, str) else None
