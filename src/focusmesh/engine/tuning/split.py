"""Which links a model is tuned on, and which are kept out of it.

Pairs are drawn, not links: of a pair that is linked both ways, or by several relations, all of it is kept out.
Otherwise the way back would tell of the way there, and a score would show no more than that inverses are inverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.compile import Heads
from focusmesh.engine.links import LinkColumns, Names
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import BoolArray, OffsetArray
    from focusmesh.engine.tuning.params import TuneParams

_PAIRS_MIN = 10
_WALKS_MIN = 3
_DRAW = 101


@dataclass(frozen=True)
class Targets:
    """Ordered pairs of particles, by their places: what is to be found from where. Shapes (t,)."""

    source: OffsetArray
    target: OffsetArray

    @classmethod
    def none(cls) -> Targets:
        """No pairs."""
        return cls(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.source)


@dataclass(frozen=True)
class Split:
    """``heads`` hold the training links alone; ``everything`` is all links, as targets.

    Of steps that were ``observed`` nothing is hidden: ``heads`` hold all links, and no link is known to be one.
    """

    heads: Heads
    train: Targets
    validation: Targets
    test: Targets
    everything: Targets
    observed: bool = False

    def verify(self) -> None:
        """Raises InputError where a pair that was kept out is linked in ``heads``, in whichever direction."""
        heads = self.heads
        seen = keys(heads.first, heads.second, heads.particle_count)
        for part in (self.validation, self.test):
            found = np.isin(keys(part.source, part.target, heads.particle_count), seen)
            if found.any():
                at = int(np.flatnonzero(found)[0])
                raise InputError(
                    f"the split leaks: {int(found.sum())} pairs are kept out and trained on, first that of the "
                    f"particles {int(part.source[at])} and {int(part.target[at])}"
                )


def split_of(heads: Heads, names: Names, params: TuneParams) -> Split:
    """Draws what is kept out, by ``params.seed``. Raises InputError where there are too few pairs to keep any out."""
    count = len(heads.first)
    if count < _PAIRS_MIN:
        raise InputError(
            f"{count} linked pairs are too few to keep some out and tune on the rest: {_PAIRS_MIN} at least"
        )
    order = np.random.default_rng([params.seed, _DRAW]).permutation(count)
    ends = np.cumsum([max(1, round(share * count)) for share in (params.test, params.validation)])
    part = np.zeros(count, dtype=np.int8)
    part[order[: ends[0]]], part[order[ends[0] : ends[1]]] = 2, 1
    pairs = keys(heads.first, heads.second, heads.particle_count)
    source, target = ends_of(heads)
    of_link = part[np.searchsorted(pairs, keys(source, target, heads.particle_count))]
    links = columns_of(heads, names)
    found = Split(
        heads=Heads.of(links.where(of_link == 0)),
        train=distinct(source, target, of_link == 0),
        validation=distinct(source, target, of_link == 1),
        test=distinct(source, target, of_link == 2),
        everything=distinct(source, target, np.ones(len(source), dtype=np.bool_)),
    )
    found.verify()
    return found


def split_of_walks(
    heads: Heads, names: Names, walks: Iterable[Sequence[Hashable]], params: TuneParams
) -> Split:
    """Parts walks that were observed, each a list of particles, by ``params.seed``; their steps are the targets.

    Raises UnknownParticleError, and InputError where fewer than three walks have a step.
    """
    steps = [_steps([names.index(name) for name in walk]) for walk in walks]
    steps = [each for each in steps if len(each)]
    if len(steps) < _WALKS_MIN:
        raise InputError(f"{len(steps)} walks with a step are too few: {_WALKS_MIN} at least")
    order = np.random.default_rng([params.seed, _DRAW]).permutation(len(steps)).tolist()
    first, second = (
        max(1, round(share * len(steps))) for share in (params.test, params.validation)
    )
    parts = order[:first], order[first : first + second], order[first + second :]
    if not parts[-1]:
        raise InputError(
            f"of {len(steps)} walks all are kept out, and none is left to tune on: keep out fewer"
        )
    test, validation, train = (_join([steps[at] for at in part]) for part in parts)
    return Split(heads, train, validation, test, Targets.none(), observed=True)


def _steps(places: list[int]) -> OffsetArray:
    """From where to where, (k, 2); who stays makes no step."""
    pairs = [(one, other) for one, other in pairwise(places) if one != other]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _join(steps: list[OffsetArray]) -> Targets:
    pairs = np.concatenate(steps)
    return Targets(pairs[:, 0].copy(), pairs[:, 1].copy())


def ends_of(heads: Heads) -> tuple[OffsetArray, OffsetArray]:
    """Source and target of every link of the directed heads."""
    return heads.row_source[heads.row].astype(np.int64), heads.target.astype(np.int64)


def keys(
    first: npt.NDArray[np.integer], second: npt.NDArray[np.integer], count: int
) -> OffsetArray:
    """One number a pair, whichever way round it is given."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    named: OffsetArray = low.astype(np.int64) * count + high.astype(np.int64)
    return named


def distinct(source: OffsetArray, target: OffsetArray, keep: BoolArray) -> Targets:
    """The ordered pairs among the links to ``keep``, each once."""
    pairs = np.unique(np.column_stack((source[keep], target[keep])), axis=0)
    return Targets(pairs[:, 0], pairs[:, 1])


def columns_of(heads: Heads, names: Names) -> LinkColumns:
    """The links that heads were made of, summed by pair and relation."""
    source, target = ends_of(heads)
    return LinkColumns(
        particles=names,
        source=source.astype(np.uint32),
        target=target.astype(np.uint32),
        weight=np.exp(heads.logit),
        relations=Names.of(heads.relations),
        relation=heads.row_head[heads.row].astype(np.uint32),
    )
