"""Batches of signals, which lie with more than two thirds of the weight before a block of them is final.

Every author has a lane of numbered batches, one after the other, and votes for one speak for all of the lane before
it, as in Autobahn (Giridharan et al., SOSP 2024). A batch also names the batches of others that its author had seen,
so that all of them are a directed graph without cycles, as in Narwhal (Danezis et al., EuroSys 2022): what
was seen comes first.
"""

from __future__ import annotations

from hashlib import sha256
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.consensus.quorum import NUMBER_MAX, VALUE_BYTES, Slot
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import KEY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from focusmesh.protocol.codec import Value

BATCH_BYTES_MAX = 1 << 18
"""The most that the signals of one batch have together."""
SIGNALS_MAX = 1 << 12
"""As many signals as one batch has: more would be too short to be any, and only cost who reads them."""
OTHERS_MAX = 256
"""As many batches of others as one names."""
_ITEMS_MAX = 6 + OTHERS_MAX + SIGNALS_MAX
HOLD = "hold"
NO_BATCH = bytes(VALUE_BYTES)
"""What comes before the first batch of a lane."""


class SignalBatch(NamedTuple):
    """The ``number``-th of ``author``, from 1, after ``previous``; ``others`` are digests of batches that it saw."""

    author: bytes
    number: int
    previous: bytes
    others: tuple[bytes, ...]
    signals: tuple[bytes, ...]

    def digest(self, network: bytes, epoch: int) -> bytes:
        """What it is named by. Raises ProofError ``"batch"`` for what is none."""
        author, number, previous, others, signals = self
        right = (
            len(author) == KEY_BYTES
            and type(number) is int
            and 0 < number <= NUMBER_MAX
            and all(len(each) == VALUE_BYTES for each in (previous, *others))
            and list(others) == sorted(set(others))
            and len(others) <= OTHERS_MAX
            and len(signals) <= SIGNALS_MAX
            and (previous == NO_BATCH) == (number == 1)
            and sum(map(len, signals)) <= BATCH_BYTES_MAX
        )
        if not right:
            raise ProofError("batch", f"no batch is number {number!r} of {author.hex()} like this")
        carried = sha256(encode(list(signals))).digest()
        parts: list[Value] = [network, epoch, author, number, previous, list(others), carried]
        return sha256(encode(parts)).digest()

    def to_bytes(self) -> bytes:
        """Canonical."""
        author, number, previous, others, signals = self
        return encode([author, number, previous, list(others), list(signals)])

    @classmethod
    def from_bytes(cls, data: bytes) -> SignalBatch:
        """Reads ``to_bytes``. Raises ProofError ``"batch"``."""
        try:
            author, number, previous, others, signals = decode(data, items_max=_ITEMS_MAX)
            parts = [author, previous, *others, *signals]
            if {type(part) for part in parts} != {bytes} or type(number) is not int:
                raise CodecError("its parts have wrong types")
            return cls(author, number, previous, tuple(others), tuple(signals))
        except (CodecError, TypeError, ValueError) as error:
            raise ProofError("batch", f"these bytes are not a batch: {error}") from error


def hold_slot(network: bytes, epoch: int, author: bytes, number: int) -> Slot:
    """Where a validator says of one batch of a lane that it has it, and so that it would give it to whoever asks."""
    lane = sha256(encode([network, "lane", author])).digest()
    return Slot(lane, epoch, number, HOLD)


class Tip(NamedTuple):
    """A batch, and with it all of its lane before it."""

    author: bytes
    number: int
    digest: bytes


class BatchYields:
    """Which batches bring a signal that a block could have, as whoever knows the state told of each.

    It is told of a batch over the state of one block, ``subject``, and may be otherwise over a later one.
    """

    def __init__(self) -> None:
        self._told: dict[bytes, tuple[bytes, bool]] = {}

    def tell(self, subject: bytes, yields: Mapping[bytes, bool]) -> None:
        """What was found over the state of a block, by the digests of batches."""
        self._told |= {digest: (subject, brings) for digest, brings in yields.items()}

    def keep(self, digests: Container[bytes]) -> None:
        """All other batches are in blocks."""
        self._told = {key: told for key, told in self._told.items() if key in digests}

    def brings(self, digest: bytes) -> bool:
        """Whether a batch was last found to bring something."""
        return self._told.get(digest, (b"", False))[1]

    def is_barren(self, digest: bytes) -> bool:
        """Whether a batch was last found to bring nothing."""
        return not self._told.get(digest, (b"", True))[1]

    def is_told(self, digest: bytes, subject: bytes | None = None) -> bool:
        """Whether it was told of a batch, and over the state of this block where one is named."""
        told = self._told.get(digest)
        return told is not None and subject in (None, told[0])


def in_order(found: Mapping[bytes, SignalBatch], rank: Callable[[bytes], int]) -> list[bytes]:
    """Their one order: a batch after those that it names; of all that could be next, that of the highest ``rank``.

    ``rank`` is the stake-weighted focus of an author, a whole number; equals go by digest. It decides who comes first
    where a block has no room for all, and never what is final. O(n log n) for n batches and what they name.
    """
    names = {
        digest: {each for each in (batch.previous, *batch.others) if each in found}
        for digest, batch in found.items()
    }
    named_by: dict[bytes, list[bytes]] = {}
    for digest, before in names.items():
        for each in sorted(before):
            named_by.setdefault(each, []).append(digest)
    free = [(-rank(found[each].author), each) for each, before in names.items() if not before]
    heapify(free)
    ordered: list[bytes] = []
    while free:
        _, digest = heappop(free)
        ordered.append(digest)
        for later in named_by.get(digest, ()):
            names[later].discard(digest)
            if not names[later]:
                heappush(free, (-rank(found[later].author), later))
    return ordered
