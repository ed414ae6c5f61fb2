"""iroh's Python binding as it is used here: one exact version, whose copying of bytes is replaced by a quick one."""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from focusmesh.errors import MissingExtraError, NetworkError

try:
    import iroh
    from iroh import IrohError, iroh_ffi
except ImportError as error:
    raise MissingExtraError("iroh", "iroh") from error

if TYPE_CHECKING:
    from focusmesh.protocol.identity import SigningKey

__all__ = ["IROH_VERSION", "IrohError", "check_library", "endpoint_builder", "iroh"]

IROH_VERSION = "1.2.0"
_SIZES = (0, 1, 15, 16, 17, 4_096, 100_000)


@cache
def check_library() -> None:
    """Replaces the byte-by-byte copy into Rust's buffers, and proves that what arrives there is the same.

    4–6 MB/s become 300. NetworkError ``"library"`` for another version, or where the copies differ.
    """
    installed = version("iroh")
    if installed != IROH_VERSION:
        raise NetworkError(
            "library",
            f"iroh {IROH_VERSION} is needed, whose details are known; {installed} is installed: "
            f"pip install iroh=={IROH_VERSION}",
        )
    builder: Any = iroh_ffi._UniffiRustBufferBuilder
    slow = builder.write
    builder.write = _write
    for size in _SIZES:
        data = bytes(place * 31 % 256 for place in range(size))
        if _write_copy(builder, _write, data) != _write_copy(builder, slow, data):
            builder.write = slow
            raise NetworkError("library", f"a copy of {size} bytes into iroh's buffers went wrong")


def endpoint_builder(key: SigningKey, protocol: bytes) -> Any:
    """What makes an endpoint of this key that speaks one protocol, asks no relay and no name server."""
    check_library()
    make: Any = iroh.EndpointBuilder
    builder = make()
    builder.apply_minimal()
    builder.relay_mode(iroh.RelayMode.disabled())
    builder.secret_key(key.seed)
    builder.alpns([protocol])
    return builder


def _write(self: Any, value: bytes) -> None:
    """Puts ``value`` at the end of the buffer, in one copy."""
    data = bytes(value)
    with self._reserve(len(data)):
        start = ctypes.addressof(self.rbuf.data.contents) + self.rbuf.len
        ctypes.memmove(start, data, len(data))


def _write_copy(builder: Any, write: Any, data: bytes) -> bytes:
    """What lies in a buffer after a few bytes and then ``data`` were written."""
    made = builder()
    try:
        write(made, b"before")
        write(made, data)
        return ctypes.string_at(made.rbuf.data, made.rbuf.len)
    finally:
        made.discard()
