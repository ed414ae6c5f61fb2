"""Which rules held for which block, where they changed: records of "meta" that are written with the blocks.

``parameters/`` ‖ the first height that they hold for: the canonical bytes of parameters that are others than before.
``epoch/`` ‖ the first height of an epoch, in networks that can change: its number. A network that never changed its
parameters has no record of them, and those of the genesis hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.block.header import VERSION_CHANGING
from focusmesh.kernel.block.records import height_key
from focusmesh.kernel.state import EpochStart, Parameters, read_epoch
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.state import Reader, Tree, Writer

PARAMETERS_PREFIX, EPOCH_PREFIX = b"parameters/", b"epoch/"
RULE_PREFIXES = (PARAMETERS_PREFIX, EPOCH_PREFIX)
_TABLE, _END = "meta", b"\xff"


def write_parameters(writer: Writer, height: int, data: bytes) -> None:
    """Keeps what holds from the block of ``height`` on, other than for the one before."""
    writer.put(_TABLE, PARAMETERS_PREFIX + height_key(height), data)


def parameters_bytes_at(reader: Reader, height: int) -> bytes:
    """The bytes of what holds for the block of ``height``; nothing where that is what the genesis says. O(log n)."""
    for _, data in reader.scan(
        _TABLE, PARAMETERS_PREFIX, PARAMETERS_PREFIX + height_key(height + 1), reverse=True
    ):
        return data
    return b""


def parameters_at(reader: Reader, height: int, first: Parameters) -> Parameters:
    """What holds for the block of ``height``; ``first`` are the parameters of the genesis. O(log n)."""
    data = parameters_bytes_at(reader, height)
    return Parameters.decode(data) if data else first


def write_epoch(writer: Writer, height: int, number: int) -> None:
    """Keeps that an epoch begins with the block of ``height``."""
    writer.put(_TABLE, EPOCH_PREFIX + height_key(height), encode(number))


def epoch_at(reader: Reader, height: int) -> tuple[int, int] | None:
    """The number and the first height of the epoch that a block is of; None before the network could change. O(log n).

    For the block after the last one, and those that will follow it in its epoch, it is the epoch of that one.
    """
    for key, data in reader.scan(
        _TABLE, EPOCH_PREFIX, EPOCH_PREFIX + height_key(height + 1), reverse=True
    ):
        return int(decode(data)), int.from_bytes(key[len(EPOCH_PREFIX) :], "big")
    return None


def first_height_of(reader: Reader, number: int) -> int | None:
    """The first height of an epoch; None where no record names it. O(epochs since)."""
    for key, data in reader.scan(_TABLE, EPOCH_PREFIX, EPOCH_PREFIX + _END, reverse=True):
        found = int(decode(data))
        if found <= number:
            at = int.from_bytes(key[len(EPOCH_PREFIX) :], "big")
            return at if found == number else None
    return None


def note_header(writer: Writer, header: Header) -> None:
    """Keeps which epoch begins with a header that was checked, where one does; they come in order. O(log n)."""
    if header.version < VERSION_CHANGING or not header.height:
        return
    known = epoch_at(writer, header.height)
    if known is None or known[0] != header.epoch:
        write_epoch(writer, header.height, header.epoch)


def is_rule_record(key: bytes) -> bool:
    """Whether a key of "meta" is that of such a record."""
    return key.startswith(RULE_PREFIXES)


def rule_records(reader: Reader, last: int) -> list[tuple[bytes, bytes]]:
    """Those of blocks up to ``last``, ascending by key."""
    return [
        pair
        for prefix in sorted(RULE_PREFIXES)
        for pair in reader.scan(_TABLE, prefix, prefix + height_key(last + 1))
    ]


def seal_rules(writer: Writer, state: Tree, height: int) -> None:
    """Lets go of what is later than the block of ``height``, whose ``state`` is whole, and keeps the next one's epoch.

    For a store that had headers of later blocks.
    """
    for prefix in RULE_PREFIXES:
        start = prefix + height_key(height + 1)
        later = [key for key, _ in writer.scan(_TABLE, start, prefix + _END)]
        writer.delete_many(_TABLE, later)
    epoch: EpochStart | None = read_epoch(state.get)
    if epoch is not None:
        write_epoch(writer, epoch.first_height, epoch.number)
