"""Bodies of blocks: what is compressed may be anything, also more than anybody has memory for.

Input: a byte (0: the body as it is; 1: its first part before it is compressed, without a second; else: both, and where
the second begins, in 256 steps) and these bytes.
"""

from __future__ import annotations

from typing import Any

from focusmesh.errors import BlockError
from focusmesh.kernel.block import Body
from focusmesh.kernel.block.body import focus_of, join_streams
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.compression import compress
from tests.fuzz.target import Structure, Target
from tests.kernel.receipts.conftest import diffusing

_ONE_PART = b"\1"
_BYTES_MAX = 1 << 28
"""What networks allow where they say nothing else."""


def check(data: bytes) -> bool:
    body = _body(data)
    try:
        read = Body.decode(body, _BYTES_MAX)
    except BlockError:
        return False
    assert len(read.signals) == len(read.results)
    assert focus_of(body, _BYTES_MAX) == read.focus
    # Another compressor may have made these bytes: the content has one form, its compression has many.
    assert Body.decode(read.encode(), _BYTES_MAX) == read
    return True


def _body(data: bytes) -> bytes:
    kind, rest = data[:1], data[1:]
    if kind in (b"", b"\0"):
        return rest
    at = len(rest) if kind == _ONE_PART else len(rest) * kind[0] // 256
    return join_streams(compress(rest[:at], 1), rest[at:])


def seeds() -> list[bytes]:
    bodies = [diffusing().block(height).body for height in (1, 2, 3)]
    plain = [Body.decode(body, _BYTES_MAX) for body in bodies]
    # Small once it is compressed, large when it is read.
    large: list[Any] = [[[bytes(1 << 17)] * 4, [["ok", 0]] * 4], bytes(1 << 17)]
    written = [_write(each) for each in (*map(_carried, plain), large)]
    return [*(b"\0" + body for body in bodies), *written, _ONE_PART + encode(_every_form())]


def _every_form() -> list[Any]:
    """Signals and outcomes whose heads have all lengths."""
    codes = ["", "ok", "a-code-of-more-than-twenty-three-letters"]
    fees = [0, 24, 2**8, 2**16, 2**32]
    results = [[code, fee] for code in codes for fee in fees]
    return [[bytes(65)] * (len(results) - 1) + [bytes(256)], results]


def _carried(body: Body) -> list[Any]:
    results = [[outcome.code, outcome.fee] for outcome in body.results]
    return [[list(body.signals), results], body.focus]


def _read(data: bytes) -> Any:
    kind, rest = data[0], data[1:]
    if not kind:
        return _carried(Body.decode(rest, _BYTES_MAX))
    at = len(rest) if data[:1] == _ONE_PART else len(rest) * kind // 256
    return [decode(rest[:at]), rest[at:]]


def _write(value: Any) -> bytes:
    return b"\0" + join_streams(compress(encode(value[0]), 1), value[1])


TARGET = Target(check, seeds, Structure(_read, _write))
