"""The links of a graph as attention: one head a relation, and one that goes along all links either way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.support.arrays import FloatArray

PlaceArray: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Heads:
    """What a compiled model knows of the links, particles being counted from 0.

    ``relations`` names the heads. A *row* is what one particle links to in one head: ``row_head`` and ``row_source``
    say which, ``gate`` is o⁽ˢ⁾/o, the share of the particle's links that are of this head. Link ``l`` of a row leads to
    ``target[l]``, with ``logit[l]`` = ln A⁽ˢ⁾; ``row[l]`` ascends. ``first`` < ``second`` are the pairs with a link in
    either direction, ``pair_logit`` = ln(A_ij + A_ji). Rows without links are not there: no softmax is over nothing.
    """

    particle_count: int
    relations: tuple[Hashable, ...]
    row_head: PlaceArray
    row_source: PlaceArray
    gate: FloatArray
    row: PlaceArray
    target: PlaceArray
    logit: FloatArray
    first: PlaceArray
    second: PlaceArray
    pair_logit: FloatArray

    @classmethod
    def of(cls, links: LinkColumns) -> Heads:
        """The heads of all links that rank: no self-loops, none of weight 0. O(m log m)."""
        count = len(links.particles)
        kept = links.source != links.target
        if links.weight is not None:
            kept &= links.weight > 0
        weight = np.ones(len(links)) if links.weight is None else links.weight.astype(np.float64)
        head, relations = _heads(links, kept)
        source, target = (column[kept].astype(np.int64) for column in (links.source, links.target))
        rows, target_of, amount = _sum_pairs(head * count + source, target, weight[kept], count)
        row_keys, row = np.unique(rows, return_inverse=True)
        total = np.bincount(row, weights=amount, minlength=len(row_keys))
        row_source = row_keys % max(count, 1)
        out_total = np.bincount(row_source, weights=total, minlength=count)
        ends = np.minimum(source, target), np.maximum(source, target)
        first, second, either = _sum_pairs(*ends, weight[kept], count)
        return cls(
            particle_count=count,
            relations=relations,
            row_head=(row_keys // max(count, 1)).astype(np.int32),
            row_source=row_source.astype(np.int32),
            gate=total / out_total[row_source],
            row=row.astype(np.int32),
            target=target_of.astype(np.int32),
            logit=np.log(amount),
            first=first.astype(np.int32),
            second=second.astype(np.int32),
            pair_logit=np.log(either),
        )

    @property
    def head_count(self) -> int:
        """Directed heads: relations with at least one link that ranks."""
        return len(self.relations)

    @property
    def link_count(self) -> int:
        """Links of the directed heads: one a pair and relation."""
        return len(self.target)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        arrays = (
            *(self.row_head, self.row_source, self.gate, self.row, self.target, self.logit),
            *(self.first, self.second, self.pair_logit),
        )
        return sum(array.nbytes for array in arrays)

    def attention(self) -> FloatArray:
        """The softmax over each row, link by link: A⁽ˢ⁾/o⁽ˢ⁾."""
        return segment_softmax(self.logit, self.row, len(self.gate))

    def walk(self) -> sparse.csr_array:
        """P by rows: all directed heads mixed by their gates; a particle without links has an empty row."""
        share = self.attention() * self.gate[self.row]
        places = self.row_source[self.row], self.target
        return _matrix(share, places, self.particle_count)

    def fallen(self) -> FloatArray:
        """What the gates leave over, 1 for a particle without links: that share of its mass goes to u0. (n,)."""
        given = np.bincount(self.row_source, weights=self.gate, minlength=self.particle_count)
        return np.asarray(1.0 - given, dtype=np.float64)

    def both_ways(self) -> sparse.csr_array:
        """Qᵀ: rows of the head that goes either way; an isolated particle stays where it is."""
        row, other, logit = self.undirected_steps()
        share = segment_softmax(logit, row, self.particle_count)
        alone = np.flatnonzero(self.is_isolated()).astype(np.int32)
        places = np.concatenate((row, alone)), np.concatenate((other, alone))
        return _matrix(np.concatenate((share, np.ones(len(alone)))), places, self.particle_count)

    def undirected_steps(self) -> tuple[PlaceArray, PlaceArray, FloatArray]:
        """Row, other end and logit of every step of the head that goes either way."""
        return (
            np.concatenate((self.first, self.second)),
            np.concatenate((self.second, self.first)),
            np.concatenate((self.pair_logit, self.pair_logit)),
        )

    def is_isolated(self) -> npt.NDArray[np.bool_]:
        """Which particles have no link in either direction, (n,)."""
        alone = np.ones(self.particle_count, dtype=np.bool_)
        alone[self.first] = alone[self.second] = False
        return alone


def segment_softmax(logit: FloatArray, row: PlaceArray, count: int) -> FloatArray:
    """Softmax of ``logit`` over the entries of each of ``count`` rows; rows may have none."""
    highest = np.full(count, -np.inf)
    np.maximum.at(highest, row, logit)
    raised = np.exp(logit - highest[row])
    share: FloatArray = raised / np.bincount(row, weights=raised, minlength=count)[row]
    return share


def _heads(
    links: LinkColumns, kept: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], tuple[Hashable, ...]]:
    """Which head each kept link is of, and the names of those that have any."""
    if links.relation is None or links.relations is None:
        return np.zeros(int(kept.sum()), dtype=np.int64), ("",)
    present, head = np.unique(links.relation[kept], return_inverse=True)
    names = tuple(links.relations[int(i)] for i in present)
    return head.astype(np.int64), names or ("",)


def _sum_pairs(
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    weight: FloatArray,
    count: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], FloatArray]:
    """Distinct pairs (second < ``count``) in ascending order, and the weight on each."""
    keys, place = np.unique(first * count + second, return_inverse=True)
    amount: FloatArray = np.bincount(place, weights=weight, minlength=len(keys)).astype(np.float64)
    return keys // max(count, 1), keys % max(count, 1), amount


def _matrix(
    share: FloatArray, places: tuple[PlaceArray, PlaceArray], count: int
) -> sparse.csr_array:
    return sparse.csr_array(sparse.coo_array((share, places), shape=(count, count)))
