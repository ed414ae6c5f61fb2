"""MCP: a graph file or a ledger as the memory of an agent, over stdio or HTTP.

May import: the packages and modules of interface that open ledgers and answer for every protocol, and all layers below;
the extra ``mcp`` where a server is made, not before. Start reading at tools.py, memory.py, then view.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.interface.mcp.file_store import FileStore, GraphStore
    from focusmesh.interface.mcp.ledger_store import LedgerStore
    from focusmesh.interface.mcp.proving import Prover
    from focusmesh.interface.mcp.running import TOKEN_VARIABLE, serve_http, serve_stdio
    from focusmesh.interface.mcp.server import made_server
    from focusmesh.interface.mcp.tools import Tools

__all__ = [
    "TOKEN_VARIABLE",
    "FileStore",
    "GraphStore",
    "LedgerStore",
    "Prover",
    "Tools",
    "made_server",
    "serve_http",
    "serve_stdio",
]

_HOMES = {
    "focusmesh.interface.mcp.file_store": ("FileStore", "GraphStore"),
    "focusmesh.interface.mcp.ledger_store": ("LedgerStore",),
    "focusmesh.interface.mcp.proving": ("Prover",),
    "focusmesh.interface.mcp.running": ("TOKEN_VARIABLE", "serve_http", "serve_stdio"),
    "focusmesh.interface.mcp.server": ("made_server",),
    "focusmesh.interface.mcp.tools": ("Tools",),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
