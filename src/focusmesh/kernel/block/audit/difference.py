"""What comes of checking a whole chain: that it is right, or the first record that is not."""

from __future__ import annotations

from dataclasses import dataclass

from focusmesh.errors import BlockError


@dataclass(frozen=True)
class Difference:
    """The first record that is not what the blocks lead to; None stands for a record that is not there."""

    table: str
    key: bytes
    kept: bytes | None
    made: bytes | None


@dataclass(frozen=True)
class VerifiedChain:
    """A chain whose every block was carried out again with the same result, and whose every record is right.

    Where ``base`` is not 0 the state of that block came as a snapshot: then headers lead to every record.
    """

    network: bytes
    height: int
    block: bytes
    records: int
    base: int = 0


def difference_of(found: Difference) -> BlockError:
    """The error that names a record."""
    where = f"record {found.key.hex()} of table {found.table!r}"
    if found.made is None:
        return BlockError("difference", f"{where} is stored, but no block leads to it")
    if found.kept is None:
        return BlockError("difference", f"{where} is missing")
    told = f" ({len(found.kept)} bytes)" if found.kept else ""
    return BlockError("difference", f"{where} is not what the blocks lead to{told}")
