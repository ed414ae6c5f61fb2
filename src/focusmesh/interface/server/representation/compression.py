"""Answers compressed by what Accept-Encoding names: br where it is installed, else gzip.

What is compressed is a whole answer of a type that shrinks, of 1 KiB to 32 MiB; streams, tiny and encoded ones go as
they are. BREACH guesses a secret that an answer has beside what an attacker made the client ask. No answer has a
cookie, a token or a key in it, so its length tells nothing of one; ``serve.compress`` turns it off all the same.
"""

from __future__ import annotations

import asyncio
import gzip
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    Message = MutableMapping[str, Any]
    Send = Callable[[Message], Awaitable[None]]
    Headers = list[tuple[bytes, bytes]]

BYTES_MIN = 1 << 10
BYTES_MAX = 1 << 25
_AT_ONCE_BYTES = 1 << 16
"""What is larger is compressed in a thread, so that others are answered meanwhile."""
_GZIP_LEVEL = 5
_BROTLI_QUALITY = 4
_TYPES = (
    *(b"application/json", b"application/problem+json", b"application/graphql-response+json"),
    *(b"text/", b"application/javascript", b"image/svg+xml"),
)


class Compression:
    """``send`` for one answer: it holds back the head until it is seen whether a whole body follows."""

    def __init__(self, accepted: str, send: Send) -> None:
        self._coding = choose_encoding(accepted)
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        """Sends a message of ASGI, the body compressed where that is worth while."""
        if message["type"] == "http.response.start" and _shrinks(message.get("headers", ())):
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            start["headers"] = _vary(start["headers"])
            if not message.get("more_body", False) and self._coding is not None:
                message = await self._compress(self._coding, start, message)
            await self._send(start)
        await self._send(message)

    async def _compress(self, coding: str, start: Message, message: Message) -> Message:
        body = message.get("body", b"")
        if len(body) > _AT_ONCE_BYTES:
            packed = await asyncio.to_thread(_pack, coding, body)
        else:
            packed = _pack(coding, body)
        if len(packed) >= len(body):
            return message
        start["headers"] = _encode_headers(start["headers"], coding, len(packed))
        return {**message, "body": packed}


def choose_encoding(accepted: str) -> str | None:
    """``"br"`` or ``"gzip"`` by their weights in Accept-Encoding, br where these are alike; None for neither."""
    weights: dict[str, float] = {}
    for one in accepted.lower().split(",")[:32]:
        name, _, parameters = one.strip().partition(";")
        weights[name.strip()] = _weight(parameters)
    known = [name for name in ("br", "gzip") if name == "gzip" or _brotli() is not None]
    offered = {name: weights.get(name, weights.get("*", 0.0)) for name in known}
    best = max(known, key=lambda name: offered[name])
    return best if offered[best] > 0 else None


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _shrinks(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a body of a known length follows that is worth while: a stream has none."""
    said = dict(headers)
    size = said.get(b"content-length", b"")
    return (
        size.isdigit()
        and BYTES_MIN <= int(size) <= BYTES_MAX
        and said.get(b"content-type", b"").lower().startswith(_TYPES)
        and b"content-encoding" not in said
    )


def _vary(headers: Headers) -> Headers:
    """The headers, with Accept-Encoding among what the answer goes by."""
    before = [value for name, value in headers if name == b"vary"]
    others = [(name, value) for name, value in headers if name != b"vary"]
    return [*others, (b"vary", b", ".join([*before, b"Accept-Encoding"]))]


def _encode_headers(headers: Headers, coding: str, size: int) -> Headers:
    """The headers of the compressed answer: its tag is a weak one, since the bytes are other ones."""
    changed = []
    for name, value in headers:
        if name == b"content-length":
            changed.append((name, str(size).encode()))
        elif name == b"etag" and not value.startswith(b"W/"):
            changed.append((name, b"W/" + value))
        else:
            changed.append((name, value))
    return [*changed, (b"content-encoding", coding.encode())]


def _pack(coding: str, body: bytes) -> bytes:
    if coding == "br":
        return bytes(_brotli().compress(body, quality=_BROTLI_QUALITY))
    # Without the time, so that the same answer has the same bytes.
    return gzip.compress(body, _GZIP_LEVEL, mtime=0)


@cache
def _brotli() -> Any:
    """The package, which the extra ``ledger`` brings; None without it."""
    try:
        import brotli
    except ImportError:
        return None
    return brotli
