"""Ed25519 checked with Python's integers: some milliseconds each, for who verifies a receipt and has no PyNaCl.

The rules are libsodium's, so that no two verifiers differ: RFC 8032 §5.1.7 without the cofactor, S below the order of
the group, a canonical key, neither key nor R of small order, R compared as bytes.
"""

from __future__ import annotations

import hashlib
from functools import reduce

_PRIME = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _PRIME) % _PRIME
_ROOT_OF_MINUS_1 = pow(2, (_PRIME - 1) // 4, _PRIME)
_SIGN = 1 << 255
_KEY_BYTES = 32

Point = tuple[int, int, int, int]
"""x/z, y/z, 1·z, x·y/z: extended coordinates of the curve."""

_NEUTRAL: Point = (0, 1, 1, 0)


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` (64 bytes) is one of ``message`` by ``public`` (32 bytes)."""
    nonce, scalar = signature[:_KEY_BYTES], int.from_bytes(signature[_KEY_BYTES:], "little")
    key = _point(public)
    if key is None or scalar >= _ORDER or _is_small(key):
        return False
    hashed = hashlib.sha512(nonce + public + message).digest()
    challenge = int.from_bytes(hashed, "little") % _ORDER
    found = _sum_of_products(scalar, _BASE, challenge, _negative(key))
    return _encode(found) == nonce and not _is_small(found)


def _point(encoded: bytes) -> Point | None:
    """The point that 32 bytes are the canonical form of."""
    number = int.from_bytes(encoded, "little")
    y, sign = number % _SIGN, number >= _SIGN
    if y >= _PRIME:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _PRIME) % _PRIME
    x = pow(square, (_PRIME + 3) // 8, _PRIME)
    if x * x % _PRIME != square:
        x = x * _ROOT_OF_MINUS_1 % _PRIME
    if x * x % _PRIME != square:
        return None
    x = -x % _PRIME if x % 2 != sign else x
    return x, y, 1, x * y % _PRIME


def _encode(point: Point) -> bytes:
    inverse = pow(point[2], -1, _PRIME)
    x, y = point[0] * inverse % _PRIME, point[1] * inverse % _PRIME
    return (y + x % 2 * _SIGN).to_bytes(_KEY_BYTES, "little")


def _is_small(point: Point) -> bool:
    """Whether eight times the point is the neutral element."""
    eightfold = reduce(lambda each, _: _sum(each, each), range(3), point)
    return eightfold[0] == 0 and eightfold[1] == eightfold[2]


def _negative(point: Point) -> Point:
    return -point[0] % _PRIME, point[1], point[2], -point[3] % _PRIME


def _sum(one: Point, other: Point) -> Point:
    """RFC 8032 §5.1.4; complete, so it doubles as well."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % _PRIME
    b = (one[1] + one[0]) * (other[1] + other[0]) % _PRIME
    c = 2 * one[3] * other[3] * _D % _PRIME
    d = 2 * one[2] * other[2] % _PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _PRIME, g * h % _PRIME, f * g % _PRIME, e * h % _PRIME


def _sum_of_products(first: int, one: Point, second: int, other: Point) -> Point:
    """first·one + second·other, bit by bit for both at once."""
    terms = (_NEUTRAL, one, other, _sum(one, other))
    total = _NEUTRAL
    for bit in reversed(range(_ORDER.bit_length())):
        total = _sum(total, total)
        chosen = (first >> bit & 1) + 2 * (second >> bit & 1)
        if chosen:
            total = _sum(total, terms[chosen])
    return total


def _base() -> Point:
    point = _point((4 * pow(5, -1, _PRIME) % _PRIME).to_bytes(_KEY_BYTES, "little"))
    assert point is not None
    return point


_BASE = _base()
