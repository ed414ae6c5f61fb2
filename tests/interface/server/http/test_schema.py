"""What the description says holds for requests that nobody thought of: schemathesis makes them up, from a seed."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from focusmesh.interface.server.http import GRID_BODIES
from focusmesh.interface.server.process import openapi_document
from tests.conftest import SOAK
from tests.interface.server.http.refusals import Asked, allowed

if TYPE_CHECKING:
    from tests.interface.server.conftest import Client

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
REFUSED = (400, 409, 422)
OF_AN_ANSWER = ("cursor",)
"""Parameters whose values only an answer gives: requests without them are made up."""
NAMES_SERVED: dict[str, list[str]] = {
    "instance": ["a", "b", "nobody"],
    "other": ["a", "b", "nobody"],
    "template": ["mixed", "none"],
    "source": ["a", "b", "NEU", "NED", "CENTRAL"],
    "target": ["a", "b", "NEU", "NED", "CENTRAL"],
}
"""Of the grid that is served: names that nobody has are refused before anything else is looked at."""


def served_document() -> dict[str, Any]:
    """The description, where half of the names in bodies are those of what is served."""
    document = deepcopy(openapi_document())
    for schema in document["components"]["schemas"].values():
        fields = schema.get("properties", {})
        for name in NAMES_SERVED.keys() & fields.keys():
            if schema["title"] in BODY_NAMES:
                fields[name] = {"anyOf": [{"enum": NAMES_SERVED[name]}, fields[name]]}
    # Thousands of bytes would be a question of time, and of 503 where a machine is busy.
    document["components"]["schemas"]["Process"]["properties"]["count"]["maximum"] = 8
    return document


BODY_NAMES = {kind.__name__ for kind in GRID_BODIES}
SCHEMA = schemathesis.openapi.from_dict(served_document())
FOUND: list[Any] = list(SCHEMA.get_all_operations())
OPERATIONS = [result.ok() for result in FOUND]
EXAMPLES = 200 if SOAK else 8


def _kinds() -> list[Any]:
    """Every operation of a graph and of a ledger; the grid's of a grid."""
    return [
        pytest.param(operation, kind, id=f"{kind} {operation.method} {operation.path}")
        for operation in OPERATIONS
        for kind in (("grid",) if "/grid/" in operation.path else ("graph", "ledger"))
    ]


def unexpected(asked: Asked, status: int, problem: dict[str, Any]) -> None:
    """Fails for a request that the description allows and the server does not."""
    assert allowed(asked, status, problem), (asked, problem)


def test_twin_a_refusal_that_the_description_does_not_announce_is_found() -> None:
    asked = Asked("ledger", "GET", "/v1/rank", {"at": 1})
    with pytest.raises(AssertionError):
        unexpected(asked, 400, {"code": "parameter", "detail": "at: Expected `int` >= 0"})


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        (Asked("ledger", "GET", "/v1/recall", {"since": 2, "until": 1}), 400, "parameter"),
        (Asked("ledger", "GET", "/v1/receipts/rank", {}), 400, "parameter"),
        (Asked("grid", "GET", "/v1/grid/value", {"x": 24, "y": 0, "z": 0}), 422, "coordinates"),
    ],
)
def test_twin_a_refusal_is_allowed_for_its_reason_and_its_code_alone(
    asked: Asked, status: int, code: str
) -> None:
    unexpected(asked, status, {"code": code})
    harmless = {"since": 1, "until": 2, "top": 3, "x": 0, "y": 0, "z": 0}
    with pytest.raises(AssertionError):
        unexpected(asked._replace(query=harmless), status, {"code": code})
    with pytest.raises(AssertionError):
        unexpected(asked, status, {"code": "another"})


@pytest.mark.parametrize(("operation", "kind"), _kinds())
def test_any_request_is_answered_as_described(
    operation: Any, kind: str, request: pytest.FixtureRequest
) -> None:
    fixture = {"graph": "shared_client", "ledger": "shared_ledger_client", "grid": "grid"}[kind]
    client: Client = request.getfixturevalue(fixture)
    seen = 0

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES // 2 if kind == "grid" else EXAMPLES,
        phases=[Phase.generate],
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        nonlocal seen
        seen += 1
        for name in OF_AN_ANSWER:
            (case.query or {}).pop(name, None)
        sent = case.as_transport_kwargs(base_url=str(client.base_url))
        sent["content"] = sent.pop("data", None)
        known = {"method", "url", "params", "headers", "json", "content"}
        answer = client.request(**{name: value for name, value in sent.items() if name in known})
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code in REFUSED:
            query = {**(case.path_parameters or {}), **(case.query or {})}
            asked = Asked(kind, operation.method.upper(), operation.path, query, case.body)
            unexpected(asked, answer.status_code, answer.json())

    ask()
    assert seen > 0
