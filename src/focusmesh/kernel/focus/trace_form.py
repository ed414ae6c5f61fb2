"""What a trace looks like: its head, and the pages under it, all of them 64-bit little-endian words.

    head       links, then missing mass and leftover of D, Q1 … QK, R; roots of the three trees
    records    a page for every 4 particles: sums over all particles before it (of ``summed_columns``), then one each
    outward    a page for every 16 links, by source, then target: sums over all links before it of what Q1 … QK carry,
               then a word each: the rank of the target, and its weight · 2³²
    inward     the same by target, then source; the sums are of weights, of what P carries, of what Q1 … QK carry

Behind the last whole page comes one more with the rest, which may be nothing but the sums.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import sha256

from focusmesh.errors import ProofError
from focusmesh.ids import DIGEST_BYTES

RECORDS_A_PAGE = 4
LINKS_A_PAGE = 16
TRACE_DOMAIN = b"focusmesh/trace/1\x00"
_WORD_BYTES = 8
_TREES = 3


@dataclass(frozen=True)
class TraceForm:
    """The columns of a trace with K = ``terms``."""

    terms: int

    @property
    def mixing_stages(self) -> list[str]:
        """Q1 … QK."""
        return [f"Q{k}" for k in range(1, self.terms + 1)]

    @property
    def filled_stages(self) -> list[str]:
        """The stages that are filled up to 2⁶³."""
        return ["D", *self.mixing_stages, "R"]

    @property
    def record(self) -> list[str]:
        """What a particle has: links out and in, o, d, x, and an entry of every stage."""
        return ["outs", "ins", "o", "d", "x", "P", *self.filled_stages]

    @property
    def summed_columns(self) -> list[str]:
        """What is summed over particles; ``rise`` is max(0, R − x)."""
        return ["outs", "ins", "x", *self.filled_stages, "rise"]

    @property
    def inward(self) -> list[str]:
        """What is summed over links by target."""
        return ["weight", "P", *self.mixing_stages]

    @property
    def outward(self) -> list[str]:
        """What is summed over links by source."""
        return self.mixing_stages

    @property
    def head_bytes(self) -> int:
        """Length of a head."""
        return _WORD_BYTES * (1 + 2 * len(self.filled_stages)) + _TREES * DIGEST_BYTES


@dataclass(frozen=True)
class TraceHead:
    """``missing`` and ``leftover`` are by filled stage, in order; roots are those of the trees."""

    links: int
    missing: tuple[int, ...]
    leftover: tuple[int, ...]
    records: bytes
    outward: bytes
    inward: bytes

    def encode(self) -> bytes:
        """The head as bytes."""
        pairs = [word for pair in zip(self.missing, self.leftover, strict=True) for word in pair]
        words = struct.pack(f"<{1 + len(pairs)}Q", self.links, *pairs)
        return words + self.records + self.outward + self.inward

    @classmethod
    def decode(cls, data: bytes, form: TraceForm) -> TraceHead:
        """Raises ProofError ("trace") for another length."""
        if len(data) != form.head_bytes:
            raise ProofError(
                "trace", f"the head of a trace has {form.head_bytes} bytes, not {len(data)}"
            )
        count = 1 + 2 * len(form.filled_stages)
        words = struct.unpack_from(f"<{count}Q", data)
        roots = [
            data[at : at + DIGEST_BYTES]
            for at in range(_WORD_BYTES * count, len(data), DIGEST_BYTES)
        ]
        return cls(words[0], words[1::2], words[2::2], *roots)

    @property
    def root(self) -> bytes:
        """What a header commits to."""
        return sha256(TRACE_DOMAIN + self.encode()).digest()
