"""The gRPC of one worker: a port of its own in the worker's loop, and what every call passes on its way to a method."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from focusmesh.errors import FileError, InputError
from focusmesh.host.service import UnavailableError, log_unexpected, problem_of
from focusmesh.interface.server.admission import bucket_of
from focusmesh.interface.server.grpc import messages
from focusmesh.interface.server.grpc.call import Call
from focusmesh.interface.server.grpc.framework import AbortError, grpc, health_pb2_grpc, reflection
from focusmesh.interface.server.grpc.health import HealthService
from focusmesh.interface.server.grpc.methods_applications import application_methods
from focusmesh.interface.server.grpc.methods_graph import GRAPH_METHODS
from focusmesh.interface.server.grpc.methods_ledger import LEDGER_METHODS, WRITING
from focusmesh.interface.server.grpc.methods_live import STREAMS
from focusmesh.interface.server.grpc.protocol import method_types, pool, services
from focusmesh.interface.server.grpc.statuses import details_of, status_of
from focusmesh.interface.server.http import goes_by, health_of
from focusmesh.interface.server.shared import RefusedError
from focusmesh.interface.server.signatures import Asked, Body
from focusmesh.interface.server.telemetry import CARRIERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from focusmesh.interface.server.grpc.call import Streaming, Unary
    from focusmesh.interface.server.grpc.protocol import MethodType
    from focusmesh.interface.server.http import Server

LOG = logging.getLogger("focusmesh.grpc")
AUTHORITY = "focusmesh-authority"
"""Metadata of a signed call: the address that its client meant. Python's gRPC hides HTTP/2's own."""
HEALTH = "grpc.health.v1.Health"
_REFLECTION = "grpc.reflection.v1alpha.ServerReflection"
_METADATA_BYTES_MAX = 16_384
_SECONDS_BETWEEN_PINGS = 60
_GONE = 499


class GrpcServer:
    """Answers at ``port`` once it was started; workers of one server share the port."""

    def __init__(self, server: Server) -> None:
        """Needs the extra ``grpc``; ``server`` is what HTTP answers with as well."""
        self._server = server
        self.port = server.settings.grpc.port

    async def start(self) -> None:
        """Raises FileError where the port is taken."""
        settings = self._server.settings
        host = settings.serve.host
        self._listening = grpc.aio.server(
            options=_options(self._server), maximum_concurrent_rpcs=settings.grpc.calls
        )
        self._listening.add_generic_rpc_handlers(tuple(self._handlers()))
        names = [*services(), HEALTH]
        health_pb2_grpc.add_HealthServicer_to_server(
            HealthService(names, self._is_well), self._listening
        )
        reflection.enable_server_reflection([*names, _REFLECTION], self._listening, pool=pool())
        address = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        try:
            self.port = self._listening.add_insecure_port(address)
        except RuntimeError as error:
            raise FileError(
                f"cannot listen at {address} for gRPC: the address is in use"
            ) from error
        await self._listening.start()

    async def stop(self) -> None:
        """Takes no more calls, ends subscriptions, and gives what else runs its time to end."""
        await self._server.hub.stop()
        await self._listening.stop(self._server.settings.serve.grace_seconds)

    def _handlers(self) -> list[Any]:
        by_service: dict[str, dict[str, Any]] = {}
        unary = GRAPH_METHODS | LEDGER_METHODS | application_methods()
        for name, kind in method_types().items():
            service, _, method = kind.path[1:].partition("/")
            handler = (
                grpc.unary_stream_rpc_method_handler(self._streaming(kind, STREAMS[name]))
                if kind.is_stream
                else grpc.unary_unary_rpc_method_handler(self._unary(kind, unary[name]))
            )
            by_service.setdefault(service, {})[method] = handler
        return [
            grpc.method_handlers_generic_handler(service, methods)
            for service, methods in by_service.items()
        ]

    def _unary(self, kind: MethodType, method: Unary) -> Any:
        async def answer(sent: bytes, context: Any) -> bytes:
            async with _Counted(self._server, kind.path, context):
                call = self._call(kind, sent, context)
                answered = messages.record_message(kind.response, await method(call))
                packed: bytes = answered.SerializeToString()
                return packed

        return answer

    def _streaming(self, kind: MethodType, method: Streaming) -> Any:
        async def answer(sent: bytes, context: Any) -> AsyncIterator[bytes]:
            async with _Counted(self._server, kind.path, context):
                call = self._call(kind, sent, context)
                async with aclosing(method(call)) as records:
                    async for record in records:
                        yield messages.record_message(kind.response, record).SerializeToString()

        return answer

    def _call(self, kind: MethodType, sent: bytes, context: Any) -> Call:
        """The call, where its client may make it.

        Raises RefusedError, TooManyError where it may not, ParameterError for no message.
        """
        rates = self._server.rates
        # Before a signature is looked at, which costs more than a bucket.
        rates.verify(_address(context.peer()))
        client = self._client(kind, sent, context)
        if client is not None:
            rates.verify(client)
        return Call(self._server, messages.read(kind.request, sent), context.time_remaining())

    def _client(self, kind: MethodType, sent: bytes, context: Any) -> str | None:
        """Whose key it is, by the bucket of its name; None where none is asked for."""
        door = self._server.door
        if not door.is_shut:
            return None
        metadata = context.invocation_metadata() or ()
        headers = [(name, value) for name, value in metadata if isinstance(value, str)]
        authority = dict(headers).get(AUTHORITY, "")
        asked = Asked("POST", "http", authority, kind.path, "", headers)
        key = door.client(asked, writes=kind.path.endswith(WRITING), has_body=bool(sent))
        if key.is_neuron:
            if not goes_by(self._server.settings, authority):
                raise RefusedError(
                    421, "host", "this server does not go by the name that was signed"
                )
            _verify_body(asked, sent)
        return f"key {key.name}"

    async def _is_well(self) -> bool:
        health = await self._server.watch(lambda: health_of(self._server))
        return health.ok


class _Counted:
    """Around a call: it is counted and timed, and what it fails with is told as gRPC has it."""

    def __init__(self, server: Server, path: str, context: Any) -> None:
        self._server = server
        metadata = context.invocation_metadata() or ()
        self._carrier = {name: value for name, value in metadata if name in CARRIERS}
        self._path = path
        self._context = context

    async def __aenter__(self) -> None:
        self._begun = time.perf_counter()
        self._server.metrics.begin()
        self._request = self._server.telemetry.request("grpc", "grpc", self._carrier)

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        status, word = 200, "OK"
        try:
            if isinstance(error, asyncio.CancelledError | GeneratorExit):
                status, word = _GONE, "CANCELLED"
            elif isinstance(error, Exception) and not isinstance(error, AbortError):
                problem = error.problem if isinstance(error, RefusedError) else problem_of(error)
                status = problem.status
                if not isinstance(error, UnavailableError):
                    log_unexpected(LOG, self._path, error, problem)
                code, trailing = status_of(problem), details_of(problem)
                word = code.name
                await self._context.abort(code, problem.message, trailing)
        finally:
            seconds = time.perf_counter() - self._begun
            self._server.metrics.end(self._path, status, seconds)
            self._request.end(self._path[1:], word)


def _address(peer: str) -> str:
    """The bucket of the address of a peer (``ipv4:127.0.0.1:7000``, ``ipv6:%5B::1%5D:7000``)."""
    address = unquote(peer).rpartition(":")[0].partition(":")[2]
    return bucket_of(address.strip("[]"))


def _verify_body(asked: Asked, sent: bytes) -> None:
    """Raises RefusedError where the message is not the one whose digest was signed."""
    field = asked.header("content-digest")
    if field is None:
        return
    try:
        body = Body(field)
        body.update(sent)
        body.verify()
    except InputError as error:
        raise RefusedError(401, "signature", str(error)) from error


def _options(server: Server) -> Sequence[tuple[str, int]]:
    settings = server.settings
    return [
        ("grpc.so_reuseport", int(settings.serve.workers > 1)),
        ("grpc.max_receive_message_length", settings.limits.body_bytes),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_metadata_size", _METADATA_BYTES_MAX),
        ("grpc.server_handshake_timeout_ms", round(settings.limits.header_seconds * 1_000)),
        # Whose machine went away without a word is found out, so that nothing is streamed for him.
        ("grpc.keepalive_time_ms", _SECONDS_BETWEEN_PINGS * 1_000),
        ("grpc.keepalive_timeout_ms", _SECONDS_BETWEEN_PINGS * 1_000 // 3),
    ]
