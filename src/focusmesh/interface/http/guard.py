"""What every request passes before a route sees it: whose it is, how large, how often, and from which page."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec

from focusmesh.interface.http.access import RefusedError, asked_of, checked, has_body, in_time
from focusmesh.interface.http.grid_sockets import GRID_LIVE
from focusmesh.interface.http.problems import MEDIA_TYPE, document, headers_of
from focusmesh.interface.http.sockets import Caller, Known
from focusmesh.interface.http.streaming import AFTERWARDS
from focusmesh.interface.telemetry import CARRIERS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from focusmesh.interface.http.access import Message, Receive, Scope
    from focusmesh.interface.http.answering import Server
    from focusmesh.interface.service import Problem
    from focusmesh.interface.settings import Settings

    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

CLIENTS_MAX = 10_000
"""How many clients' rates are kept; the one that was silent longest is forgotten first."""
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
_POSTED_READS = ("/v1/graphql",)
"""What is posted and changes nothing."""
_TOO_FAST = "requests come faster than they may; wait a moment"


class Rates:
    """A bucket of requests for each client, filled at a steady rate."""

    def __init__(self, per_second: float, burst: int) -> None:
        """At a rate of 0 everything is admitted."""
        self._per_second = per_second
        self._room = float(max(burst, 1))
        self._buckets: dict[str, tuple[float, float]] = {}

    def admits(self, client: str, now: float) -> bool:
        """Takes a request from the client's bucket, where there is one in it."""
        if not self._per_second:
            return True
        left, then = self._buckets.pop(client, (self._room, now))
        left = min(self._room, left + (now - then) * self._per_second)
        admitted = left >= 1
        self._buckets[client] = (left - admitted, now)
        if len(self._buckets) > CLIENTS_MAX:
            del self._buckets[next(iter(self._buckets))]
        return admitted


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
        self._rates = Rates(limits.requests_per_second, limits.burst)
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
                taking = self._admitted(scope, receive)
            except RefusedError as error:
                await refuse(error.problem, sending)
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
            if not caller.admits():
                raise RefusedError(429, "too-many", _TOO_FAST)
            if live.is_full:
                raise RefusedError(503, "unavailable", "there are as many web sockets as may be")
        except RefusedError as error:
            await receive()
            await refuse(error.problem, send, "websocket.http.response")
        else:
            await live.serve(scope, receive, send, caller)

    def _caller(self, scope: Scope) -> Caller:
        """Who opens a web socket: by headers, or by its first message, since pages cannot send headers."""
        door, asked = self._server.door, asked_of(scope)
        address = (scope.get("client") or ("",))[0]
        is_silent = not any(asked.header(name) for name in ("authorization", "signature-input"))
        is_open = not door.is_shut
        anyone = Known("", may_write=True)
        known = anyone if is_open else None
        if not is_open and not is_silent:
            key = door.client(asked)
            known = Known(key.name, key.may_write)
        name = known.name if known and known.name else address

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
            admits=lambda: self._rates.admits(name, time.monotonic()),
        )

    def _admitted(self, scope: Scope, receive: Receive) -> Receive:
        """How a request's body is received, where it goes further; raises RefusedError where it does not."""
        self._verify(scope)
        client, taking = self._client(scope, receive)
        if not self._rates.admits(client, time.monotonic()):
            raise RefusedError(429, "too-many", _TOO_FAST)
        return taking

    def _verify(self, scope: Scope) -> None:
        """Raises RefusedError for what is too long, or asks for another server."""
        if len(scope["path"]) + len(scope["query_string"]) > self._query_bytes:
            raise RefusedError(
                414, "too-long", f"path and query have at most {self._query_bytes:,} bytes"
            )
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        if self._hosts and _without_port(host) not in self._hosts:
            raise RefusedError(
                421, "host", "this server does not go by the name that was asked for"
            )

    def _client(self, scope: Scope, receive: Receive) -> tuple[str, Receive]:
        """Who asks, an API key's name, else an address; and how its body is received."""
        address, path = (scope.get("client") or ("",))[0], scope["path"]
        if not self._server.door.is_shut or not _is_keyed(path):
            return address, receive
        asked = asked_of(scope)
        writes = asked.method not in _READING and path not in _POSTED_READS
        key = self._server.door.client(asked, writes=writes, has_body=has_body(asked))
        field = asked.header("content-digest") if key.is_neuron else None
        return key.name, receive if field is None else checked(receive, field)


def verify_origin(scope: Scope, allowed: frozenset[str]) -> None:
    """Raises RefusedError for a page of another web site, which browsers let open web sockets anywhere."""
    headers = dict(scope["headers"])
    origin, host = (headers.get(name, b"").decode("latin-1") for name in (b"origin", b"host"))
    if not origin or {"*", origin} & allowed:
        return
    if origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
        raise RefusedError(403, "origin", "pages of this web site may not ask here")


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
