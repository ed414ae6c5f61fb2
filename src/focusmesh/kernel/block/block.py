"""A block as it travels and is kept: header, body, and the proof that its proposer stands by it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from focusmesh.ids import digest
from focusmesh.kernel.block.header import Header


@dataclass(frozen=True)
class Block:
    """Bytes that were not checked against a chain: ``Chain.accept`` does that."""

    header: Header
    header_bytes: bytes
    proof: bytes
    body: bytes

    @classmethod
    def decode(cls, header: bytes, proof: bytes, body: bytes) -> Block:
        """Raises BlockError ("header")."""
        return cls(Header.decode(header), header, proof, body)

    @cached_property
    def id(self) -> bytes:
        """The block id."""
        return digest(self.header_bytes)

    def __repr__(self) -> str:
        return f"<Block {self.header.height} {self.id.hex()[:12]}>"
