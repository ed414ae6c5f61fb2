"""Cytoscape JSON: elements whose ``data`` describe nodes and edges."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.engine.importers.import_run import Reading
from focusmesh.engine.importers.markup.elements import Elements
from focusmesh.engine.importers.markup.json_items import JsonItems, attributes_of, name_of
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.source import Source
from focusmesh.errors import FocusmeshError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.links import LinkColumns

_HEAD_BYTES = 1 << 16
_ELEMENTS = re.compile(rb'\s*+\[\s*+\{[^{}]*?"data"\s*+:\s*+\{')
"""How a list of elements begins: one that has data."""


class _Elements(msgspec.Struct):
    nodes: list[msgspec.Raw] = []
    edges: list[msgspec.Raw] = []


class _Document(msgspec.Struct):
    elements: _Elements | list[msgspec.Raw] | None = None
    directed: bool = True


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a Cytoscape file, both ways if it says ``"directed": false``; O(bytes), held whole.

    The ``id`` of a node is its particle's name. The ``interaction`` of an edge is its relation, unless it has a better
    known one. Elements may be one list, or all of the file: what has a source is an edge.
    """
    items = JsonItems(path, reading)
    document: _Document | list[msgspec.Raw] = items.decode(_Document | list[msgspec.Raw])
    listed = document if isinstance(document, list) else document.elements
    if listed is None:
        raise InputError(f'{path}: no "elements", so not the JSON of Cytoscape')
    directed = isinstance(document, list) or document.directed
    whole = listed if isinstance(listed, list) else [*listed.nodes, *listed.edges]
    elements = Elements(reading)
    for line, item in items.objects(whole):
        data = item.get("data")
        if not isinstance(data, dict):
            reading.refuse(line, "the element has no data")
        elif "source" in data or "target" in data:
            ends = (name_of(data.pop("source", None)), name_of(data.pop("target", None)))
            elements.edge(line, ends, not directed, _edge_attributes(data))
        else:
            elements.node(line, name_of(data.pop("id", None)), attributes_of(data))
    return elements.columns()


def has_shape(path: Path) -> bool:
    """Whether the beginning of a file speaks of elements, and of no nodes before them, or is a list of such."""
    if path.suffix.lower() == ".cyjs":
        return True
    try:
        with Source(path, Reading(str(path))) as source:
            head = source.head(_HEAD_BYTES)
    except FocusmeshError:
        return False
    before, found, _ = head.partition(b'"elements"')
    listed = _ELEMENTS.match(head)
    if listed and b'"source"' not in listed[0]:
        return True
    return bool(found) and b'"nodes"' not in before


def _edge_attributes(data: dict[str, Any]) -> dict[str, str]:
    attributes = attributes_of(data)
    if "interaction" in attributes:
        attributes.setdefault("relation", attributes.pop("interaction"))
    return attributes


IMPORTER = Importer(
    name="cytoscape",
    suffixes=(".cyjs", ".json"),
    summary="Cytoscape JSON: elements, each with its data",
    read=read,
    shape=has_shape,
    has_labels=True,
)
