"""The links of a graph as a certificate sees them: integer weights, integer totals, particles in digest order."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.certificate.digests import digest_of_all, digest_order, name_digests
from focusmesh.engine.focus.certificate.wide import bit_lengths
from focusmesh.engine.links import LinkView, snapshot_from_edges
from focusmesh.engine.support.parallel import even_chunks, run
from focusmesh.errors import CertificateError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.links import Names, Structure
    from focusmesh.engine.support.arrays import (
        ByteArray,
        FloatArray,
        IndexArray,
        MassArray,
        OffsetArray,
        WeightArray,
    )

WEIGHT_MAX = 2**32 - 1
TOTAL_MAX = 2**63 - 1
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Totals:
    """Weight totals t of all particles and their ``norm`` (docs/reference/certificate-format.md), in solver order.

    ``exact`` is t; ``scaled`` is t̄ with 2³¹ ≤ t̄ < 2³², ``inverse`` 1/t̄ in float64, and ``shift`` 31 − k (2³¹ and 0
    where t = 0).
    """

    exact: MassArray
    scaled: MassArray
    inverse: FloatArray
    shift: ByteArray

    @classmethod
    def of(cls, exact: MassArray) -> Totals:
        """Raises CertificateError where a total is not below 2⁶³. O(n)."""
        if len(exact) and int(exact.max()) > TOTAL_MAX:
            raise CertificateError("weights", "the weights of a particle add up to 2^63 or more")
        one, lengths = np.uint64(1), bit_lengths(exact)
        right = np.where(lengths > 32, lengths, 32) - np.uint64(32)
        left = np.uint64(32) - np.minimum(lengths, 32)
        scaled = ((exact << left) + (one << right) - one) >> right
        halved = scaled == np.uint64(1 << 32)
        scaled[halved] = 1 << 31
        # shift = 31 − k, where k is ``left`` or −``right`` and one less where it was halved.
        shift = np.uint64(31) + right + halved - left
        none = exact == 0
        scaled[none], shift[none] = 1 << 31, 0
        return cls(exact, scaled, 1.0 / scaled, shift.astype(np.uint8))

    def with_change(self, at: OffsetArray, change: MassArray) -> Totals:
        """Totals that grew by ``change`` (modulo 2⁶⁴, several may be of one place). Raises as ``of``. O(n)."""
        exact = self.exact.copy()
        np.add.at(exact, at, change)
        places = np.unique(at)
        there = Totals.of(exact[places])
        made = Totals(exact, self.scaled.copy(), self.inverse.copy(), self.shift.copy())
        made.scaled[places], made.inverse[places] = there.scaled, there.inverse
        made.shift[places] = there.shift
        return made

    def with_more(self, count: int) -> Totals:
        """With so many totals of 0 after the last."""
        none = Totals.of(np.zeros(count, dtype=np.uint64))
        return Totals(
            *(
                np.concatenate((getattr(self, field.name), getattr(none, field.name)))
                for field in fields(self)
            )
        )

    def take(self, places: IndexArray) -> Totals:
        """The totals of ``places``, in that order."""
        return Totals(*(getattr(self, field.name)[places] for field in fields(self)))


@dataclass(frozen=True)
class IntegerAxons:
    """What a certificate is checked against; made once for a graph and used for any number of certificates.

    ``in_weight`` and ``out_weight`` are uint32, None where all are 1: 8 bytes a link besides the structure. ``rank[p]``
    is where the particle at solver position ``p`` stands in the order of digests; ``particles`` is BLAKE3 of all
    digests in that order, ``names`` what they are called; ``weight_unit`` is what one unit of an integer weight stands
    for, None where weights were integers.
    """

    structure: Structure
    in_weight: IndexArray | None
    out_weight: IndexArray | None
    out: Totals
    degree: Totals
    rank: IndexArray
    particles: bytes
    weight_unit: float | None
    names: Names

    @classmethod
    def of(cls, graph: LinkView, weight_unit: float | None = None) -> IntegerAxons:
        """The axons of ``graph``, whose weights are integers from 1 to 2³² − 1 or are counted in ``weight_unit``.

        With a unit, w = max(1, round(weight / unit)), halves to even. Raises CertificateError ("weights", "names"),
        ParameterError for a unit that is not positive.
        O(n log n + m).
        """
        moment = graph.copy()
        structure, digests = moment.structure, name_digests(moment.particles)
        order = digest_order(digests)
        particles = digest_of_all(digests, order)
        return cls._make(structure, order, particles, weight_unit, moment.particles)

    @classmethod
    def from_links(cls, count: int, source: Any, target: Any, weight: Any) -> IntegerAxons:
        """Axons given one by one between particles 0 … count − 1 that stand in digest order already.

        Raises CertificateError ("weights") for a weight that is no integer from 1 to 2³² − 1, a self-loop, or a pair
        that comes twice; InputError for ends that are not among the particles. O(m log m).
        """
        ends = np.asarray(source, dtype=np.int64), np.asarray(target, dtype=np.int64)
        _verify_axons(*ends, np.asarray(weight, dtype=object))
        weights = np.asarray(weight, dtype=np.float64)
        built = snapshot_from_edges(*ends, weight=weights, particles=count)
        order = np.arange(count, dtype=np.uint32)
        return cls._make(built.structure, order, bytes(32), None, built.particles)

    @classmethod
    def _make(
        cls,
        structure: Structure,
        order: IndexArray,
        particles: bytes,
        unit: float | None,
        names: Names,
    ) -> IntegerAxons:
        if unit is not None and not 0 < unit < np.inf:
            raise ParameterError(f"weight_unit = {unit!r} must be positive and finite")
        ranks = np.empty_like(order)
        ranks[order] = np.arange(len(order), dtype=np.uint32)

        def link(at: int) -> str:
            source = int(np.searchsorted(structure.out_start, at, side="right")) - 1
            ends = structure.order[source], structure.order[structure.out_target[at]]
            return " → ".join(repr(names[int(end)]) for end in ends)

        # The weights of one side are those of the other, so it is here that a bad one is found.
        outward = integer_weights(structure.out_weight, unit, structure.axon_count, link)
        inward = integer_weights(structure.in_weight, unit, structure.axon_count, link)
        out_total = row_totals(structure.out_start, outward)
        return cls(
            structure=structure,
            in_weight=inward,
            out_weight=outward,
            out=Totals.of(out_total),
            degree=Totals.of(out_total + row_totals(structure.in_start, inward)),
            rank=ranks[structure.order],
            particles=particles,
            weight_unit=unit,
            names=names,
        )

    @property
    def count(self) -> int:
        """n."""
        return self.structure.particle_count

    @cached_property
    def position_of_rank(self) -> IndexArray:
        """Solver positions in the order of digests, the inverse of ``rank``."""
        positions = np.empty_like(self.rank)
        positions[self.rank] = np.arange(len(self.rank), dtype=np.uint32)
        return positions

    def real(self) -> Structure:
        """The structure whose float weights are these integers, for solvers."""
        if self.weight_unit is None:
            return self.structure
        return replace(
            self.structure,
            in_weight=None if self.in_weight is None else self.in_weight.astype(np.float64),
            out_weight=None if self.out_weight is None else self.out_weight.astype(np.float64),
            out_total=self.out.exact.astype(np.float64),
            degree_total=self.degree.exact.astype(np.float64),
        )


def _verify_axons(source: OffsetArray, target: OffsetArray, weight: Any) -> None:
    for row, value in enumerate(weight.tolist()):
        if type(value) is not int or not 1 <= value <= WEIGHT_MAX:
            raise CertificateError(
                "weights", f"axon {row}: weight {value!r} is not in 1 … 2^32 − 1"
            )
    loops = np.flatnonzero(source == target)
    if len(loops):
        raise CertificateError("weights", f"axon {loops[0]}: a self-loop of {source[loops[0]]}")
    order = np.lexsort((target, source))
    pairs = np.stack((source[order], target[order]))
    twice = np.flatnonzero(np.all(pairs[:, 1:] == pairs[:, :-1], axis=0))
    if len(twice):
        raise CertificateError(
            "weights",
            f"axons {order[twice[0]]} and {order[twice[0] + 1]} join the same two particles",
        )


def integer_weights(
    weight: WeightArray | None, unit: float | None, count: int, link: Callable[[int], str]
) -> IndexArray | None:
    """Integer weights, uint32, None where all are 1; raises CertificateError naming the ``link`` of a bad one."""
    if weight is None:
        single = _units(np.ones(1), unit)
        _verify_units(single, np.ones(1), unit, lambda _: "every link")
        return None if single[0] == 1 else np.full(count, single[0], dtype=np.uint32)
    whole = np.empty(len(weight), dtype=np.uint32)

    def convert(span: tuple[int, int]) -> None:
        part = weight[slice(*span)].astype(np.float64)
        units = _units(part, unit)
        _verify_units(units, part, unit, lambda at: link(span[0] + at))
        whole[slice(*span)] = units

    run(convert, even_chunks(len(weight), _CHUNK))
    return whole


def _units(weight: FloatArray, unit: float | None) -> FloatArray:
    """Weights in units, as floats that need not be integers where there is no unit."""
    if unit is None:
        return weight
    with np.errstate(over="ignore"):
        return np.maximum(np.rint(weight / unit), 1.0)


def _verify_units(
    units: FloatArray, weight: FloatArray, unit: float | None, link: Callable[[int], str]
) -> None:
    bad = np.flatnonzero((units != np.floor(units)) | (units < 1) | (units > WEIGHT_MAX))
    if not len(bad):
        return
    at, value = int(bad[0]), float(weight[bad[0]])
    if unit is None and value < WEIGHT_MAX:
        raise CertificateError(
            "weights",
            f"{link(at)} weighs {value!r}, which is not an integer: give the weight of one unit as weight_unit",
        )
    raise CertificateError(
        "weights",
        f"{link(at)} weighs {value!r}, which is 2^32 units or more: choose a larger weight_unit",
    )


def row_totals(start: OffsetArray, weight: IndexArray | None) -> MassArray:
    """Sums of rows, uint64."""
    if weight is None:
        return np.diff(start).astype(np.uint64)
    totals = np.zeros(len(start) - 1, dtype=np.uint64)
    filled = np.flatnonzero(np.diff(start))
    if len(filled):
        totals[filled] = np.add.reduceat(weight, start[filled], dtype=np.uint64)
    return totals
