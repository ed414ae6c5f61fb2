"""One application of R written down stage by stage, so that any entry can be checked from its row alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.focus.certificate.certificate import axons_of, operator_of
from focusmesh.engine.focus.certificate.params import ONE, SCALE, Teleport
from focusmesh.engine.focus.certificate.wide import wide_sum
from focusmesh.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.focus.certificate.axons import IntegerAxons, Totals
    from focusmesh.engine.focus.certificate.certificate import Certificate
    from focusmesh.engine.focus.certificate.operator import Stage
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import IndexArray, MassArray


@dataclass(frozen=True)
class Trace:
    """The stages P, D, Q1 … QK, R of one application of R, by name. 8 bytes a particle and stage."""

    stages: dict[str, Stage]

    @classmethod
    def of(cls, graph: LinkView | IntegerAxons, certificate: Certificate) -> Trace:
        """The trace of a certificate's vector; raises CertificateError as ``verify`` does, its residual apart."""
        operator = operator_of(graph, certificate)
        return cls({stage.name: stage for stage in operator.stages(certificate.vector)})

    def verify_totals(self, certificate: Certificate) -> None:
        """Raises CertificateError ("trace") unless it has the stages of ``certificate`` and all add up.

        Every stage but P adds up to 2⁶³, with a missing mass ≥ 0 and a leftover below n. Rows say the rest. O(K·n).
        """
        mixed = [f"Q{k}" for k in range(1, certificate.params.terms + 1)]
        if list(self.stages) != ["P", "D", *mixed, "R"]:
            raise CertificateError("trace", f"the trace has the stages {', '.join(self.stages)}")
        count = len(certificate.vector)
        for stage in self.stages.values():
            sound = stage.values.shape == (count,) and 0 <= stage.missing <= ONE
            if not sound or not 0 <= stage.leftover < max(count, 1):
                raise CertificateError("trace", f"stage {stage.name} cannot be of this graph")
            if stage.name != "P" and wide_sum(stage.values) != ONE:
                raise CertificateError("trace", f"stage {stage.name} does not add up to 2^63")


def verify_row(
    graph: LinkView | IntegerAxons, certificate: Certificate, trace: Trace, particle: Hashable
) -> dict[str, int]:
    """What the row of ``particle`` gives at each stage; raises CertificateError ("row") where the trace differs.

    Each entry is worked out from the links of that one particle and from the stage before, in Python integers: this
    is how a wrong entry of a certificate is shown. With ``Trace.verify_totals``, the rows of all particles are as good
    as ``verify``. O(K·degree) where ``IntegerAxons`` are given for the graph. Raises UnknownParticleError.
    """
    axons = axons_of(graph, certificate)
    row = _Row.of(axons, axons.names.index(particle))
    worked_out: dict[str, int] = {}
    for name, stage in trace.stages.items():
        value = _entry(row, certificate, trace, name)
        if int(stage.values[row.rank]) != value:
            raise CertificateError(
                "row",
                f"stage {name} of {particle!r} is {stage.values[row.rank]}, its row gives {value}",
            )
        worked_out[name] = value
    return worked_out


@dataclass(frozen=True)
class _Row:
    """The links of one particle: ranks of the other ends, weights, and totals."""

    axons: IntegerAxons
    position: int
    rank: int

    @classmethod
    def of(cls, axons: IntegerAxons, index: int) -> _Row:
        position = int(axons.structure.position[index])
        return cls(axons, position, int(axons.rank[position]))

    def inflow(self, x: MassArray, *, both: bool) -> int:
        """What arrives of ``x`` (digest order) over the links into the particle, or over all of its links."""
        s, axons = self.axons.structure, self.axons
        totals = axons.degree if both else axons.out
        span = slice(int(s.in_start[self.position]), int(s.in_start[self.position + 1]))
        arrived = self._flow(x, s.in_source[span], _part(axons.in_weight, span), totals)
        if both:
            span = slice(int(s.out_start[self.position]), int(s.out_start[self.position + 1]))
            arrived += self._flow(x, s.out_target[span], _part(axons.out_weight, span), totals)
        return arrived

    @property
    def is_isolated(self) -> bool:
        return int(self.axons.degree.exact[self.position]) == 0

    def _flow(
        self, x: MassArray, ends: IndexArray, weights: IndexArray | None, totals: Totals
    ) -> int:
        masses = x[self.axons.rank[ends]].tolist()
        scaled, shifts = totals.scaled[ends].tolist(), totals.shift[ends].tolist()
        amounts = [1] * len(masses) if weights is None else weights.tolist()
        return sum(
            (((mass << 31) // by) * weight) >> shift
            for mass, by, shift, weight in zip(masses, scaled, shifts, amounts, strict=True)
        )


def _part(weights: IndexArray | None, span: slice) -> IndexArray | None:
    return None if weights is None else weights[span]


def _entry(row: _Row, certificate: Certificate, trace: Trace, name: str) -> int:
    """One entry of one stage from the row and the stages before it."""
    params, x = certificate.params, certificate.vector
    stages, at = trace.stages, row.rank
    if name == "P":
        return row.inflow(x, both=False)
    if name == "D":
        followed = int(stages["P"].values[at])
        return _fill(row, certificate, stages[name], followed * (SCALE - params.alpha) // SCALE)
    if name == "R":
        parts = [int(stages["D"].values[at]) * params.diffusion // SCALE]
        lanes = [x, *(stages[f"Q{k}"].values for k in range(1, params.terms + 1))]
        for lane, coefficient in zip(lanes, params.series, strict=True):
            parts.append(int(lane[at]) * coefficient // SCALE)
        return _fill(row, certificate, stages[name], sum(parts))
    k = int(name[1:])
    before = x if k == 1 else stages[f"Q{k - 1}"].values
    kept = int(before[at]) if row.is_isolated else row.inflow(before, both=True)
    return _fill(row, certificate, stages[name], kept)


def _fill(row: _Row, certificate: Certificate, stage: Stage, value: int) -> int:
    u = Teleport(row.axons.count, certificate.teleport).part(row.rank, row.rank + 1)
    return value + stage.missing * int(u[0]) // ONE + (row.rank < stage.leftover)
