"""The square of a Celestia block, as its go-square repository documents it: what the tests need to meet a real one.

Transactions stand in compact shares (a length before each, and in each share where the next one begins), those that pay
for blobs with the share indexes of their blobs; blobs follow, sorted by namespace, each at a multiple of the width of
its commitment's subtrees; padding fills the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.kernel.availability import SHARE_BYTES

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray

_SUBTREES = 64
_INDEX_MAX = 128 * 128
"""The share index that is reckoned with before blobs have found their places."""


def _name(version: int, last: int, fill: int) -> bytes:
    return bytes([version]) + bytes([fill]) * 27 + bytes([last])


TRANSACTIONS, PAYMENTS, RESERVED_PADDING = (_name(0, last, 0) for last in (0x01, 0x04, 0xFF))
TAIL_PADDING = _name(0xFF, 0xFE, 0xFF)


class Blob(NamedTuple):
    """``payment`` is the transaction that pays for it, by its place among those."""

    namespace: bytes
    data: bytes
    payment: int
    version: int
    signer: bytes

    @property
    def shares(self) -> list[bytes]:
        return _sparse(self.namespace, self.version, self.signer, self.data)


def square_of(transactions: list[bytes], width: int) -> ByteArray:
    """uint8 (width, width, 512) of the transactions of a block."""
    plain: list[bytes] = []
    payments: list[bytes] = []
    blobs: list[Blob] = []
    for transaction in transactions:
        fields = _fields(transaction)
        if (3, b"BLOB") not in fields:
            plain.append(transaction)
            continue
        blobs += [_blob(value, len(payments)) for number, value in fields if number == 2]
        payments.append(next(value for number, value in fields if number == 1))
    counts = [sum(blob.payment == at for blob in blobs) for at in range(len(payments))]
    worst = [_wrapped(each, [_INDEX_MAX] * n) for each, n in zip(payments, counts, strict=True)]
    shares = _compact(TRANSACTIONS, plain)
    reserved = len(shares) + len(_compact(PAYMENTS, worst))
    places: dict[int, list[int]] = {at: [] for at in range(len(payments))}
    after: list[bytes] = []
    cursor, first = reserved, reserved
    for blob in sorted(blobs, key=lambda blob: blob.namespace):
        start = -(-cursor // _step(len(blob.shares))) * _step(len(blob.shares))
        if after:
            after += [_padding(after[-1][:29])] * (start - cursor)
        else:
            first = start
        places[blob.payment].append(start)
        after += blob.shares
        cursor = start + len(blob.shares)
    shares += _compact(PAYMENTS, [_wrapped(each, places[at]) for at, each in enumerate(payments)])
    shares += [_padding(RESERVED_PADDING)] * (first - len(shares)) + after
    shares += [_padding(TAIL_PADDING)] * (width * width - len(shares))
    return np.frombuffer(b"".join(shares), dtype=np.uint8).reshape(width, width, SHARE_BYTES)


def _fields(message: bytes) -> list[tuple[int, bytes]]:
    """Field numbers and values of a Protocol Buffers message, numbers as their bytes; nothing of anything else."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value, stop = _varint(message, at)
        if tag & 7 == 2:
            found.append((tag >> 3, message[stop : stop + value]))
            stop += value
        elif tag & 7 == 0:
            found.append((tag >> 3, value.to_bytes(8, "big")))
        else:
            return []
        at = stop
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            break
        shift += 7
    return value, at


def _as_varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def _blob(message: bytes, payment: int) -> Blob:
    fields = dict(_fields(message))
    number = {key: int.from_bytes(value, "big") for key, value in fields.items() if key in {3, 4}}
    namespace = bytes([number.get(4, 0)]) + fields[1]
    return Blob(namespace, fields.get(2, b""), payment, number.get(3, 0), fields.get(5, b""))


def _wrapped(transaction: bytes, indexes: list[int]) -> bytes:
    places = b"".join(map(_as_varint, indexes))
    parts = ((1, transaction), (2, places), (3, b"INDX"))
    return b"".join(bytes([n << 3 | 2]) + _as_varint(len(part)) + part for n, part in parts if part)


def _sparse(namespace: bytes, version: int, signer: bytes, data: bytes) -> list[bytes]:
    shares: list[bytes] = []
    rest, head = data, len(data).to_bytes(4, "big") + signer
    while rest or not shares:
        share = namespace + bytes([version << 1 | (not shares)]) + (b"" if shares else head)
        room = SHARE_BYTES - len(share)
        shares.append((share + rest[:room]).ljust(SHARE_BYTES, b"\0"))
        rest = rest[room:]
    return shares


def _padding(namespace: bytes) -> bytes:
    return _sparse(namespace, 0, b"", b"")[0]


def _compact(namespace: bytes, units: list[bytes]) -> list[bytes]:
    data, begins = b"", []
    for unit in units:
        begins.append(len(data))
        data += _as_varint(len(unit)) + unit
    shares: list[bytes] = []
    at = 0
    while at < len(data):
        head = namespace + bytes([not shares])
        head += b"" if shares else len(data).to_bytes(4, "big")
        room = SHARE_BYTES - len(head) - 4
        begun = [len(head) + 4 + begin - at for begin in begins if at <= begin < at + room]
        head += (begun[0] if begun else 0).to_bytes(4, "big")
        shares.append((head + data[at : at + room]).ljust(SHARE_BYTES, b"\0"))
        at += room
    return shares


def _step(count: int) -> int:
    """The width of the subtrees of a commitment to so many shares."""
    side = 1
    while side * side < count:
        side *= 2
    width = 1
    while width * _SUBTREES < count:
        width *= 2
    return min(width, side)
