"""A server in a process of its own: over standard input and output, or over HTTP."""

from __future__ import annotations

import hmac
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from focusmesh.errors import CodecError, FileError, ParameterError
from focusmesh.protocol.codec import check_json_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcp.server.lowlevel import Server
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_VARIABLE = "FOCUSMESH_MCP_TOKEN"
"""What clients of the HTTP transport have to show, where it is set."""
PATH = "/mcp"
MESSAGE_BYTES_MAX = 1 << 20
MESSAGE_ITEMS_MAX = 1 << 14
"""Names and values of a message: what is remembered at once is a list of some hundred sentences."""
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
    app = _Bounded(app)
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


class _Bounded:
    """An application that gets whole messages alone, of few enough bytes and values."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        try:
            body = await _whole(receive)
            check_json_items(body, MESSAGE_ITEMS_MAX)
        except CodecError as error:
            from starlette.responses import PlainTextResponse

            await PlainTextResponse(str(error), 413)(scope, receive, send)
            return
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def taking() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, taking, send)


async def _whole(receive: Receive) -> bytes:
    """The body of a request. Raises CodecError as soon as it is too long."""
    body, is_more = bytearray(), True
    while is_more:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MESSAGE_BYTES_MAX:
            raise CodecError(f"a message has at most {MESSAGE_BYTES_MAX:,} bytes")
        is_more = message.get("more_body", False)
    return bytes(body)


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
