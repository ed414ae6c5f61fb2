"""Routes of the applications: one for each query, and one for each command that encodes its operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.host.service import encode_operation, verbs
from focusmesh.interface.server.http import derived_route, root_response
from focusmesh.interface.server.shared import Response

if TYPE_CHECKING:
    from focusmesh.host.service import Parameter, Verb

TAGS = ["ledger"]
_EXAMPLES = {"text": "alpha", "name": "alpha", "whole": 1, "number": 0.5, "flag": True}


def application_routes() -> list[Any]:
    """One route for each verb of the applications that HTTP offers."""
    return [_route(verb) for verb in verbs("http")]


def describe_applications(document: dict[str, Any]) -> None:
    """Writes into an OpenAPI document an example of each parameter."""
    for verb in verbs("http"):
        operation = document["paths"][verb.place]["get"]
        examples = {each.name: _example(each) for each in verb.parameters}
        for parameter in operation.get("parameters", ()):
            parameter["example"] = examples[parameter["name"]]


def application_tables() -> list[str]:
    """The paths whose answers are had as CSV too."""
    return [verb.place for verb in verbs("http") if is_list(verb.answers)]


def is_list(answers: Any) -> bool:
    """Whether answers of this type are lists."""
    return "items" in answers.__struct_fields__


def _route(verb: Verb) -> Any:
    async def query(server: Any, request: Any, given: dict[str, Any]) -> Response[Any]:
        ledger = server.service.ledger
        found = await server.work(request, lambda: ledger.applications.answer(verb.does, given))
        return root_response(request, found)

    async def command(server: Any, request: Any, given: dict[str, Any]) -> Response[Any]:
        return Response(encode_operation(verb.does, given))

    answer = command if verb.is_command else query
    does = verb.does
    return derived_route(
        verb.place, does.name, does.words, verb.parameters, verb.answers, answer, tags=TAGS
    )


def _example(parameter: Parameter) -> Any:
    """What the record says, or a value of the kind."""
    value = parameter.example
    if value is None and parameter.choices:
        value = parameter.choices[0]
    if value is None:
        value = _EXAMPLES.get(parameter.kind, "00" * parameter.bounds.get("min_length", 1))
    return [value] if parameter.is_list else value
