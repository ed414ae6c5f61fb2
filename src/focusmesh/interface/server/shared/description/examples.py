"""An example of every parameter and of every body: what a reader of the description can send as it is."""

from __future__ import annotations

from typing import Any

_KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
_DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_RULES = "reach(x, y) :- axon(x, y, _). reach(x, z) :- reach(x, y), axon(y, z, _)."
_CURSOR = "Ac_wV8qWJdzL4x9mQ1h0b2f__________wAAAAAAAAAK"

PARAMETERS: dict[str, Any] = {
    "at": 7,
    "author": "alice",
    "as_of": "100",
    "axis": "row",
    "before": 20,
    "beta": 0.5,
    "block": _DIGEST,
    "budget_tokens": 500,
    "candidates": 20,
    "column": 0,
    "cursor": _CURSOR,
    "data_root": _DIGEST,
    "direction": "out",
    "effort": "balanced",
    "from": "alpha",
    "height": 7,
    "high": "20,20,20",
    "key": "00ff",
    "limit": 10,
    "line": 0,
    "low": "0,0,0",
    "mmr": 0.7,
    "name": "signals",
    "neuron": _KEY,
    "operationName": "Best",
    "page": 0,
    "particle": "alpha",
    "query": "query Best { rank(top: 3) { items { particle score } bound } }",
    "question": "which letter is the first of all",
    "relation": "before",
    "row": 0,
    "seed": "alpha",
    "signal": _DIGEST,
    "since": "0",
    "source": "alpha",
    "steps": 6,
    "target": "beta",
    "temperature": 0.5,
    "top": 10,
    "until": "100",
    "variables": '{"top": 3}',
    "wait": 5,
    "walks": 5,
    "why": True,
    "x": 0,
    "y": 0,
    "z": 0,
}
"""By name. A list has the example as its one item; a ``seed`` that is a number has 0."""

_OF_TYPES: dict[str, Any] = {"string": "alpha", "integer": 1, "number": 0.5, "boolean": True}
"""For what has no example by its name, and is not one of some words."""
_WHERE = {"instance": "first"}
BODIES: dict[str, Any] = {
    "/v1/graphql": {"query": PARAMETERS["query"], "operationName": "Best"},
    "/v1/rules": {"rules": _RULES, "goal": 'reach("alpha", y)'},
    "/v1/why": {"rules": _RULES, "fact": 'reach("alpha", "beta")'},
    "/v1/grid/template/create": {"name": "small", "models": "letters"},
    "/v1/grid/instance/create": {"name": "first", "template": "small", "at": [0, 0, 0]},
    "/v1/grid/value": {"x": 0, "y": 0, "z": 0, "value": 1.5},
    "/v1/grid/llm/process": {**_WHERE, "text": "abc", "count": 4},
    "/v1/grid/llm/interlock": {"plane": "z", "index": 0, "operation": "activate"},
    "/v1/grid/think": {**_WHERE, "text": "abc", "rounds": 1},
    "/v1/grid/cascade": {**_WHERE, "text": "abc", "depth": 2},
    "/v1/grid/send": {**_WHERE, "text": "abc", "source": "SWD", "target": "NEU"},
    "/v1/grid/connect": {**_WHERE, "other": "second"},
    "/v1/grid/execute": {**_WHERE, "command": "hold"},
    "/v1/grid/vote": {**_WHERE, "text": "abc"},
    "/v1/grid/vote/verify": {**_WHERE, "certificate": "AAAA"},
}


def with_examples(document: dict[str, Any]) -> None:
    """Writes an example to each parameter that has none, and to each body that has one, of an OpenAPI document."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if "example" not in parameter:
                    parameter["example"] = _example(parameter)
            body = operation.get("requestBody", {}).get("content", {})
            for kind, content in body.items():
                if path in BODIES and kind == "application/json":
                    content["example"] = BODIES[path]


def _values(schema: dict[str, Any]) -> dict[str, Any]:
    """What a value may be where one is sent: the schema, without the null of a parameter that may be left out."""
    return next((one for one in schema.get("oneOf", ()) if one.get("type") != "null"), schema)


def _example(parameter: dict[str, Any]) -> Any:
    schema = _values(parameter["schema"])
    kind = schema.get("type")
    example = PARAMETERS.get(parameter["name"])
    if example is None:
        one = schema.get("items", schema)
        example = next(iter(one.get("enum", ())), _OF_TYPES[one["type"]])
    if kind == "array":
        return [example]
    return 0 if kind == "integer" and isinstance(example, str) else example
