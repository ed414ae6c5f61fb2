"""The body of a block: signals in order, what became of each, and how the focus moved; compressed.

    length (u32 BE) of what follows next
    Brotli of the dag-cbor array [signals, results]
    Brotli of the focus's differences, nothing where the block carries none

Two streams, since signals and results are known, and can be compressed, before the focus is.
"""

from __future__ import annotations

import msgspec

from focusmesh.errors import BlockError, CodecError
from focusmesh.kernel.availability import FOCUS, SIGNALS
from focusmesh.kernel.block.compression_limit import check_carried
from focusmesh.protocol.codec import Value, decode, encode
from focusmesh.protocol.compression import compress, decompress

_LENGTH_BYTES = 4


class Outcome(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What became of a signal: ``code`` is "ok" where it was carried out, ``fee`` is what it paid in any case."""

    code: str
    fee: int


class _Carried(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    signals: tuple[bytes, ...]
    results: tuple[Outcome, ...]


# Compiled now: threads whose first bodies are read at one time would end the process.
msgspec.json.Decoder(_Carried)


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """``signals`` as they travelled (signature and bytes), one outcome each, ``focus`` the vector's differences."""

    signals: tuple[bytes, ...]
    results: tuple[Outcome, ...]
    focus: bytes

    def encode(self) -> bytes:
        """The bytes of the body. O(bytes), some 25 ms a megabyte."""
        return join_streams(pack_signals(self.signals, self.results), self.focus)

    @classmethod
    def decode(cls, data: bytes, bytes_max: int) -> Body:
        """Raises BlockError ("body") for anything else, or where either part is above ``bytes_max`` unpacked."""
        stop = _second_stream(data)
        try:
            content = decompress(data[_LENGTH_BYTES:stop], bytes_max)
            check_carried(content)
            # Signals and outcomes alone, each of many bytes: there are no more items than the form allows.
            value = decode(content, items_max=None)
            carried = msgspec.convert(value, _Carried, builtin_types=(bytes,))
        except (CodecError, msgspec.ValidationError) as error:
            raise _no_body(data, error) from error
        focus = focus_of(data, bytes_max)
        return cls(signals=carried.signals, results=carried.results, focus=focus)


def pack_signals(signals: tuple[bytes, ...], results: tuple[Outcome, ...]) -> bytes:
    """The first stream."""
    outcomes: list[Value] = [[outcome.code, outcome.fee] for outcome in results]
    return compress(encode([list(signals), outcomes]))


def parts(data: bytes) -> dict[bytes, bytes]:
    """The streams of a body by the namespaces under which they are shared. Raises BlockError ("body")."""
    stop = _second_stream(data)
    if not _LENGTH_BYTES < stop <= len(data):
        raise BlockError(
            "body", f"these {len(data)} bytes are not a body: its first stream is cut off"
        )
    return {SIGNALS: data[_LENGTH_BYTES:stop], FOCUS: data[stop:]}


def body_of_parts(found: dict[bytes, bytes]) -> bytes:
    """The body of which these are the parts. Raises BlockError ("shares") where other ones are among them."""
    if SIGNALS not in found or not found.keys() <= {SIGNALS, FOCUS}:
        names = ", ".join(name.hex() for name in found) or "nothing"
        raise BlockError("shares", f"a body has signals and focus, these shares have {names}")
    length = len(found[SIGNALS]).to_bytes(_LENGTH_BYTES, "big")
    return length + found[SIGNALS] + found.get(FOCUS, b"")


def join_streams(carried: bytes, focus: bytes) -> bytes:
    """The body of a first stream and the differences."""
    length = len(carried).to_bytes(_LENGTH_BYTES, "big")
    return length + carried + (compress(focus) if focus else b"")


def focus_of(data: bytes, bytes_max: int) -> bytes:
    """The differences that a body carries, without its signals. Raises BlockError ("body") as ``Body.decode``."""
    compressed = data[_second_stream(data) :]
    try:
        return decompress(compressed, bytes_max) if compressed else b""
    except CodecError as error:
        raise _no_body(data, error) from error


def _second_stream(data: bytes) -> int:
    return _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "big")


def _no_body(data: bytes, error: Exception) -> BlockError:
    return BlockError("body", f"these {len(data)} bytes are not a body: {error}")
