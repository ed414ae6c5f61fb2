"""Values as texts in Cypher's own notation, and as what JSON can hold."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.query.values.graph_values import (
    NodeValue,
    PathValue,
    RelationshipValue,
)
from focusmesh.engine.reasoning.query.values.texts import float_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.reasoning.query.values.graph_values import GraphAccess
    from focusmesh.engine.reasoning.query.values.value import QueryValue


def value_text(value: QueryValue, graph: GraphAccess) -> str:
    """A value as the TCK writes it: ``(:A {name: 'x'})``, ``[:T]``, ``<(:A)-[:T]->()>``, ``'text'``, ``[1, null]``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, list):
        return f"[{', '.join(value_text(each, graph) for each in value)}]"
    if isinstance(value, dict):
        return _map_text(value, graph)
    if isinstance(value, NodeValue):
        return _node_text(value.id, graph)
    if isinstance(value, RelationshipValue):
        return _relationship_text(value.id, graph)
    if isinstance(value, PathValue):
        return _path_text(value, graph)
    return _quote(str(value))


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _map_text(entries: Mapping[str, QueryValue], graph: GraphAccess) -> str:
    inner = ", ".join(f"{key}: {value_text(each, graph)}" for key, each in entries.items())
    return f"{{{inner}}}"


def _node_text(node: int, graph: GraphAccess) -> str:
    labels = "".join(f":{each}" for each in graph.labels(node))
    properties = graph.node_properties(node)
    words = [labels] if labels else []
    words += [_map_text(properties, graph)] if properties else []
    return f"({' '.join(words)})"


def _relationship_text(relationship: int, graph: GraphAccess) -> str:
    properties = graph.relationship_properties(relationship)
    rest = f" {_map_text(properties, graph)}" if properties else ""
    return f"[:{graph.type_name(relationship)}{rest}]"


def _path_text(path: PathValue, graph: GraphAccess) -> str:
    words = [_node_text(path.nodes[0], graph)]
    for before, relationship, after in zip(
        path.nodes, path.relationships, path.nodes[1:], strict=False
    ):
        forward = graph.ends(relationship) == (before, after)
        arrow = _relationship_text(relationship, graph)
        words.append(f"-{arrow}->" if forward else f"<-{arrow}-")
        words.append(_node_text(after, graph))
    return f"<{''.join(words)}>"


def value_json(value: QueryValue, graph: GraphAccess) -> Any:
    """A value as objects, lists, texts, numbers, booleans and null.

    A node is ``{id, labels, properties}``, a relationship ``{id, type, start, end, properties}``, a path ``{nodes,
    relationships}``. A temporal value is its text, and so are NaN and the infinities.
    """
    if isinstance(value, float):
        return value if isfinite(value) else float_text(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list):
        return [value_json(each, graph) for each in value]
    if isinstance(value, dict):
        return {key: value_json(each, graph) for key, each in value.items()}
    if isinstance(value, NodeValue):
        properties = value_json(dict(graph.node_properties(value.id)), graph)
        return {"id": value.id, "labels": list(graph.labels(value.id)), "properties": properties}
    if isinstance(value, RelationshipValue):
        return _relationship_json(value.id, graph)
    if isinstance(value, PathValue):
        return {
            "nodes": [value_json(NodeValue(each), graph) for each in value.nodes],
            "relationships": [_relationship_json(each, graph) for each in value.relationships],
        }
    return str(value)


def _relationship_json(relationship: int, graph: GraphAccess) -> dict[str, Any]:
    start, end = graph.ends(relationship)
    return {
        "id": relationship,
        "type": graph.type_name(relationship),
        "start": start,
        "end": end,
        "properties": value_json(dict(graph.relationship_properties(relationship)), graph),
    }
