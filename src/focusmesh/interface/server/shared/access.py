"""Who asks: an API key that is sent, or a neuron that signs. One door for HTTP, web sockets and gRPC."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from focusmesh.errors import FocusmeshError, InputError
from focusmesh.host.service import Problem
from focusmesh.interface.server.shared.api_keys import ApiKeys
from focusmesh.interface.server.signatures import Asked, Body, SignatureRefusedError

if TYPE_CHECKING:
    from focusmesh.interface.server.shared.api_keys import ApiKey
    from focusmesh.interface.server.signatures import Signatures

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
_SCHEMES = {"https": "https", "wss": "https"}
_HOW = "send `Authorization: Bearer KEY` with an API key, or sign the request with a neuron's key"


class RefusedError(FocusmeshError):
    """Whoever asks may not; ``problem`` says so as HTTP does: 401 ("api-key", "signature") or 403 ("api-key")."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.problem = Problem(status, code, message)
        super().__init__(message)


class Door:
    """Who may come in: everybody where there are no ``keys``, else whose keys they are. Safe between threads."""

    def __init__(self, keys: ApiKeys | None, signatures: Signatures) -> None:
        self._keys = keys
        self._signatures = signatures

    @property
    def is_shut(self) -> bool:
        """Whether keys are asked for."""
        return self._keys is not None

    def client(self, asked: Asked, *, writes: bool = False, has_body: bool = False) -> ApiKey:
        """Whose request it is, where the door is shut; raises RefusedError where it is nobody's who may.

        ``writes``: it takes a key that may; ``has_body``: who signs must have signed the digest of it. The same signed
        request is let in once.
        """
        keys = self._keys or ApiKeys([])
        found = self._find_key(asked, keys, has_body=has_body)
        if found is None:
            raise RefusedError(401, "api-key", _HOW)
        if writes and not found.may_write:
            raise RefusedError(403, "api-key", f"the API key {found.name!r} may only read")
        return found

    def _find_key(self, asked: Asked, keys: ApiKeys, *, has_body: bool) -> ApiKey | None:
        scheme, _, sent = (asked.header("authorization") or "").partition(" ")
        if sent:
            return keys.find(sent.strip()) if scheme.lower() == "bearer" else None
        try:
            neuron = self._signatures.neuron(
                asked, lambda public: keys.neuron(public) is not None, has_body=has_body
            )
        except SignatureRefusedError as error:
            raise RefusedError(401, "signature", str(error)) from error
        return None if neuron is None else keys.neuron(neuron)


def asked_of(scope: Scope) -> Asked:
    """The request of an ASGI scope, of HTTP or of a web socket, whose handshake is a GET."""
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    ]
    raw = scope.get("raw_path") or quote(scope["path"]).encode()
    return Asked(
        method=scope.get("method", "GET"),
        scheme=_SCHEMES.get(scope["scheme"], "http"),
        authority=next((value for name, value in headers if name == "host"), ""),
        path=raw.decode("latin-1").partition("?")[0],
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
    )


def has_body(asked: Asked) -> bool:
    """Whether a body of HTTP/1.1 follows."""
    return (
        asked.header("transfer-encoding") is not None or asked.header("content-length") or "0"
    ) != "0"


def check_body(receive: Receive, field: str) -> Receive:
    """``receive``, which raises RefusedError at the end of a body that is not the one of the digest in ``field``."""
    try:
        body = Body(field)
    except InputError as error:
        raise RefusedError(401, "signature", str(error)) from error

    async def checking() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            body.update(message.get("body", b""))
            if not message.get("more_body", False):
                try:
                    body.verify()
                except InputError as error:
                    raise RefusedError(401, "signature", str(error)) from error
        return message

    return checking


def in_time(receive: Receive, seconds: float, *, posted: bool = False) -> Receive:
    """``receive``, which raises RefusedError where a body is not whole after ``seconds`` or, ``posted``, ends early."""
    until = time.monotonic() + seconds
    is_whole = False

    async def receiving() -> Message:
        nonlocal is_whole
        if is_whole:
            # What comes now is that the client has gone, whenever that is.
            return await receive()
        try:
            async with asyncio.timeout(until - time.monotonic()):
                message = await receive()
        except TimeoutError:
            raise RefusedError(
                408, "too-slow", f"the body of a request must arrive within {seconds:g} s"
            ) from None
        if posted and message["type"] == "http.disconnect":
            raise RefusedError(
                400, "broken-off", "the body of the request broke off, or is malformed"
            )
        is_whole = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return receiving
