"""The application: all routes, how they are described, and what stands around them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

import msgspec

from focusmesh import __version__
from focusmesh.errors import FocusmeshError
from focusmesh.interface.http.answering import Server
from focusmesh.interface.http.framework import (
    Components,
    CORSConfig,
    HTTPException,
    JsonRenderPlugin,
    License,
    Litestar,
    OpenAPIConfig,
    Provide,
    SecurityScheme,
    Tag,
)
from focusmesh.interface.http.guard import Guard
from focusmesh.interface.http.metrics import Metrics
from focusmesh.interface.http.problems import told
from focusmesh.interface.http.routes_graph import GRAPH_ROUTES
from focusmesh.interface.http.routes_graphql import GRAPHQL_ROUTES, described
from focusmesh.interface.http.routes_grid import GRID_ROUTES, grid_described
from focusmesh.interface.http.routes_ledger import LEDGER_ROUTES, PACKET
from focusmesh.interface.http.routes_network import NETWORK_ROUTES
from focusmesh.interface.http.routes_operation import GAUGES, OPERATION_ROUTES, gauges_of
from focusmesh.interface.http.routes_page import PAGE_ROUTES
from focusmesh.interface.http.routes_snapshot import SNAPSHOT_ROUTES
from focusmesh.interface.http.routes_squares import SQUARE_ROUTES
from focusmesh.interface.http.streaming import NDJSON
from focusmesh.interface.settings import NO_PORT, Settings

if TYPE_CHECKING:
    from pathlib import Path
    from socket import socket

    from focusmesh.interface.grid import GridService
    from focusmesh.interface.grpc import GrpcServer
    from focusmesh.interface.http.api_keys import ApiKeys
    from focusmesh.interface.service import Service

ROUTES = [
    *(*GRAPH_ROUTES, *GRAPHQL_ROUTES, *LEDGER_ROUTES, *SQUARE_ROUTES, *NETWORK_ROUTES),
    *GRID_ROUTES,
    *SNAPSHOT_ROUTES,
    *OPERATION_ROUTES,
]
_LINES = (
    "Lines of progress, the last of which has the answer or a problem, for who accepts this type."
)


def application(
    service: Service,
    settings: Settings | None = None,
    keys: ApiKeys | None = None,
    shared: Path | None = None,
    ending: socket | None = None,
    grid: GridService | None = None,
) -> Guard:
    """The ASGI application of one process. ``shared`` is a folder where the workers of a server meet.

    ``ending`` is a worker's end of an ``Ending``; ``grid`` is closed with the application.
    """
    chosen = Settings() if settings is None else settings
    metrics = Metrics(
        [*sorted({path for route in ROUTES for path in route.paths}), *_called(chosen)], shared
    )
    server = Server(service, chosen, metrics, keys, shared, ending, grid)
    server.telemetry.observe(GAUGES, lambda: gauges_of(server))
    beside = _beside(server)
    made = Litestar(
        [*ROUTES, *PAGE_ROUTES],
        dependencies={"server": _provided(server)},
        exception_handlers={
            FocusmeshError: told,
            HTTPException: told,
            Exception: told,
        },
        on_startup=[server.start, *(one.start for one in beside)],
        on_shutdown=[*(one.stop for one in beside), server.stop],
        request_max_body_size=chosen.limits.body_bytes,
        cors_config=_cors(chosen.access.origins),
        openapi_config=None,
        signature_namespace={"Server": Server},
        logging_config=None,
    )
    return Guard(cast("Any", made), server)


@cache
def openapi_document() -> dict[str, Any]:
    """The description of all routes, as ``/openapi.json`` has it."""
    made = Litestar(
        ROUTES,
        dependencies={"server": _provided(None)},
        openapi_config=_described(),
        signature_namespace={"Server": Server},
        logging_config=None,
    )
    document: dict[str, Any] = msgspec.to_builtins(made.openapi_schema.to_schema())
    # What the routes read and answer by themselves, litestar cannot know.
    document["security"] = [{}, {"key": []}]
    post = document["paths"]["/v1/signals"]["post"]
    binary = {"type": "string", "contentMediaType": PACKET}
    post["requestBody"] = {"required": True, "content": {PACKET: {"schema": binary}}}
    for path in ("/v1/context", "/v1/recall", "/v1/ask", "/v1/explain", "/v1/walk"):
        answers = document["paths"][path]["get"]["responses"]["200"]["content"]
        answers[NDJSON] = {"schema": {"description": _LINES}}
    for path, method in (("/v1/signals", "post"), ("/v1/signals/{signal}", "get")):
        responses = document["paths"][path][method]["responses"]
        responses |= {code: responses.get("200") or responses["202"] for code in ("200", "202")}
    described(document["paths"])
    grid_described(document)
    return document


def _provided(server: Server | None) -> Provide:
    def the_server() -> Any:
        return server

    return Provide(the_server, sync_to_thread=False)


def _beside(server: Server) -> list[GrpcServer]:
    """What else answers in this process, where the settings say so."""
    if server.settings.grpc.port == NO_PORT:
        return []
    from focusmesh.interface.grpc import GrpcServer

    return [GrpcServer(server)]


def _called(settings: Settings) -> list[str]:
    """What is counted besides routes."""
    if settings.grpc.port == NO_PORT:
        return []
    from focusmesh.interface.grpc import method_types

    return sorted(kind.path for kind in method_types().values())


def _cors(origins: str) -> CORSConfig | None:
    """None where no page of another web site may ask."""
    allowed = [origin.strip() for origin in origins.split(",") if origin.strip()]
    if not allowed:
        return None
    return CORSConfig(
        allow_origins=allowed,
        allow_methods=["DELETE", "GET", "POST"],
        allow_headers=[
            *("Authorization", "Content-Digest", "Content-Type", "If-None-Match"),
            *("Signature", "Signature-Input"),
        ],
        expose_headers=["ETag", "Focusmesh-Height", "Focusmesh-Rows", "Retry-After"],
    )


def _described() -> OpenAPIConfig:
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
