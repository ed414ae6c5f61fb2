"""What a model and its quantised form share: windows in, distributions out, and a cache of keys and values.

An arithmetic (float_network.py, or whole numbers in integral.py) has the four steps that differ.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.grid.model.shape import BYTES
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.engine.grid.model.shape import Shape
    from focusmesh.engine.support.arrays import FloatArray

Numbers: TypeAlias = npt.NDArray[Any]
"""float32, or int64 in the units of integral.py."""
BATCH = 256
"""Windows that are worked on at once: 256 × 64 rows of 16 float32 stay in a processor's cache."""
_SMALLEST_SHARE = float(np.finfo(np.float32).tiny)


class Arithmetic(Protocol):
    """The network in one kind of numbers; n windows, L bytes in each, q of them asked what follows."""

    @property
    def shape(self) -> Shape:
        """The sizes of the network."""

    def rows(self, ids: npt.NDArray[np.uint8], first: int) -> tuple[Numbers, ...]:
        """Residual stream, keys and values (n, L, width) of bytes (n, L) that stand at ``first`` and after it."""

    def answers(
        self,
        stream: Numbers,
        keys: Numbers,
        values: Numbers,
        first: int,
    ) -> Numbers:
        """Scores (n, q, 256) of what follows the bytes at ``first`` … ``first`` + q − 1, whose stream is given."""

    def unigram(self) -> Numbers:
        """Scores (256,) where nothing was read."""

    def distribution(self, scores: Numbers) -> npt.NDArray[np.float32]:
        """Shares that sum to 1, of scores along the last axis."""


class Reader(ABC):
    """A model that reads windows of bytes, in whatever arithmetic."""

    @property
    @abstractmethod
    def arithmetic(self) -> Arithmetic:
        """The network."""

    @property
    def shape(self) -> Shape:
        """The sizes of the network."""
        return self.arithmetic.shape

    def forward(self, window: bytes) -> npt.NDArray[np.float32]:
        """The distribution (256,) of the byte after ``window``, of which the last ``context`` bytes are read."""
        return self.arithmetic.distribution(self._scores(window))

    def forward_batch(self, windows: Sequence[bytes]) -> npt.NDArray[np.float32]:
        """(n, 256): ``forward`` of each window, those of one length at once."""
        return self.arithmetic.distribution(self._scores_batch(windows))

    def surprisals(self, text: bytes) -> FloatArray:
        """−ln of the share that each byte of ``text`` had, in nats; 87.3 for less than float32 holds.

        Each is foretold from at least the half of ``context`` before it, or from all there is. O(length).
        """
        ids = np.frombuffer(text, dtype=np.uint8)
        own = np.empty(len(ids))
        if len(ids):
            own[0] = self.arithmetic.distribution(self.arithmetic.unigram())[ids[0]]
        for begin, shares in self._passes(ids[:-1]):
            targets = ids[begin + 1 : begin + 1 + len(shares)]
            own[begin + 1 : begin + 1 + len(shares)] = shares[np.arange(len(targets)), targets]
        nats: FloatArray = -np.log(np.maximum(own, _SMALLEST_SHARE))
        return nats

    def distributions(self, text: bytes) -> npt.NDArray[np.float32]:
        """(length, 256): row i is what follows ``text[: i + 1]``, by as much of it as ``surprisals`` looks at."""
        ids = np.frombuffer(text, dtype=np.uint8)
        found = np.empty((len(ids), BYTES), dtype=np.float32)
        for begin, shares in self._passes(ids):
            found[begin : begin + len(shares)] = shares
        return found

    def _passes(self, ids: Numbers) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
        """Pairs (first, shares (n, 256)) that cover what follows each of ``ids``, one after the other.

        Windows begin half a context apart; of all but the first only the second half counts.
        """
        context, half = self.shape.context, self.shape.context // 2
        for starts in _batches(range(0, max(len(ids) - context, 0) + half, half)):
            shares = self._window_shares(ids, starts)
            for start, own in zip(starts, shares, strict=True):
                begin = 0 if start == 0 else context - half
                last = min(context, len(ids) - start)
                if begin < last:
                    yield start + begin, own[begin:last]

    def _window_shares(
        self, ids: npt.NDArray[np.uint8], starts: Sequence[int]
    ) -> npt.NDArray[np.float32]:
        """Shares (n, context, 256) of what follows each byte of the windows; past the end of the text, of zeros."""
        context = self.shape.context
        begin, end = starts[0], starts[-1] + context
        padded = np.zeros(end - begin, dtype=np.uint8)
        padded[: len(ids) - begin] = ids[begin:end]
        windows = padded[np.asarray(starts)[:, None] - begin + np.arange(context)]
        stream, keys, values = self.arithmetic.rows(windows, 0)
        return self.arithmetic.distribution(self.arithmetic.answers(stream, keys, values, 0))

    def nats(self, text: bytes) -> float:
        """Mean of ``surprisals``: nats a byte. Raises ParameterError for an empty text."""
        if not text:
            raise ParameterError("an empty text has no nats a byte; give it at least one byte")
        return float(self.surprisals(text).mean())

    def generate(
        self,
        prompt: bytes,
        count: int,
        *,
        temperature: float = 1.0,
        random: np.random.Generator | None = None,
    ) -> Iterator[int]:
        """``count`` bytes that go on from ``prompt``, one at a time, each drawn from what is foretold.

        Shares are raised to 1/``temperature`` before a byte is drawn with ``random`` (a fixed seed where none is
        given); at temperature 0 the likeliest is taken. Keys and values of what was read are kept; once more than
        ``context`` bytes were read, the window slides by one and is read anew. Raises ParameterError unless
        count ≥ 0 and temperature ≥ 0.
        """
        if count < 0 or not temperature >= 0.0:
            raise ParameterError(
                f"count ≥ 0 and temperature ≥ 0, count = {count}, temperature = {temperature}"
            )
        chance = random or np.random.default_rng(0)
        return self._continue(prompt, count, temperature, chance)

    def _continue(
        self, prompt: bytes, count: int, temperature: float, chance: np.random.Generator
    ) -> Iterator[int]:
        cache = _Cache(self.arithmetic)
        scores = cache.read(prompt)
        for left in range(count, 0, -1):
            shares = self.arithmetic.distribution(scores)
            byte = _draw(shares.astype(np.float64), temperature, chance)
            yield byte
            if left > 1:
                scores = cache.read(bytes((byte,)))

    def _scores(self, window: bytes) -> Numbers:
        if not window:
            return self.arithmetic.unigram()
        ids = np.frombuffer(window[-self.shape.context :], dtype=np.uint8)[None]
        scores: Numbers = self._last_scores(ids)[0]
        return scores

    def _scores_batch(self, windows: Sequence[bytes]) -> Numbers:
        context = self.shape.context
        unigram = self.arithmetic.unigram()
        scores = np.empty((len(windows), BYTES), dtype=unigram.dtype)
        by_length: dict[int, list[int]] = {}
        for at, window in enumerate(windows):
            by_length.setdefault(min(len(window), context), []).append(at)
        for length, members in by_length.items():
            if not length:
                scores[members] = unigram
                continue
            for some in _batches(members):
                joined = b"".join(windows[at][-context:] for at in some)
                ids = np.frombuffer(joined, dtype=np.uint8).reshape(len(some), length)
                scores[some] = self._last_scores(ids)
        return scores

    def _last_scores(self, ids: npt.NDArray[np.uint8]) -> Numbers:
        stream, keys, values = self.arithmetic.rows(ids, 0)
        last = ids.shape[1] - 1
        scores: Numbers = self.arithmetic.answers(stream[:, last:], keys, values, last)[:, 0]
        return scores


class _Cache:
    """Keys and values of the bytes that were read, of the last ``context`` at most."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self._arithmetic = arithmetic
        self._window = b""
        self._rows: tuple[Numbers, ...] | None = None

    def read(self, further: bytes) -> Numbers:
        """Scores (256,) of what follows all that was read, ``further`` included."""
        context = self._arithmetic.shape.context
        before, self._window = len(self._window), self._window + further
        if not self._window:
            return self._arithmetic.unigram()
        if len(self._window) > context:
            # Every byte has another position now, so nothing that was kept holds.
            self._window, self._rows, before = self._window[-context:], None, 0
            further = self._window
        ids = np.frombuffer(further, dtype=np.uint8)[None]
        stream, keys, values = self._arithmetic.rows(ids, before)
        if self._rows is not None:
            keys = np.concatenate((self._rows[0], keys), axis=1)
            values = np.concatenate((self._rows[1], values), axis=1)
        self._rows = keys, values
        last = len(self._window) - 1
        scores: Numbers = self._arithmetic.answers(stream[:, -1:], keys, values, last)[0, 0]
        return scores


def _draw(shares: FloatArray, temperature: float, chance: np.random.Generator) -> int:
    if temperature == 0.0:
        return int(shares.argmax())
    powers = np.log(np.maximum(shares, 1e-30)) / temperature
    sums = np.exp(powers - powers.max()).cumsum()
    return int(np.searchsorted(sums, chance.random() * sums[-1], side="right"))


def _batches(members: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(members), BATCH):
        yield members[start : start + BATCH]
