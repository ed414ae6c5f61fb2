"""MCP: a graph file or a ledger as the memory of an agent, over stdio or HTTP.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.interface.mcp.file_store import FileStore as FileStore
    from focusmesh.interface.mcp.file_store import GraphStore as GraphStore
    from focusmesh.interface.mcp.ledger_store import LedgerStore as LedgerStore
    from focusmesh.interface.mcp.process import TOKEN_VARIABLE as TOKEN_VARIABLE
    from focusmesh.interface.mcp.process import serve_http as serve_http
    from focusmesh.interface.mcp.process import serve_stdio as serve_stdio
    from focusmesh.interface.mcp.receipts import Prover as Prover
    from focusmesh.interface.mcp.server import made_server as made_server
    from focusmesh.interface.mcp.tools import Tools as Tools
else:
    __getattr__, __dir__ = lazily(__name__)
