"""HTTP: the routes of a service, and the processes that serve them. Needs the extra ``serve``.

May import: litestar and granian (through framework.py and workers.py alone), what is beside and below.
Start reading at routes_graph.py, server.py, assembly.py, then workers.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.interface.server.http.guard import Guard as Guard
    from focusmesh.interface.server.http.guard import goes_by as goes_by
    from focusmesh.interface.server.http.guard import is_loopback as is_loopback
    from focusmesh.interface.server.http.json_request import JSONRequest as JSONRequest
    from focusmesh.interface.server.http.parameters import derived_route as derived_route
    from focusmesh.interface.server.http.posted_questions import describe_posted as describe_posted
    from focusmesh.interface.server.http.routes_graph import graph_routes as graph_routes
    from focusmesh.interface.server.http.routes_graphql import GRAPHQL_ROUTES as GRAPHQL_ROUTES
    from focusmesh.interface.server.http.routes_graphql import describe_routes as describe_routes
    from focusmesh.interface.server.http.routes_grid import GRID_BODIES as GRID_BODIES
    from focusmesh.interface.server.http.routes_grid import GRID_ROUTES as GRID_ROUTES
    from focusmesh.interface.server.http.routes_ledger import PACKET as PACKET
    from focusmesh.interface.server.http.routes_ledger import ledger_routes as ledger_routes
    from focusmesh.interface.server.http.routes_network import network_routes as network_routes
    from focusmesh.interface.server.http.routes_operation import GAUGES as GAUGES
    from focusmesh.interface.server.http.routes_operation import (
        OPERATION_ROUTES as OPERATION_ROUTES,
    )
    from focusmesh.interface.server.http.routes_operation import gauges_of as gauges_of
    from focusmesh.interface.server.http.routes_operation import health_of as health_of
    from focusmesh.interface.server.http.routes_snapshot import snapshot_routes as snapshot_routes
    from focusmesh.interface.server.http.routes_squares import square_routes as square_routes
    from focusmesh.interface.server.http.schema_limits import grid_described as grid_described
    from focusmesh.interface.server.http.schema_limits import ledger_described as ledger_described
    from focusmesh.interface.server.http.server import Server as Server
    from focusmesh.interface.server.http.tagged_responses import root_response as root_response
else:
    __getattr__, __dir__ = lazily(__name__)
