"""What a route does not take is refused by name, problems name the parameter, and the description says all bounds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from focusmesh.host.service import Service
from focusmesh.interface.server.process import openapi_document
from focusmesh.interface.server.shared import description as described
from focusmesh.interface.server.shared.description import DOCS_POLICY, docs_page
from tests.interface.server.conftest import served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interface.server.conftest import Client


def problem(client: Client, path: str, **options: Any) -> Any:
    answer = client.request(options.pop("method", "GET"), path, **options)
    assert answer.status_code == 400, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("path", "parameter", "near"),
    [
        ("/v1/particles?prefix=json.l", "prefix", "cursor"),
        ("/v1/rank?Top=3", "Top", "did you mean 'top'"),
        ("/v1/context?seeds=alpha", "seeds", "did you mean 'seed'"),
        ("/v1/recall?question=a&form=alpha", "form", "did you mean 'from'"),
        ("/v1/blocks/1?at=1", "at", "there are none"),
        ("/health?verbose=1", "verbose", "there are none"),
        ("/v1/graphql?query=%7Brank%7Bbound%7D%7D&operation=x", "operation", "'operationName'"),
    ],
)
def test_an_unknown_parameter_is_refused_with_the_nearest_name(
    shared_client: Client, path: str, parameter: str, near: str
) -> None:
    found = problem(shared_client, path)
    assert (found["code"], found["parameter"]) == ("parameter", parameter)
    assert near in found["detail"]


def test_twin_without_the_look_at_names_an_unknown_parameter_is_passed_over(
    letters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_: Any) -> None:
        return None

    monkeypatch.setattr("focusmesh.interface.server.process.assembly.verify_query", nothing)
    with served(Service.open(letters)) as client:
        assert client.get("/v1/particles?prefix=json.l").status_code == 200


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/v1/rank?top=0", "top"),
        ("/v1/rank?top=many", "top"),
        ("/v1/rank?cursor=zzz", "cursor"),
        ("/v1/context", "seed"),
        ("/v1/context?seed=alpha&beta=2", "beta"),
        ("/v1/walk?steps=1", "from"),
        ("/v1/context?" + "&".join(["seed=a"] * 1_001), "seed"),
    ],
)
def test_a_problem_names_the_parameter(shared_client: Client, path: str, parameter: str) -> None:
    assert problem(shared_client, path)["parameter"] == parameter


def test_a_problem_of_no_parameter_names_none(shared_client: Client) -> None:
    assert "parameter" not in shared_client.get("/v1/rank?particle=omega").json()


def test_fields_of_bodies_are_held_to_their_names(grid: Client) -> None:
    body = {"x": 0, "y": 0, "zz": 0, "value": 1}
    found = problem(grid, "/v1/grid/value", method="POST", json=body)
    assert (found["parameter"], "did you mean 'z'" in found["detail"]) == ("zz", True)
    query = {"query": "{rank{bound}}", "variable": {}}
    found = problem(grid, "/v1/graphql", method="POST", json=query)
    assert (found["parameter"], "'variables'" in found["detail"]) == ("variable", True)
    query = {"query": "{rank{bound}}", "extensions": {"anything": 1}}
    assert grid.post("/v1/graphql", json=query).status_code == 200


def test_an_unknown_argument_of_graphql_is_told_with_the_nearest(shared_client: Client) -> None:
    found = shared_client.post("/v1/graphql", json={"query": "{rank(tpo: 3){bound}}"}).json()
    assert "Did you mean 'top'" in found["errors"][0]["message"]


def parameters() -> list[tuple[str, dict[str, Any]]]:
    paths = openapi_document()["paths"]
    return [
        (path, parameter)
        for path, operations in paths.items()
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
    ]


def test_bounds_of_parameters_that_may_be_left_out_are_described() -> None:
    found = {(path, one["name"]): one["schema"] for path, one in parameters()}
    at = found["/v1/rank", "at"]
    assert (at["type"], at["minimum"], at["maximum"]) == ("integer", 0, 2**53)
    assert found["/v1/rank", "cursor"]["maxLength"] == 512
    assert found["/v1/rank", "particle"]["maxItems"] == 1_000
    assert found["/v1/receipts/link", "neuron"]["pattern"] == "^[0-9a-f]{64}$"
    assert (found["/v1/recall", "mmr"]["minimum"], found["/v1/recall", "mmr"]["maximum"]) == (0, 1)
    assert not [one for one in found.values() if "null" in json.dumps(one)]


def test_twin_litestar_alone_leaves_bounds_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("with_bounds", "grid_described"):
        monkeypatch.setattr(f"focusmesh.interface.server.process.openapi.{name}", lambda *_: None)
    openapi_document.cache_clear()
    try:
        found = {(path, one["name"]): one["schema"] for path, one in parameters()}
        assert "minimum" not in found["/v1/rank", "at"]
    finally:
        openapi_document.cache_clear()


def test_every_parameter_and_body_has_an_example_that_fits() -> None:
    for path, parameter in parameters():
        jsonschema.validate(parameter["example"], parameter["schema"])
        assert parameter["description"], (path, parameter["name"])
    document = openapi_document()
    bodies = 0
    for operations in document["paths"].values():
        for operation in operations.values():
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                if kind == "application/json":
                    schema = {**content["schema"], "components": document["components"]}
                    jsonschema.validate(content["example"], schema)
                    bodies += 1
    assert bodies == len(described.examples.BODIES)


def test_the_page_of_routes_needs_nothing_else(shared_client: Client) -> None:
    answer = shared_client.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == DOCS_POLICY
    assert "unsafe" not in DOCS_POLICY
    text = answer.text
    for path in openapi_document()["paths"]:
        assert path in text
    for asked in ("<script", "<link", "src=", "@import", "url(", "http://", "https://"):
        assert asked not in text


def test_what_the_page_shows_is_escaped() -> None:
    document = openapi_document() | {"info": {"title": "<script>x</script>", "version": "1"}}
    page = docs_page(document).decode()
    assert "&lt;script&gt;" in page
    assert "<script" not in page
