"""The application: all routes, and what stands around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from focusmesh.errors import FocusmeshError
from focusmesh.host.settings import NO_PORT, Settings
from focusmesh.interface.server.http import GAUGES, Guard, JSONRequest, Server, gauges_of
from focusmesh.interface.server.process.openapi import provide_server, routes
from focusmesh.interface.server.process.routes_page import PAGE_ROUTES
from focusmesh.interface.server.shared import (
    CORSConfig,
    HTTPException,
    Litestar,
    Metrics,
    problem_response,
    verify_query,
)

if TYPE_CHECKING:
    from pathlib import Path
    from socket import socket

    from focusmesh.host.grid import GridService
    from focusmesh.host.service import Service
    from focusmesh.interface.server.grpc import GrpcServer
    from focusmesh.interface.server.shared import ApiKeys


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
    asked = routes()
    paths = sorted({path for route in asked for path in route.paths})
    metrics = Metrics([*paths, *_grpc_paths(chosen)], shared)
    server = Server(service, chosen, metrics, keys, shared, ending, grid)
    server.telemetry.observe(GAUGES, lambda: gauges_of(server))
    beside = _beside(server)
    made = Litestar(
        [*asked, *PAGE_ROUTES],
        dependencies={"server": provide_server(server)},
        exception_handlers={
            FocusmeshError: problem_response,
            HTTPException: problem_response,
            Exception: problem_response,
        },
        on_startup=[server.start, *(one.start for one in beside)],
        on_shutdown=[*(one.stop for one in beside), server.stop],
        request_max_body_size=chosen.limits.body_bytes,
        request_class=JSONRequest,
        cors_config=_cors(chosen.access.origins),
        before_request=verify_query,
        openapi_config=None,
        signature_namespace={"Server": Server},
        logging_config=None,
    )
    return Guard(cast("Any", made), server)


def _beside(server: Server) -> list[GrpcServer]:
    """What else answers in this process, where the settings say so."""
    if server.settings.grpc.port == NO_PORT:
        return []
    from focusmesh.interface.server.grpc import GrpcServer

    return [GrpcServer(server)]


def _grpc_paths(settings: Settings) -> list[str]:
    """What is counted besides routes."""
    if settings.grpc.port == NO_PORT:
        return []
    from focusmesh.interface.server.grpc import method_types

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
        expose_headers=[
            "ETag",
            "Focusmesh-Cursor",
            "Focusmesh-Height",
            "Focusmesh-Rows",
            "Retry-After",
        ],
    )
