"""What every request passes before a route sees it: whose it is, how large, how often, and from which page."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec

from focusmesh.host.service import TooManyError
from focusmesh.interface.server.admission import Proxies, bucket_of, framing_fault
from focusmesh.interface.server.http.posted_questions import POSTED_QUESTIONS
from focusmesh.interface.server.representation import Compression
from focusmesh.interface.server.shared import (
    AFTERWARDS,
    MEDIA_TYPE,
    RefusedError,
    as_problem,
    asked_of,
    check_body,
    document,
    has_body,
    headers_of,
    in_time,
)
from focusmesh.interface.server.telemetry import CARRIERS
from focusmesh.interface.server.websocket import GRID_LIVE, Caller, Known

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from focusmesh.host.service import Problem
    from focusmesh.host.settings import Settings
    from focusmesh.interface.server.http.server import Server
    from focusmesh.interface.server.shared import Message, Receive, Scope

    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_KEYED = ("v1", "metrics")
"""What the routes begin with that a key is asked for; the page, the description of routes and health are for anyone."""
LIVE = "/v1/live"
_HEAD = "HEAD"
_READING = ("GET", _HEAD, "OPTIONS")
_POSTED_READS = ("/v1/graphql", *POSTED_QUESTIONS.values())
"""What is posted and changes nothing."""


class _EnoughError(Exception):
    """All of a long answer that is told to HEAD was told: the rest need not be made."""


class Guard:
    """An ASGI application around another one: refuses, counts, and adds the headers that every answer has.

    Within, HEAD is GET; here the body is dropped (RFC 9110, section 9.3.2).
    """

    def __init__(self, inner: Application, server: Server) -> None:
        limits, access = server.settings.limits, server.settings.access
        self._inner = inner
        self._server = server
        self._query_bytes = limits.query_bytes
        self._send_seconds = limits.send_seconds
        self._body_seconds = limits.body_seconds
        self._rates = server.rates
        self._proxies = Proxies(access.proxies)
        self._takes_chunked = server.settings.serve.chunked
        self._hosts = _hosts(server.settings.serve.host, access.hosts)
        self._origins = frozenset(one.strip() for one in access.origins.split(",") if one.strip())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses, or hands on."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        begun, status, is_left = time.perf_counter(), 500, False
        sends = _without_body(send) if scope["method"] == _HEAD else send
        if self._server.settings.serve.compress:
            sends = Compression(_accepted_codings(scope), sends)

        async def sending(message: Message) -> None:
            nonlocal status, is_left
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_ALWAYS]
            try:
                async with asyncio.timeout(self._send_seconds):
                    await sends(message)
            except (TimeoutError, _EnoughError):
                is_left = True
                raise

        metrics = self._server.metrics
        metrics.begin()
        told = self._server.telemetry.request("http", scope["method"], _carrier(scope))
        try:
            try:
                taking = self._admit(scope, receive)
            except (RefusedError, TooManyError) as error:
                await refuse(as_problem(error), sending)
            else:
                taking = in_time(taking, self._body_seconds, posted=scope["method"] == "POST")
                if scope["method"] == _HEAD:
                    scope["method"] = "GET"
                await self._inner(scope, taking, sending)
        except Exception:
            # Who does not read what is sent is left, without many words; and so is who has all of it.
            if not is_left:
                raise
        finally:
            if AFTERWARDS in scope:
                await scope[AFTERWARDS]()
            metrics.end(scope.get("path_template"), status, time.perf_counter() - begun)
            told.end(scope.get("path_template"), str(status))

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses a web socket, or opens it."""
        sockets = {LIVE: self._server.live, GRID_LIVE: self._server.grid_sockets}
        try:
            self._verify(scope)
            verify_origin(scope, self._origins)
            live = sockets.get(scope["path"])
            if live is None:
                raise RefusedError(404, "no-route", f"web sockets are opened at {LIVE}")
            caller = self._caller(scope)
            self._rates.verify(self._address(scope))
            if live.is_full:
                raise RefusedError(
                    503, "unavailable", "this server has no room for another web socket"
                )
        except (RefusedError, TooManyError) as error:
            await receive()
            await refuse(as_problem(error), send, "websocket.http.response")
        else:
            await live.serve(scope, receive, send, caller)

    def _caller(self, scope: Scope) -> Caller:
        """Who opens a web socket: by headers, or by its first message, since pages cannot send headers."""
        door, asked = self._server.door, asked_of(scope)
        address = self._address(scope)
        is_silent = not any(asked.header(name) for name in ("authorization", "signature-input"))
        is_open = not door.is_shut
        anyone = Known("", may_write=True)
        known = anyone if is_open else None
        if not is_open and not is_silent:
            key = door.client(asked)
            known = Known(key.name, key.may_write)
        name = f"key {known.name}" if known and known.name else address

        def authorize(key: str) -> Known | None:
            if is_open:
                return anyone
            try:
                found = door.client(asked._replace(headers=[("authorization", f"Bearer {key}")]))
            except RefusedError:
                return None
            return Known(found.name, found.may_write)

        return Caller(
            known=known,
            authorize=authorize,
            admits=lambda: self._rates.admits(name),
        )

    def _admit(self, scope: Scope, receive: Receive) -> Receive:
        """How a request's body is received, where it goes further; raises RefusedError where it does not."""
        self._verify(scope)
        # Before a signature is looked at, which costs more than a bucket.
        self._rates.verify(self._address(scope))
        client, taking = self._client(scope, receive)
        if client is not None:
            self._rates.verify(client)
        return taking

    def _address(self, scope: Scope) -> str:
        """The bucket of the address that a request comes from."""
        peer = (scope.get("client") or ("",))[0]
        return bucket_of(self._proxies.client(peer, scope["headers"]))

    def _verify(self, scope: Scope) -> None:
        """Raises RefusedError for what is too long, is framed two ways, or asks for another server."""
        if len(scope["path"]) + len(scope["query_string"]) > self._query_bytes:
            raise RefusedError(
                414, "too-long", f"path and query have at most {self._query_bytes:,} bytes"
            )
        fault = framing_fault(scope["headers"], takes_chunked=self._takes_chunked)
        if fault is not None:
            raise RefusedError(*fault)
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        if self._hosts and _without_port(host) not in self._hosts:
            raise RefusedError(
                421, "host", "this server does not go by the name that was asked for"
            )

    def _client(self, scope: Scope, receive: Receive) -> tuple[str | None, Receive]:
        """Whose key it is, by the bucket of its name, None where none is asked for; and how its body is received."""
        path = scope["path"]
        if not self._server.door.is_shut or not _is_keyed(path):
            return None, receive
        asked = asked_of(scope)
        writes = asked.method not in _READING and path not in _POSTED_READS
        key = self._server.door.client(asked, writes=writes, has_body=has_body(asked))
        field = asked.header("content-digest") if key.is_neuron else None
        return f"key {key.name}", receive if field is None else check_body(receive, field)


def verify_origin(scope: Scope, allowed: frozenset[str]) -> None:
    """Raises RefusedError for a page of another web site, which browsers let open web sockets anywhere."""
    headers = dict(scope["headers"])
    origin, host = (headers.get(name, b"").decode("latin-1") for name in (b"origin", b"host"))
    if not origin or {"*", origin} & allowed:
        return
    if origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
        raise RefusedError(403, "origin", "pages of this web site may not send requests here")


async def refuse(problem: Problem, send: Send, kind: str = "http.response") -> None:
    """Answers with a problem."""
    body = msgspec.json.encode(document(problem))
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), text.encode()) for name, text in headers_of(problem).items()),
    ]
    await send({"type": f"{kind}.start", "status": problem.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})


def _without_body(send: Send) -> Send:
    """``send`` for the answer to HEAD, which raises _EnoughError at the first of several parts of a body."""

    async def sending(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
            return
        await send({"type": message["type"], "body": b""})
        if message.get("more_body", False):
            raise _EnoughError

    return sending


def _accepted_codings(scope: Scope) -> str:
    """What the client says that it can unpack."""
    said = (value for name, value in scope["headers"] if name == b"accept-encoding")
    return b",".join(said).decode("latin-1")


def _is_keyed(path: str) -> bool:
    """Whether a key is asked for: the router takes several slashes for one and none for the last, and so is judged."""
    return path.strip("/").partition("/")[0] in _KEYED


def _carrier(scope: Scope) -> dict[str, str]:
    """The headers that name the trace of a request."""
    found = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return {name: value for name, value in found if name in CARRIERS}


def _hosts(address: str, said: str) -> frozenset[str]:
    """Which names requests may give; none where any may be.

    A page of another web site can have its own name point at this machine (DNS rebinding), and then reads what
    the loopback address serves: its requests have that name as their Host.
    """
    if said:
        return frozenset(name.strip().lower() for name in said.split(","))
    return frozenset(LOOPBACK) if is_loopback(address) else frozenset()


def goes_by(settings: Settings, authority: str) -> bool:
    """Whether the server goes by a name that a request gives, with a port or without."""
    hosts = _hosts(settings.serve.host, settings.access.hosts)
    return not hosts or _without_port(authority) in hosts


def is_loopback(address: str) -> bool:
    """Whether nobody else reaches this address."""
    return address == "localhost" or address.startswith("127.") or address == "::1"


def _without_port(host: str) -> str:
    name, _, port = host.lower().rpartition(":")
    return name if name and port.isdecimal() else host.lower()
