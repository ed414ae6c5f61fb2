"""Node-link JSON: an object with ``nodes`` and ``links`` or ``edges``, as NetworkX, D3, Sigma and vis.js write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.engine.importers.markup.elements import Elements
from focusmesh.engine.importers.markup.json_items import JsonItems, attributes_of, name_of
from focusmesh.engine.importers.registry import Importer
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns

_KEYS = ("id", "key")
_UNDIRECTED = "edges count both ways, as the file does not say that it is directed"


class _Document(msgspec.Struct):
    nodes: list[msgspec.Raw] | None = None
    links: list[msgspec.Raw] | None = None
    edges: list[msgspec.Raw] | None = None
    directed: bool | None = None
    options: dict[str, Any] = {}


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a node-link file: one way if it says ``"directed": true``, both ways otherwise; O(bytes), held whole.

    Ends are ``source`` and ``target``, or ``from`` and ``to`` (vis.js). The ``id`` of a node (Sigma: ``key``) is its
    particle's name; where none has one, ends are places in the list of nodes, from 0, as in D3 before version 4.
    Sigma's ``attributes`` count as the item's own. Attributes of nodes and edges play the roles that they play in
    GraphML; lists and objects among them are passed over.
    """
    items = JsonItems(path, reading)
    document: _Document = items.decode(_Document)
    edges = document.links if document.links is not None else document.edges
    if document.nodes is None or edges is None:
        raise InputError(
            f'{path}: no "nodes" with "links" or "edges", so not node-link JSON; edges alone are read as a list of '
            "objects, or as JSON lines, one edge a line (.jsonl)"
        )
    if document.links and document.edges:
        raise InputError(f'{path} has both "links" and "edges": keep one of them')
    elements = Elements(reading)
    nodes = [(line, _flat(node)) for line, node in items.objects(document.nodes)]
    key = next((key for key in _KEYS if any(key in node for _, node in nodes)), None)
    for at, (line, node) in enumerate(nodes):
        name = name_of(node.pop(key, None)) if key else str(at)
        elements.node(line, name, attributes_of(node), _without(node, "attributes"))
    kind = document.options.get("type")
    directed = document.directed if document.directed is not None else kind == "directed"
    if document.directed is None and kind is None and edges:
        reading.note(_UNDIRECTED)
    for line, edge in items.objects(edges):
        edge = _flat(edge)
        ends = (name_of(_pop(edge, "source", "from")), name_of(_pop(edge, "target", "to")))
        both = bool(edge.pop("undirected", not directed))
        elements.edge(
            line, ends, both, attributes_of(edge), _without(edge, "attributes", "key", "id")
        )
    return elements.columns()


def _pop(edge: dict[str, Any], *keys: str) -> object:
    """What an edge has under the first of ``keys`` that it has, which is no attribute of it then."""
    key = next((key for key in keys if key in edge), "")
    return edge.pop(key, None)


def _without(item: dict[str, Any], *keys: str) -> dict[str, Any]:
    """What may be properties: neither what was taken in already, nor what tells edges apart."""
    return {key: value for key, value in item.items() if key not in keys}


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    """An item with what stands under ``attributes`` beside its own."""
    attributes = item.get("attributes")
    return {**attributes, **item} if isinstance(attributes, dict) else item


IMPORTER = Importer(
    name="node-link",
    suffixes=(".json",),
    summary="node-link JSON (NetworkX, D3, Sigma, vis.js): nodes, and links or edges",
    read=read,
    has_labels=True,
)
