"""What ranks send each other: one shape for threads of a process, processes of a machine, cards, machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import FloatArray


class Pending(Protocol):
    """A post that is under way."""

    def wait(self) -> None:
        """Returns when everything has arrived; raises RankError where it will not."""


class Ranks(Protocol):
    """One of ``size`` ranks that run the same code: all call the same of these in the same order.

    ``bytes`` is what this one sent to others in ``post`` and ``swap``, ``waited`` the seconds that it waited for
    them: who waits least is waited for. Raises RankError, naming who is missing as far
    as that is known, where another rank has ended or does not answer in time.
    """

    rank: int
    size: int
    bytes: int
    waited: float

    def swap(self, parcels: Sequence[Any]) -> list[Any]:
        """``parcels[t]`` is an array for rank t; back comes what each rank had for this one. Of any lengths."""

    def post(self, sent: Any, lengths: Sequence[int], into: Any, due: Sequence[int]) -> Pending:
        """``swap`` while the caller goes on: the first ``lengths[0]`` of ``sent`` go to rank 0, and so on.

        ``due[s]`` come from rank s, in order, to ``into``; of the same type as what is sent. Neither array may be
        touched before ``wait``; posts end in the order in which they began.
        """

    def gather(self, values: FloatArray) -> list[FloatArray]:
        """What all ranks gave; a float64 vector of the same length everywhere."""


def sum_over_ranks(ranks: Ranks, values: FloatArray) -> FloatArray:
    """The sum over all ranks in their order, so with the same bits everywhere."""
    total: FloatArray = np.sum(ranks.gather(values), axis=0)
    return total


def added_whole(ranks: Ranks, amount: int) -> int:
    """The sum over all ranks of one whole number each, below 2⁶⁴."""
    halves = np.array([amount >> 32, amount & 0xFFFFFFFF], dtype=np.float64)
    high, low = (int(half) for half in sum_over_ranks(ranks, halves))
    return (high << 32) + low


class Alone:
    """The one rank there is."""

    rank, size, bytes, waited = 0, 1, 0, 0.0

    def swap(self, parcels: Sequence[Any]) -> list[Any]:
        return list(parcels)

    def post(self, sent: Any, lengths: Sequence[int], into: Any, due: Sequence[int]) -> Pending:
        into[: due[0]] = sent[: lengths[0]]
        return _DONE

    def gather(self, values: FloatArray) -> list[FloatArray]:
        return [values]


class _Done:
    def wait(self) -> None:
        return


_DONE = _Done()
