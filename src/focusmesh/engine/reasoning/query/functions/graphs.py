"""What nodes, relationships and paths tell of themselves; maps have keys and properties too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.values import NodeValue, PathValue, RelationshipValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.reasoning.query.functions.context import FunctionContext
    from focusmesh.engine.reasoning.query.values import QueryValue

_Owner = NodeValue | RelationshipValue | dict[str, "QueryValue"]


def _properties(context: FunctionContext, owner: _Owner) -> dict[str, QueryValue]:
    if isinstance(owner, NodeValue):
        return dict(context.graph.node_properties(owner.id))
    if isinstance(owner, RelationshipValue):
        return dict(context.graph.relationship_properties(owner.id))
    return owner


def _keys(context: FunctionContext, owner: _Owner) -> list[QueryValue]:
    return [*_properties(context, owner)]


def _labels(context: FunctionContext, node: NodeValue) -> list[QueryValue]:
    return [*context.graph.labels(node.id)]


def _type(context: FunctionContext, relationship: RelationshipValue) -> str:
    return context.graph.type_name(relationship.id)


def _start_node(context: FunctionContext, relationship: RelationshipValue) -> NodeValue:
    return NodeValue(context.graph.ends(relationship.id)[0])


def _end_node(context: FunctionContext, relationship: RelationshipValue) -> NodeValue:
    return NodeValue(context.graph.ends(relationship.id)[1])


def _nodes(path: PathValue) -> list[QueryValue]:
    return [NodeValue(each) for each in path.nodes]


def _relationships(path: PathValue) -> list[QueryValue]:
    return [RelationshipValue(each) for each in path.relationships]


PURE: dict[str, Callable[..., QueryValue]] = {
    "elementId": lambda element: str(element.id),
    "id": lambda element: element.id,
    "length": lambda path: len(path.relationships),
    "nodes": _nodes,
    "relationships": _relationships,
}

CONTEXTUAL: dict[str, Callable[..., QueryValue]] = {
    "endNode": _end_node,
    "keys": _keys,
    "labels": _labels,
    "properties": _properties,
    "startNode": _start_node,
    "type": _type,
}
