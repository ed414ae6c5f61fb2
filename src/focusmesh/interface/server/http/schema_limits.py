"""Limits of parameters and bodies that litestar and msgspec do not check, as the OpenAPI document says them.

The server refuses what breaks one of them itself, with a code of the ledger or of the grid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.host.grid import (
    Cascade,
    CollectiveThink,
    Execute,
    Interlock,
    NewInstance,
    NewTemplate,
    NewValue,
    Process,
    SendMessage,
    VerifyVote,
    Vote,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCKS = "application/octet-stream"
_BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_NAMED = {"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}
_PLANES = ("x", "y", "z", "yz", "xz", "xy")
_LEDGER_NAMES = {"minLength": 1, "maxLength": 4_096}
"""A ledger's names have 1 to 4,096 bytes; JSON Schema counts characters."""
_FIRST_SQUARE = {"minimum": 1}
"""Block 0 has no square."""
_WORDED = (Cascade, CollectiveThink, Process, SendMessage, Vote)
"""What brings bytes: at least one, for a model reads them."""


def ledger_described(document: dict[str, Any]) -> None:
    """Writes the limits of what only a ledger answers: heights of squares, lengths of names."""
    for path, operations in document["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", ()):
            schema = parameter["schema"]
            if parameter["name"] == "height" and ("/square" in path or "/namespaces/" in path):
                schema.update(_FIRST_SQUARE)
            if path.startswith("/v1/receipts/") and parameter["name"] in _RECEIPT_NAMES:
                schema.get("items", schema).update(_LEDGER_NAMES)


_RECEIPT_NAMES = ("particle", "relation", "seed", "source", "target")


def grid_described(document: dict[str, Any]) -> None:
    """Writes the limits of the grid's requests, and that a route says what tells a web socket's messages apart."""
    schemas = document["components"]["schemas"]
    for kind in (*_WORDED, Execute, VerifyVote):
        schema = schemas[kind.__name__]
        del schema["properties"]["type"]
        schema["required"] = [name for name in schema["required"] if name != "type"]
    for kind, limits in _fields().items():
        for name, limit in limits.items():
            _narrow(schemas[kind.__name__]["properties"][name], limit)
    for kind in _WORDED:
        schemas[kind.__name__]["oneOf"] = [_text(), _data()]
    for place in schemas["NewInstance"]["properties"]["at"]["prefixItems"]:
        place.update(_coordinate())
    schemas["NewTemplate"]["properties"]["models"] = _models(schemas)
    schemas["Interlock"]["oneOf"] = list(_planes())
    paths = document["paths"]
    for parameter in paths["/v1/grid/value"]["get"]["parameters"]:
        parameter["schema"].update(_coordinate())
    answers = paths["/v1/grid/blocks"]["get"]["responses"]["200"]["content"]
    answers[_BLOCKS] = {"schema": {"type": "string", "contentMediaType": _BLOCKS}}


def _narrow(schema: dict[str, Any], limit: dict[str, Any]) -> None:
    """Adds a limit to a schema, or to those of its types that are not null."""
    for one in schema.get("anyOf", [schema]):
        if one.get("type") != "null":
            one.update(limit)


def _text() -> dict[str, Any]:
    """A body that brings its bytes as ``text``, and not as ``data``."""
    from focusmesh.engine.grid.cube import DATA_BYTES_MAX

    text = {"type": "string", "minLength": 1, "maxLength": DATA_BYTES_MAX}
    return {"required": ["text"], "properties": {"text": text, "data": {"type": "null"}}}


def _data() -> dict[str, Any]:
    """A body that brings its bytes as ``data``, in base64, and not as ``text``."""
    from focusmesh.engine.grid.cube import DATA_BYTES_MAX

    data = {
        "type": "string",
        "pattern": _BASE64,
        "minLength": 4,
        "maxLength": 4 * (DATA_BYTES_MAX // 3),
    }
    return {"required": ["data"], "properties": {"data": data, "text": {"type": "null"}}}


def _coordinate() -> dict[str, int]:
    """A side has 2²¹ blocks at most, and coordinates begin at 0; how long the sides are, the grid says."""
    from focusmesh.engine.grid.array import SIDE_MAX

    return {"minimum": 0, "maximum": SIDE_MAX - 1}


def _models(schemas: dict[str, Any]) -> dict[str, Any]:
    """One model for all places, or one for each of them."""
    from focusmesh.engine.grid.cube import PLACES

    one, by_place = schemas["NewTemplate"]["properties"]["models"]["anyOf"]
    model = by_place["additionalProperties"]
    each = {
        "type": "object",
        "properties": dict.fromkeys(PLACES, model),
        "required": list(PLACES),
        "additionalProperties": False,
    }
    return {"anyOf": [one, each]}


def _planes() -> Iterator[dict[str, Any]]:
    """A face by its name alone, or a plane with an index."""
    from focusmesh.engine.grid.array import FACES

    yield {"properties": {"plane": {"enum": list(FACES)}, "index": {"type": "null"}}}
    yield {
        "required": ["index"],
        "properties": {
            "plane": {"enum": list(_PLANES)},
            "index": {"type": "integer", **_coordinate()},
        },
    }


def _fields() -> dict[type[Any], dict[str, dict[str, Any]]]:
    """What a field of a body may be."""
    from focusmesh.engine.grid.array import FACES, OPERATIONS
    from focusmesh.engine.grid.cube import COMMANDS, DEPTH_MAX, DIAGONALS, PLACES

    places = {"enum": list(PLACES)}
    hops = {"minimum": 0, "maximum": DEPTH_MAX}
    operations, planes = [*OPERATIONS, "process"], [*FACES, *_PLANES]
    return {
        NewTemplate: {"name": _NAMED, "diagonals": {"enum": list(DIAGONALS)}},
        NewInstance: {"name": _NAMED},
        NewValue: {"x": _coordinate(), "y": _coordinate(), "z": _coordinate()},
        Process: {"vertex": places},
        CollectiveThink: {"rounds": hops},
        Cascade: {"start": places, "depth": hops},
        Execute: {"command": {"enum": list(COMMANDS)}},
        Interlock: {"operation": {"enum": operations}, "plane": {"enum": planes}},
    }
