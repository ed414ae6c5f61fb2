"""The body of a block: signals in order, what became of each, and how the focus moved; compressed."""

from __future__ import annotations

import msgspec

from focusmesh.errors import BlockError, CodecError
from focusmesh.protocol.codec import Value, decode, encode
from focusmesh.protocol.compression import compress, decompress


class Outcome(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What became of a signal: ``code`` is "ok" where it was carried out, ``fee`` is what it paid in any case."""

    code: str
    fee: int


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``signals`` as they travelled (signature and bytes), one outcome each, ``focus`` the vector's differences."""

    signals: tuple[bytes, ...]
    results: tuple[Outcome, ...]
    focus: bytes

    def encode(self) -> bytes:
        """Brotli (quality 5) of the canonical dag-cbor map."""
        results: list[Value] = [[outcome.code, outcome.fee] for outcome in self.results]
        return compress(
            encode({"focus": self.focus, "results": results, "signals": list(self.signals)})
        )

    @classmethod
    def decode(cls, data: bytes, bytes_max: int) -> Body:
        """Raises BlockError ("body") for anything else, or where it is more than ``bytes_max`` unpacked."""
        try:
            body = msgspec.convert(decode(decompress(data, bytes_max)), cls, builtin_types=(bytes,))
        except (CodecError, msgspec.ValidationError) as error:
            raise BlockError("body", f"these {len(data)} bytes are no body: {error}") from error
        if len(body.signals) != len(body.results):
            raise BlockError(
                "body", f"{len(body.signals)} signals have {len(body.results)} outcomes"
            )
        return body
