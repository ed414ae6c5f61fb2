"""Whether two readers of one request could disagree about where its body ends (request smuggling).

The runtime (hyper) reads a request that has both Content-Length and Transfer-Encoding by the second, hides the
first and closes the connection afterwards. So the second alone tells such a request: bodies come with their
length, unless ``serve.chunked`` says that chunked ones are taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHUNKED = b"chunked"


class FramingFault(NamedTuple):
    """What is wrong with the headers that say how long a body is: a status of HTTP, a word for programs, a message."""

    status: int
    code: str
    message: str


def framing_fault(
    headers: Sequence[tuple[bytes, bytes]], *, takes_chunked: bool
) -> FramingFault | None:
    """What is wrong with how a body's length is said; None where it is said one way, or there is no body."""
    lengths = [value for name, value in headers if name == b"content-length"]
    codings = [value for name, value in headers if name == b"transfer-encoding"]
    if lengths and codings:
        return FramingFault(
            400, "framing", "a request has Content-Length or Transfer-Encoding, not both"
        )
    if len(lengths) > 1:
        return FramingFault(400, "framing", "a request has one Content-Length")
    if codings and not takes_chunked:
        return FramingFault(
            411, "length", "send the body with its Content-Length, not in chunks (serve.chunked)"
        )
    if codings and [one.strip().lower() for one in codings] != [_CHUNKED]:
        return FramingFault(400, "framing", "the one Transfer-Encoding that is taken is chunked")
    return None
