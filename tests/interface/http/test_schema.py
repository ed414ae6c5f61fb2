"""What the description says holds for requests that nobody thought of: schemathesis makes them up, from a seed."""

from __future__ import annotations

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

from focusmesh.interface.http import openapi_document
from tests.conftest import SOAK

if TYPE_CHECKING:
    from tests.interface.http.conftest import Client

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(openapi_document())
FOUND: list[Any] = list(SCHEMA.get_all_operations())
OPERATIONS = [result.ok() for result in FOUND]
EXAMPLES = 200 if SOAK else 12


def _kinds() -> list[Any]:
    """Every operation of a graph and of a ledger; the grid's of a grid."""
    return [
        pytest.param(operation, kind, id=f"{kind} {operation.method} {operation.path}")
        for operation in OPERATIONS
        for kind in (("grid",) if "/grid/" in operation.path else ("graph", "ledger"))
    ]


@pytest.mark.parametrize(("operation", "kind"), _kinds())
def test_any_request_is_answered_as_described(
    operation: Any, kind: str, request: pytest.FixtureRequest
) -> None:
    fixture = {"graph": "client", "ledger": "ledger_client", "grid": "grid"}[kind]
    asked: Client = request.getfixturevalue(fixture)
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
        sent = case.as_transport_kwargs(base_url=str(asked.base_url))
        sent["content"] = sent.pop("data", None)
        known = {"method", "url", "params", "headers", "json", "content"}
        answer = asked.request(**{name: value for name, value in sent.items() if name in known})
        case.validate_response(answer, checks=CHECKS)

    ask()
    assert seen > 0
