"""R in integers, bit by bit as docs/reference/certificate-format.md says, on any machine and in any order of
summation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from focusmesh.engine.focus.certificate.params import ONE, SCALE, ProtocolParams, Teleport
from focusmesh.engine.focus.certificate.steps import CHUNK, Held, NumpySteps, Spread, Steps
from focusmesh.engine.focus.certificate.wide import product_shifted, wide_sum
from focusmesh.engine.focus.devices.backend import DEVICES
from focusmesh.engine.support.parallel import even_chunks, run
from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.engine.focus.certificate.axons import IntegerAxons
    from focusmesh.engine.focus.certificate.device import CertificateDevice
    from focusmesh.engine.support.arrays import IndexArray, MassArray
    from focusmesh.engine.support.progress import Progress


@dataclass(frozen=True)
class Stage:
    """One stage of an application of R, in the order of digests: ``values`` (uint64, shape (n,)).

    ``missing`` is the mass that ``fill`` spread over u, and ``leftover`` how many of the lowest ranks got one unit
    more; P is not filled and has 0 and 0.
    """

    name: str
    values: MassArray
    missing: int
    leftover: int


@dataclass(frozen=True)
class IntegerApplication:
    """h = Σ max(0, R(x) − x) and what rounding took from each stage; ``image`` is R(x) in solver order."""

    image: MassArray
    rise: int
    lost: tuple[int, ...]


@dataclass(frozen=True)
class IntegerOperator:
    """R with integer coefficients on integer axons; vectors are uint64, shape (n,), in the order of digests.

    One application is a directed pass and K undirected ones: O((2K + 1)·m).
    """

    axons: IntegerAxons
    params: ProtocolParams
    teleport: Teleport
    steps: Steps

    @classmethod
    def on(
        cls,
        axons: IntegerAxons,
        params: ProtocolParams,
        teleport: Teleport | None = None,
        backend: str | None = None,
    ) -> IntegerOperator:
        """R with the uniform u or another, and the backend that fits the graph or the one that is named."""
        u = Teleport(axons.count) if teleport is None else teleport
        if u.count != axons.count:
            raise CertificateError(
                "teleport", f"u has {u.count} entries for {axons.count} particles"
            )
        return cls(axons, params, u, steps_for(axons, backend))

    def verify_vector(self, x: MassArray) -> None:
        """Raises CertificateError ("range", "floor", "sum") unless ``x`` is a vector that R may be applied to."""
        if x.shape != (self.axons.count,) or x.dtype != np.uint64:
            raise CertificateError(
                "particles",
                f"the vector is {x.dtype} of shape {x.shape}; the graph needs uint64 ({self.axons.count},)",
            )
        spans = even_chunks(len(x), CHUNK)
        total = sum(run(lambda span: self._verified_sum(x, *span), spans))
        if total != ONE:
            raise CertificateError("sum", f"the entries add up to {total}, not to 2^63 = {ONE}")

    def _verified_sum(self, x: MassArray, first: int, stop: int) -> int:
        """The sum of a part of ``x``, whose entries are between their floors and 2⁶³."""
        part, floor = x[first:stop], self.teleport.floor(self.params, first, stop)
        above = np.flatnonzero(part > np.uint64(ONE))
        if len(above):
            at = above[0]
            raise CertificateError("range", f"entry {first + at} is {part[at]}, above 2^63")
        under = np.flatnonzero(part < floor)
        if len(under):
            at = under[0]
            raise CertificateError(
                "floor", f"entry {first + at} is {part[at]}, under its floor {floor[at]}"
            )
        return wide_sum(part)

    def apply(self, x: MassArray, progress: Progress | None = None) -> IntegerApplication:
        """R(x) and how far it is from x. Raises CertificateError for a vector that is not to be applied to."""
        self.verify_vector(x)
        throttle = Throttle(progress, "checking", self.params.terms + 3, "stages")
        lost: list[int] = []
        here = self._in_solver_order(x)
        held = image = self.steps.hold(here)
        for name, values, missing, _ in self._stages(held):
            lost.append(self._rounded_away(here, missing) if name == "P" else missing)
            throttle.at(len(lost))
            image = values
        throttle.finish(len(lost))
        return IntegerApplication(self.steps.give(image), self.steps.rise(image, held), tuple(lost))

    def image(self, x: MassArray) -> MassArray:
        """R(x). As ``apply``."""
        return self.in_digest_order(self.apply(x).image)

    def stages(self, x: MassArray) -> Iterator[Stage]:
        """P(x), D(x), Q(x) … Qᴷ(x), R(x), each with its missing mass and leftover. As ``apply``."""
        self.verify_vector(x)
        held = self.steps.hold(self._in_solver_order(x))
        for name, values, missing, leftover in self._stages(held):
            filled = (0, 0) if name == "P" else (missing, leftover)
            yield Stage(name, self.in_digest_order(self.steps.give(values)), *filled)

    def correct_sum(self, x: MassArray) -> MassArray:
        """``x`` with its sum put right: what is missing goes to u, what is too much leaves the largest entries.

        Entries under their floor are raised first. For vectors whose sum is off by rounding only.
        """
        floor = self.teleport.floor(self.params, 0, len(x))
        held = np.maximum(x, floor)
        missing = ONE - wide_sum(held)
        if missing >= 0:
            filled = self.steps.hold(self._in_solver_order(held))
            self.steps.fill(filled, self._spread(missing))
            return self.in_digest_order(self.steps.give(filled))
        for at in np.argsort(held)[::-1]:
            taken = min(-missing, int(held[at]) - int(floor[at]))
            held[at] -= np.uint64(taken)
            missing += taken
            if not missing:
                break
        return held

    def _stages(self, x: Held) -> Iterator[tuple[str, Held, int, int]]:
        return stages_by(self.steps, self.params, self._spread, x)

    def _spread(self, missing: int) -> Spread:
        """``missing`` over u: ⌊missing·u_i/2⁶³⌋ each, what is left one unit each to the lowest ranks."""
        if self.teleport.own is None:
            return level_spread(self.teleport, missing)
        own = product_shifted(self._in_solver_order(self.teleport.own), missing, 63)
        return Spread(0, 0, missing - wide_sum(own), own)

    def _rounded_away(self, x: MassArray, missing: int) -> int:
        """What rounding alone took from P(x): the mass that is missing, less what dangling particles hold."""
        return missing - wide_sum(x[self.axons.structure.dangling])

    def _in_solver_order(self, values: MassArray) -> MassArray:
        return _take(values, self.axons.rank)

    def in_digest_order(self, values: MassArray) -> MassArray:
        """A vector in solver order as one in the order of digests."""
        return _take(values, self.axons.position_of_rank)


def _take(values: MassArray, at: IndexArray) -> MassArray:
    """``values[at]``, on all cores."""
    taken = np.empty_like(values)

    def take(span: tuple[int, int]) -> None:
        taken[slice(*span)] = values[at[slice(*span)]]

    run(take, even_chunks(len(at), CHUNK))
    return taken


def level_spread(teleport: Teleport, missing: int) -> Spread:
    """``missing`` over the uniform u; whoever knows how much is missing fills its own particles alone."""
    level, lowest = teleport.level
    value, raised = missing * level // ONE, missing * (level + 1) // ONE
    more = lowest * (raised - value)
    return Spread(value, more, missing - teleport.count * value - more)


def stages_by(
    steps: Steps, params: ProtocolParams, spread: Callable[[int], Spread], x: Held
) -> Iterator[tuple[str, Held, int, int]]:
    """Name, values (valid until the next one), missing mass and leftover of each stage; ``x`` as the steps hold it."""

    def fill(y: Held, total: int) -> tuple[int, int]:
        missing = ONE - total
        found = spread(missing)
        steps.fill(y, found)
        return missing, found.leftover

    lane, total = steps.follow(x)
    yield "P", lane, ONE - total, 0
    total = steps.scale(lane, SCALE - params.alpha)
    yield "D", lane, *fill(lane, total)
    result, mixed = lane, steps.scale(lane, params.diffusion)
    lane = x
    for k, factor in enumerate(params.series):
        if k:
            lane, total = steps.mix(lane)
            yield f"Q{k}", lane, *fill(lane, total)
        mixed += steps.add_scaled(lane, factor, result)
    yield "R", result, *fill(result, mixed)


def steps_for(axons: IntegerAxons, backend: str | None = None) -> Steps:
    """The backend that fits the size of the graph, or the one named: ``"numpy"``, ``"numba"`` or a card's."""
    if backend in DEVICES:
        return cast("CertificateDevice", DEVICES[backend]()).steps(axons)
    if backend == "numba" or (backend is None and axons.structure.is_compiled):
        from focusmesh.engine.focus.certificate.large import CompiledSteps

        return CompiledSteps(axons)
    return NumpySteps(axons)
