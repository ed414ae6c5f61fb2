"""A server in a process of its own: over standard input and output, or over HTTP."""

from __future__ import annotations

import hmac
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from focusmesh.errors import FileError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcp.server.lowlevel import Server
    from starlette.types import ASGIApp, Receive, Scope, Send

TOKEN_VARIABLE = "FOCUSMESH_MCP_TOKEN"
"""What clients of the HTTP transport have to show, where it is set."""
PATH = "/mcp"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def serve_stdio(server: Server[Any], close: Callable[[], None]) -> None:
    """Serves the client at standard input until that ends; SIGTERM and SIGINT end it, after what is being written."""
    import anyio
    from mcp.server.stdio import stdio_server

    async def run() -> None:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    with _ended_by_signals(close):
        anyio.run(run)


def serve_http(
    server: Server[Any], host: str, port: int, token: str | None, ready: Callable[[str], None]
) -> None:
    """Serves clients of the streamable HTTP transport until SIGTERM or SIGINT; ``ready`` is told the URL.

    ``token``: every request has to show it as a bearer. Raises ParameterError for an address that others can reach
    without one, FileError where it cannot be bound.
    """
    import socket

    import uvicorn

    if token is None and host not in _LOOPBACK:
        raise ParameterError(
            f"--host {host}: others can reach it; set {TOKEN_VARIABLE}, which clients then have to show"
        )
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        bound = socket.create_server((host, port), family=family)
    except OSError as error:
        raise FileError(
            f"cannot listen at {host}, port {port}: {error.strerror or error}"
        ) from error
    app: ASGIApp = server.streamable_http_app(
        streamable_http_path=PATH, host=host, json_response=False
    )
    if token is not None:
        app = _Guarded(app, token)
    shown = f"[{host}]" if ":" in host else host
    with bound:
        ready(f"http://{shown}:{bound.getsockname()[1]}{PATH}")
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=3)
        uvicorn.Server(config).run(sockets=[bound])


class _Guarded:
    """An application that answers those alone who show the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            shown = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(shown, self._expected):
                from starlette.responses import PlainTextResponse

                refused = PlainTextResponse(
                    "a bearer token is needed", 401, headers={"www-authenticate": "Bearer"}
                )
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)


@contextmanager
def _ended_by_signals(close: Callable[[], None]) -> Iterator[None]:
    """Ends the process on a signal. A thread that waits for standard input would keep it alive otherwise."""

    def end(number: int, _: object) -> None:
        close()
        os._exit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
