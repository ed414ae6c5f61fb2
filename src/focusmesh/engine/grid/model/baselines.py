"""What a model has to be compared with: tables of counts, and gzip."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from focusmesh.engine.grid.model.shape import BYTES
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

_STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_HELD_OUT = 10
_GZIP_HEAD, _GZIP_WINDOW = 31, 1 << 15


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each sequence of some bytes was there: numbers of base 256 in order, and their counts."""

    keys: OffsetArray
    counts: OffsetArray

    @classmethod
    def of(cls, ids: OffsetArray, length: int) -> Counts:
        """Of every sequence of ``length`` bytes; of length 0 there are as many as bytes."""
        if not length:
            return cls(np.zeros(1, dtype=np.int64), np.array([len(ids)]))
        return cls(*np.unique(number_sequences(ids, length), return_counts=True))

    def at(self, keys: OffsetArray) -> OffsetArray:
        """Counts of ``keys``, 0 for those that were not there."""
        places = np.searchsorted(self.keys, keys).clip(max=max(len(self.keys) - 1, 0))
        if not len(self.keys):
            return np.zeros(keys.shape, dtype=np.int64)
        return np.where(self.keys[places] == keys, self.counts[places], 0)


def number_sequences(ids: OffsetArray, length: int) -> OffsetArray:
    """Every sequence of ``length`` bytes in a row as a number, by where it begins."""
    found = np.zeros(max(len(ids) - length + 1, 0), dtype=np.int64)
    for at in range(length):
        found = found * BYTES + ids[at : at + len(found)]
    return found


@dataclass(frozen=True, slots=True)
class Ngram:
    """Shares of the next byte by the ``order`` bytes before it: 0 unigram, 1 bigram, 2 trigram.

    Counts are mixed with the shares of the next lower order, which weigh as much as ``strength`` more bytes would;
    below the unigram all bytes are equal. A text's start is foretold by the lower orders.
    """

    order: int
    strength: float
    contexts: tuple[Counts, ...]
    """By order: how often its ``order`` bytes were there with another behind them."""
    sequences: tuple[Counts, ...]
    """By order: how often those and the next were."""

    @classmethod
    def of(cls, text: bytes, order: int) -> Ngram:
        """Counts of ``text``, with the strength that suited its last tenth best.

        Raises ParameterError unless 0 ≤ order ≤ 4 and the text has ≥ 20 bytes.
        """
        if not 0 <= order <= 4 or len(text) < 2 * _HELD_OUT:
            raise ParameterError(
                f"0 ≤ order ≤ 4 and ≥ {2 * _HELD_OUT} bytes of text; order = {order}, {len(text)} bytes"
            )
        cut = len(text) - len(text) // _HELD_OUT
        early = _count_sequences(text[:cut], order)
        costs = {each: cls(order, each, *early).nats(text[cut:]) for each in _STRENGTHS}
        return cls(order, min(costs, key=lambda each: costs[each]), *_count_sequences(text, order))

    def forward(self, window: bytes) -> FloatArray:
        """The distribution (256,) of the byte after ``window``."""
        shares = np.full(BYTES, 1.0 / BYTES)
        for order in range(min(self.order, len(window)) + 1):
            number = int.from_bytes(window[len(window) - order :], "big")
            counts = self.sequences[order].at(number * BYTES + np.arange(BYTES))
            total = self.contexts[order].at(np.array([number]))
            shares = (counts + self.strength * shares) / (total + self.strength)
        return shares

    def surprisals(self, text: bytes) -> FloatArray:
        """−ln of the share that each byte of ``text`` had, in nats. O(length · ln of what was counted)."""
        ids = np.frombuffer(text, dtype=np.uint8).astype(np.int64)
        shares = np.full(len(ids), 1.0 / BYTES)
        for order in range(min(self.order + 1, len(ids))):
            sequences = number_sequences(ids, order + 1)
            counts = self.sequences[order].at(sequences)
            totals = self.contexts[order].at(sequences // BYTES)
            own = shares[order:]
            shares[order:] = (counts + self.strength * own) / (totals + self.strength)
        nats: FloatArray = -np.log(shares)
        return nats

    def nats(self, text: bytes) -> float:
        """Mean of ``surprisals``: nats a byte. Raises ParameterError for an empty text."""
        return float(self.surprisals(some(text)).mean())


class Gzip:
    """gzip that has just had a text, of which it sees the last 32 KiB: what further bytes take."""

    def __init__(self, text: bytes = b"") -> None:
        self._primed = zlib.compressobj(9, zlib.DEFLATED, _GZIP_HEAD)
        self._head = len(self._primed.compress(text[-_GZIP_WINDOW:]))
        self._alone = self._head + len(self._primed.copy().flush())

    def nats(self, text: bytes) -> float:
        """Nats a byte: how much longer the file becomes, in whole bytes. Raises ParameterError for an empty text."""
        stream = self._primed.copy()
        length = self._head + len(stream.compress(some(text))) + len(stream.flush())
        return (length - self._alone) * math.log(BYTES) / len(text)


def some(text: bytes) -> bytes:
    """``text``; raises ParameterError for an empty one."""
    if not text:
        raise ParameterError("an empty text has no nats a byte; give it at least one byte")
    return text


def _count_sequences(text: bytes, order: int) -> tuple[tuple[Counts, ...], tuple[Counts, ...]]:
    ids: npt.NDArray[np.int64] = np.frombuffer(text, dtype=np.uint8).astype(np.int64)
    contexts = tuple(Counts.of(ids[:-1] if each else ids, each) for each in range(order + 1))
    return contexts, tuple(Counts.of(ids, each + 1) for each in range(order + 1))
