"""The square of a body, written a second time from its description: no transforms, no tables of the library's."""

from __future__ import annotations

from functools import cache, reduce
from hashlib import sha256
from operator import xor

_BASIS = (1, 214, 152, 146, 86, 200, 88, 230)
_SHARE, _NAME = 512, 29


def data_root(body: bytes) -> bytes:
    """What a header says of a body."""
    first = 4 + int.from_bytes(body[:4], "big")
    shares = [
        each for n, part in ((1, body[4:first]), (2, body[first:])) for each in _shares(n, part)
    ]
    width = 1
    while width * width < len(shares):
        width *= 2
    name = b"\xff" * (_NAME - 1) + b"\xfe"
    shares += [(name + b"\x01").ljust(_SHARE, b"\0")] * (width * width - len(shares))
    rows = [shares[width * at : width * (at + 1)] for at in range(width)]
    square = [row + extended(row) for row in rows]
    columns = [list(column) for column in zip(*square, strict=True)]
    columns = [column + extended(column) for column in columns]
    whole = [list(row) for row in zip(*columns, strict=True)]
    return tree_root([*line_roots(whole), *line_roots(columns)])


def line_roots(lines: list[list[bytes]]) -> list[bytes]:
    """The namespaced root of each row or column of a whole square."""
    width = len(lines) // 2
    roots = []
    for index, line in enumerate(lines):
        named = [
            (share[:_NAME] if index < width and at < width else b"\xff" * _NAME, share)
            for at, share in enumerate(line)
        ]
        roots.append(b"".join(_namespaced(named)))
    return roots


def extended(pieces: list[bytes]) -> list[bytes]:
    """The values at 0 … k − 1 of the polynomials that have ``pieces`` as their values at k … 2k − 1, by Lagrange."""
    count = len(pieces)
    made = []
    for at in range(count):
        weights = [_weight(count, at, piece) for piece in range(count)]
        made.append(
            bytes(reduce(xor, map(_times, weights, values)) for values in zip(*pieces, strict=True))
        )
    return made


def tree_root(leaves: list[bytes]) -> bytes:
    """RFC 6962."""
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + tree_root(leaves[:split]) + tree_root(leaves[split:])).digest()


def _shares(number: int, part: bytes) -> list[bytes]:
    if not part:
        return []
    content = len(part).to_bytes(4, "big") + part
    room = _SHARE - _NAME - 1
    name = bytes(_NAME - 1) + bytes([number])
    return [
        (name + bytes([not at]) + content[at : at + room]).ljust(_SHARE, b"\0")
        for at in range(0, len(content), room)
    ]


def _namespaced(leaves: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes, bytes]:
    if len(leaves) == 1:
        name, share = leaves[0]
        return name, name, sha256(b"\0" + name + share).digest()
    half = len(leaves) // 2
    left, right = _namespaced(leaves[:half]), _namespaced(leaves[half:])
    greatest = max(left[1], right[1])
    added = b"\xff" * _NAME
    if right[0] == added != left[0]:
        greatest = left[1]
    return left[0], greatest, sha256(b"\1" + b"".join(left) + b"".join(right)).digest()


@cache
def _weight(count: int, at: int, piece: int) -> int:
    weight = 1
    for other in range(count):
        if other != piece:
            between = _inverse(piece + count ^ other + count)
            weight = _times(weight, _times(at ^ other + count, between))
    return weight


@cache
def _inverse(value: int) -> int:
    return next(each for each in range(256) if _times(value, each) == 1)


@cache
def _times(first: int, second: int) -> int:
    a, b = _element(first), _element(second)
    product = 0
    while b:
        if b & 1:
            product ^= a
        a, b = a << 1, b >> 1
        if a & 256:
            a ^= 0x11D
    return _byte_of()[product]


@cache
def _element(value: int) -> int:
    return reduce(xor, (basis for bit, basis in enumerate(_BASIS) if value >> bit & 1), 0)


@cache
def _byte_of() -> dict[int, int]:
    return {_element(value): value for value in range(256)}
