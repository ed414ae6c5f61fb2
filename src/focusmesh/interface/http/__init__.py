"""HTTP: the routes of a service, and the processes that serve them. Needs the extra ``serve``.

May import: litestar and granian (through framework.py and running.py alone), what is beside and below.
Start reading at routes_graph.py, answering.py, assembling.py, then running.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.interface.http.access import RefusedError
    from focusmesh.interface.http.answering import Server
    from focusmesh.interface.http.api_keys import ApiKey, ApiKeys, admit_neuron, new_api_key
    from focusmesh.interface.http.assembling import application, openapi_document
    from focusmesh.interface.http.guard import Rates, goes_by
    from focusmesh.interface.http.routes_operation import health_of
    from focusmesh.interface.http.running import NodeKeys, Served, serve, wait_for

__all__ = [
    "ApiKey",
    "ApiKeys",
    "NodeKeys",
    "Rates",
    "RefusedError",
    "Served",
    "Server",
    "admit_neuron",
    "application",
    "goes_by",
    "health_of",
    "new_api_key",
    "openapi_document",
    "serve",
    "wait_for",
]

_HOMES = {
    "focusmesh.interface.http.access": ("RefusedError",),
    "focusmesh.interface.http.answering": ("Server",),
    "focusmesh.interface.http.api_keys": ("ApiKey", "ApiKeys", "admit_neuron", "new_api_key"),
    "focusmesh.interface.http.assembling": ("application", "openapi_document"),
    "focusmesh.interface.http.guard": ("Rates", "goes_by"),
    "focusmesh.interface.http.routes_operation": ("health_of",),
    "focusmesh.interface.http.running": ("NodeKeys", "Served", "serve", "wait_for"),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
