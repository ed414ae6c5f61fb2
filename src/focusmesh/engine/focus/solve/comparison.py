"""What rose and what fell between two focus distributions, with what their bounds allow to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.solve.measures import SyntropyChange, syntropy_change
from focusmesh.engine.focus.solve.result import Focus
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.support.arrays import FloatArray, OffsetArray


@dataclass(frozen=True, slots=True)
class Move:
    """One particle whose score changed; ``certain`` where the change exceeds what both bounds leave open."""

    particle: Hashable
    before: float
    after: float
    certain: bool

    @property
    def change(self) -> float:
        """after − before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Change:
    """Impulse between two focus distributions, by name.

    ``l1`` is ‖Δφ‖₁ over all particles of either (absent ones score 0), known within ``bound``. ``dropped`` is the part
    of it that is not listed.
    """

    rose: tuple[Move, ...]
    fell: tuple[Move, ...]
    appeared: tuple[Move, ...]
    vanished: tuple[Move, ...]
    l1: float
    bound: float
    dropped: float
    syntropy: SyntropyChange


def compare(before: Focus, after: Focus, count: int = 10) -> Change:
    """The ``count`` largest moves of each kind from ``before`` to ``after``, matched by name. O(n log n).

    Raises InputError for what is no Focus.
    """
    for focus in (before, after):
        if not isinstance(focus, Focus):
            raise InputError(f"two of type Focus are compared, not {type(focus).__name__}")
    matched = _match(before, after)
    bound = before.bound + after.bound
    old, new = before.scores[matched[:, 0]], after.scores[matched[:, 1]]
    order = np.argsort(-(new - old), kind="stable")
    rising = [i for i in order[:count] if new[i] > old[i]]
    falling = [i for i in order[::-1][:count] if new[i] < old[i]]

    def moves(rows: list[int]) -> tuple[Move, ...]:
        return tuple(
            Move(before.particles[int(matched[i, 0])], float(old[i]), float(new[i]),
                 bool(abs(new[i] - old[i]) > bound))
            for i in rows
        )  # fmt: skip

    gone = _others(before, matched[:, 0])
    fresh = _others(after, matched[:, 1])
    l1 = float(np.abs(new - old).sum() + before.scores[gone].sum() + after.scores[fresh].sum())
    rose, fell = moves(rising), moves(falling)
    vanished = _single(before, gone[:count], after=False)
    appeared = _single(after, fresh[:count], after=True)
    listed = sum(abs(move.change) for move in (*rose, *fell, *vanished, *appeared))
    return Change(
        rose=rose,
        fell=fell,
        appeared=appeared,
        vanished=vanished,
        l1=l1,
        bound=bound,
        dropped=max(0.0, l1 - listed),
        syntropy=syntropy_change(before.scores, after.scores),
    )


def _match(before: Focus, after: Focus) -> OffsetArray:
    """Index pairs of the particles that both have, shape (k, 2)."""
    if before.particles is after.particles:
        return np.repeat(np.arange(len(before.scores))[:, None], 2, axis=1)
    found = (after.particles.find(name) for name in before.particles)
    pairs = [(i, j) for i, j in enumerate(found) if j is not None]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _others(focus: Focus, matched: OffsetArray) -> OffsetArray:
    """Indices that were not matched, best first."""
    alone = np.ones(len(focus.scores), dtype=np.bool_)
    alone[matched] = False
    indices = np.flatnonzero(alone)
    return indices[np.argsort(-focus.scores[indices], kind="stable")]


def _single(focus: Focus, indices: OffsetArray, *, after: bool) -> tuple[Move, ...]:
    scores: FloatArray = focus.scores[indices]
    return tuple(
        Move(
            focus.particles[int(i)],
            0.0 if after else float(score),
            float(score) if after else 0.0,
            True,
        )
        for i, score in zip(indices, scores, strict=True)
    )
