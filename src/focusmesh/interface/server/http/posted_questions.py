"""Questions that are posted, being too long for a URL: how their bodies are read, and described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import CodecError, ParameterError
from focusmesh.host.service import QUESTIONS, parameters_of
from focusmesh.interface.server.shared import KEYWORDS, HTTPException
from focusmesh.protocol.codec import check_json_items

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.host.service import Parameter
    from focusmesh.interface.server.shared import Request

JSON = "application/json"
POSTED_QUESTIONS = {"derive": "/v1/rules", "why": "/v1/why"}
"""Where each is posted."""
BODY_BYTES_MAX = 1 << 18
"""A program of 64 KiB, each character of which may be escaped, and a few names."""
ITEMS_MAX = 1 << 12
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


async def read_posted(name: str, request: Request[Any, Any, Any]) -> dict[str, Any]:
    """What is asked by name, from the object in JSON that is the body.

    Raises HTTPException for another media type, ParameterError for what is no object.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise HTTPException(status_code=415, detail=f"post the question as {JSON}")
    body = await request.body()
    try:
        check_json_items(body, ITEMS_MAX)
        given = msgspec.json.decode(body, type=dict[str, Any])
    except (CodecError, msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ParameterError(f"the body is no object in JSON: {error}") from error
    for each in parameters_of(QUESTIONS[name], "http"):
        value = given.get(each.name)
        if each.kind == "whole" and isinstance(value, float) and value.is_integer():
            given[each.name] = int(value)  # to JSON 1.0 and 1 are one number
    return given


def describe_posted(paths: dict[str, Any], lines: Mapping[str, Any]) -> None:
    """Adds to the description of all routes the bodies of these, and that they answer ``lines`` as well."""
    for name, path in POSTED_QUESTIONS.items():
        parameters = parameters_of(QUESTIONS[name], "http")
        schema = {
            "type": "object",
            "required": [each.name for each in parameters if each.is_required],
            "properties": {each.name: _schema(each) for each in parameters},
            "additionalProperties": False,
        }
        operation = paths[path]["post"]
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
        operation["responses"]["200"]["content"].update(lines)


def _schema(parameter: Parameter) -> dict[str, Any]:
    one: dict[str, Any] = {"type": _TYPES[parameter.shown_as]}
    one |= {KEYWORDS[name]: value for name, value in parameter.bounds.items()}
    if parameter.choices:
        one["enum"] = list(parameter.choices)
    if parameter.is_list:
        lengths = {name.replace("_length", "Items"): n for name, n in parameter.lengths.items()}
        one = {"type": "array", "items": one, **lengths}
    if not parameter.is_required and not parameter.is_list and parameter.default is not None:
        one["default"] = parameter.shown_default
    return one | {"description": parameter.description}
