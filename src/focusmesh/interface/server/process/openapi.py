"""All routes, and their description as ``/openapi.json`` has it."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from focusmesh import __version__
from focusmesh.host.service import QUESTIONS
from focusmesh.interface.server.http import (
    GRAPHQL_ROUTES,
    GRID_BODIES,
    GRID_ROUTES,
    OPERATION_ROUTES,
    PACKET,
    Server,
    describe_posted,
    describe_routes,
    graph_routes,
    grid_described,
    ledger_described,
    ledger_routes,
    network_routes,
    snapshot_routes,
    square_routes,
)
from focusmesh.interface.server.process.routes_applications import (
    application_routes,
    application_tables,
    describe_applications,
    is_list,
)
from focusmesh.interface.server.representation import CSV
from focusmesh.interface.server.shared import (
    NDJSON,
    Components,
    JsonRenderPlugin,
    License,
    Litestar,
    OpenAPIConfig,
    Provide,
    SecurityScheme,
    Tag,
    with_bounds,
    with_examples,
)

_LINES = (
    "Lines of progress, the last of which has the answer or a problem, for who accepts this type."
)

_FOLLOWED = ("context", "recall", "ask", "explain", "walk")
_TABLES = ("/v1/blocks", "/v1/decisions", "/v1/validators")
_ROWS = (
    "One row an item (RFC 4180), with the bound, the root and the height of all of the answer as the last columns, for "
    "who accepts this type; the header Focusmesh-Cursor has the cursor of the next page."
)


def routes() -> list[Any]:
    """All routes, of which those of the questions and of the applications are made of records."""
    return [
        *(*graph_routes(), *GRAPHQL_ROUTES, *ledger_routes(), *square_routes(), *network_routes()),
        *GRID_ROUTES,
        *snapshot_routes(),
        *OPERATION_ROUTES,
        *application_routes(),
    ]


@cache
def openapi_document() -> dict[str, Any]:
    """The description of all routes, as ``/openapi.json`` has it."""
    made = Litestar(
        routes(),
        dependencies={"server": provide_server(None)},
        openapi_config=_openapi_config(),
        signature_namespace={"Server": Server},
        logging_config=None,
    )
    document: dict[str, Any] = msgspec.to_builtins(made.openapi_schema.to_schema())
    handlers = [
        handler for route in made.routes for handler in getattr(route, "route_handlers", ())
    ]
    with_bounds(document, handlers, GRID_BODIES)
    # What the routes read and answer by themselves, litestar cannot know.
    document["security"] = [{}, {"key": []}]
    post = document["paths"]["/v1/signals"]["post"]
    binary = {"type": "string", "contentMediaType": PACKET}
    post["requestBody"] = {"required": True, "content": {PACKET: {"schema": binary}}}
    for name in _FOLLOWED:
        answers = document["paths"][f"/v1/{name}"]["get"]["responses"]["200"]["content"]
        answers[NDJSON] = {"schema": {"description": _LINES}}
    listing = [f"/v1/{name}" for name, record in QUESTIONS.items() if is_list(record.answers)]
    for path in (*listing, *_TABLES, *application_tables()):
        answers = document["paths"][path]["get"]["responses"]["200"]["content"]
        answers[CSV] = {"schema": {"type": "string", "description": _ROWS}}
    for path, method in (("/v1/signals", "post"), ("/v1/signals/{signal}", "get")):
        responses = document["paths"][path][method]["responses"]
        responses |= {code: responses.get("200") or responses["202"] for code in ("200", "202")}
    describe_posted(document["paths"], {NDJSON: {"schema": {"description": _LINES}}})
    describe_routes(document["paths"])
    grid_described(document)
    ledger_described(document)
    describe_applications(document)
    with_examples(document)
    return document


def provide_server(server: Server | None) -> Provide:
    """The server, for routes that ask for it; None where they are described alone."""

    def the_server() -> Any:
        return server

    return Provide(the_server, sync_to_thread=False)


def _openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="focusmesh",
        version=__version__,
        description=(
            "A knowledge graph that ranks itself. Every answer is of one moment, named by its `root`; scores are "
            "shares of 1, and `bound` holds for all of an answer together in L1."
        ),
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        tags=[
            Tag(name="graph", description="What any graph answers."),
            Tag(
                name="ledger",
                description="What only a ledger has; 404 where a graph file is served.",
            ),
            Tag(
                name="grid",
                description="Cubes of small models in an array; 404 where none is served.",
            ),
            Tag(
                name="network",
                description="How a ledger's network agrees: what light clients check, who decides, who is connected.",
            ),
            Tag(name="operation", description="How the server itself is."),
        ],
        components=Components(
            security_schemes={"key": SecurityScheme(type="http", scheme="bearer")}
        ),
        render_plugins=[JsonRenderPlugin()],
        use_handler_docstrings=True,
    )
