"""What a model has to be compared with: tables of counts, and gzip."""

from __future__ import annotations

import gzip
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from focusmesh.engine.grid.model.shape import BYTES
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.arrays import FloatArray

_STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0)
_HELD_OUT = 10
_GZIP_WINDOW = 1 << 15


@dataclass(frozen=True, slots=True)
class Ngram:
    """Shares of the next byte by the ``order`` bytes before it: 0 unigram, 1 bigram, 2 trigram.

    Counts are mixed with the shares of the next lower order, which weigh as much as ``strength`` more bytes would;
    below the unigram all bytes are equal. A text's start is foretold by the lower orders.
    """

    order: int
    strength: float
    tables: tuple[npt.NDArray[np.uint32], ...]
    """Counts by order: (256,), (256, 256), (256, 256, 256); the last is 64 MiB."""

    @classmethod
    def of(cls, text: bytes, order: int) -> Ngram:
        """Counts of ``text``, with the strength that suited its last tenth best. Raises ParameterError for other
        orders, or a text of fewer than 20 bytes."""
        if order not in (0, 1, 2) or len(text) < 2 * _HELD_OUT:
            raise ParameterError(
                f"order 0, 1 or 2 and a text of ≥ {2 * _HELD_OUT} bytes; order = {order}, {len(text)} bytes"
            )
        cut = len(text) - len(text) // _HELD_OUT
        early = cls(order, 1.0, _counted(text[:cut], order))
        costs = {
            strength: cls(order, strength, early.tables).nats(text[cut:]) for strength in _STRENGTHS
        }
        return cls(order, min(costs, key=lambda each: costs[each]), _counted(text, order))

    def forward(self, window: bytes) -> FloatArray:
        """The distribution (256,) of the byte after ``window``."""
        shares = np.full(BYTES, 1.0 / BYTES)
        for order in range(min(self.order, len(window)) + 1):
            counts = self.tables[order][tuple(window[len(window) - order :])]
            shares = (counts + self.strength * shares) / (counts.sum() + self.strength)
        return shares

    def surprisals(self, text: bytes) -> FloatArray:
        """−ln of the share that each byte of ``text`` had, in nats. O(length)."""
        ids = np.frombuffer(text, dtype=np.uint8).astype(np.int64)
        shares = np.full(len(ids), 1.0 / BYTES)
        for order, table in enumerate(self.tables):
            before = tuple(ids[order - back : len(ids) - back] for back in range(order, 0, -1))
            counts = table[(*before, ids[order:])]
            sums = table.sum(axis=-1)[before] if order else table.sum()
            own = shares[order:]
            shares[order:] = (counts + self.strength * own) / (sums + self.strength)
        nats: FloatArray = -np.log(shares)
        return nats

    def nats(self, text: bytes) -> float:
        """Mean of ``surprisals``: nats a byte. Raises ParameterError for an empty text."""
        if not text:
            raise ParameterError("an empty text has no nats a byte; give it at least one byte")
        return float(self.surprisals(text).mean())


def gzip_nats(text: bytes, after: bytes = b"") -> float:
    """Nats a byte that gzip takes for ``text`` when it has just had ``after``, of which it sees the last 32 KiB.

    The difference of two lengths, so that neither head nor tables count twice. Raises ParameterError for no text.
    """
    if not text:
        raise ParameterError("an empty text has no nats a byte; give it at least one byte")
    before = after[-_GZIP_WINDOW + min(len(text), _GZIP_WINDOW // 2) :]
    alone = len(gzip.compress(before, 9, mtime=0))
    together = len(gzip.compress(before + text, 9, mtime=0))
    return (together - alone) * math.log(256) / len(text)


def _counted(text: bytes, order: int) -> tuple[npt.NDArray[np.uint32], ...]:
    ids = np.frombuffer(text, dtype=np.uint8).astype(np.int64)
    tables = []
    for each in range(order + 1):
        index = np.zeros(max(len(ids) - each, 0), dtype=np.int64)
        for back in range(each, -1, -1):
            index = index * BYTES + ids[each - back : len(ids) - back]
        counts = np.bincount(index, minlength=BYTES ** (each + 1)).astype(np.uint32)
        tables.append(counts.reshape((BYTES,) * (each + 1)))
    return tuple(tables)
