"""Certificates: a focus as integers that anyone can check bit by bit with one application of R.

Definition: docs/reference/certificate-format.md.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.certificate.axons import IntegerAxons
from focusmesh.engine.focus.certificate.operator import IntegerOperator
from focusmesh.engine.focus.certificate.params import (
    ONE,
    SCALE,
    ProtocolParams,
    Teleport,
    residual_limit,
)
from focusmesh.engine.focus.devices.backend import AUTO, CPU, device_for
from focusmesh.engine.focus.operator.params import EPSILON, FocusParams
from focusmesh.engine.focus.solve.estimate import CERTIFICATE
from focusmesh.engine.support.parallel import limited
from focusmesh.errors import CertificateError

if TYPE_CHECKING:
    from os import PathLike

    from focusmesh.engine.focus.certificate.operator import IntegerApplication
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray, MassArray
    from focusmesh.engine.support.progress import Progress


@dataclass(frozen=True)
class Certificate:
    """A focus vector that is to be checked: nothing in it is trusted.

    ``vector`` is uint64, shape (n,), at scale 2⁶³ in ascending order of the particles' digests; ``params`` are the
    coefficients of R as integers. ``particles`` is BLAKE3 of the sorted digests, ``weight_unit`` what one unit of a
    weight stands for (None: weights were integers). ``teleport`` is u where it is not uniform (uint64, scale 2⁶³).
    """

    vector: MassArray
    params: ProtocolParams
    particles: bytes
    weight_unit: float | None = None
    teleport: MassArray | None = None

    @classmethod
    def open(cls, path: str | PathLike[str]) -> Certificate:
        """The certificate in a file; raises FileError, DamagedFileError or NewerVersionError. It is not checked yet."""
        from focusmesh.engine.focus.certificate.file import read_certificate

        return read_certificate(cls, path)

    def save(self, path: str | PathLike[str]) -> None:
        """Writes it to a file, whole or not at all: 96 bytes, 8 a term and 8 a particle."""
        from focusmesh.engine.focus.certificate.file import write_certificate

        write_certificate(self, path)

    def scores(self, graph: LinkView | IntegerAxons) -> FloatArray:
        """The vector as float64 scores in the particle order of ``graph``, shape (n,).

        Raises CertificateError ("particles") where it is of other particles. ``verify`` it before you use them.
        """
        axons = axons_of(graph, self)
        s = axons.structure
        values: FloatArray = self.vector[axons.rank[s.position]].astype(np.float64)
        return values / ONE

    def __repr__(self) -> str:
        return (
            f"<Certificate of {len(self.vector):,} particles, {self.params.terms} undirected steps>"
        )


@dataclass(frozen=True)
class Verified:
    """A certificate was checked and holds: ``rise`` is h = ρ/2 at scale 2⁶³, at most ``limit``.

    ``rounding`` bounds in L1 what integers lost in this application of R, counted as it happened; ``gap`` is 1 − κ.
    """

    rise: int
    limit: int
    rounding: float
    gap: float
    seconds: float

    @property
    def residual(self) -> float:
        """ρ = ‖R(x) − x‖₁."""
        return 2 * self.rise / ONE

    @cached_property
    def bound(self) -> float:
        """Bound on ‖x − φ*‖₁, φ* being the fixed point of R with these coefficients in exact arithmetic."""
        return (self.residual + self.rounding) / self.gap


def verify(
    graph: LinkView | IntegerAxons,
    certificate: Certificate,
    *,
    params: FocusParams | None = None,
    epsilon: float = EPSILON,
    backend: str = AUTO,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Verified:
    """Checks that ``certificate`` holds for ``graph``: one application of R in integers, O((2K + 1)·m).

    Raises CertificateError, whose ``reason`` says in a word what is wrong, for a certificate of other particles, of
    other ``params`` (where they are given), whose vector is not a distribution above its floors, or whose residual ρ is
    above ``epsilon``. Give ``IntegerAxons.of(graph)`` in place of the graph where many certificates are checked. At
    most ``threads`` threads work (default: one a core of the process), with the same bits for any number and on any
    ``backend`` (see ``Graph.focus``; CardError where a card or its memory is missing).
    """
    begun = time.perf_counter()
    limit = residual_limit(epsilon)
    if params is not None and ProtocolParams.of(params) != certificate.params:
        raise CertificateError(
            "parameters", f"the certificate is for other parameters, {certificate.params}"
        )
    with limited(threads):
        operator = operator_of(graph, certificate, backend)
        applied = operator.apply(certificate.vector, progress)
    if applied.rise > limit:
        raise CertificateError(
            "residual",
            f"the residual is {2 * applied.rise / ONE:.3g}, above {epsilon:.3g}: this is not the focus of this graph",
        )
    return Verified(
        rise=applied.rise,
        limit=limit,
        rounding=rounding_of(applied, operator),
        gap=certificate.params.gap,
        seconds=time.perf_counter() - begun,
    )


def operator_of(
    graph: LinkView | IntegerAxons, certificate: Certificate, backend: str = CPU
) -> IntegerOperator:
    """R as the certificate says, on the graph's axons; raises CertificateError, and CardError as ``verify`` does."""
    axons = axons_of(graph, certificate)
    teleport = Teleport(axons.count, certificate.teleport)
    device = device_for(CERTIFICATE, axons.structure, FocusParams(), backend)
    where = None if device is None else device.name
    return IntegerOperator.on(axons, certificate.params, teleport, where)


def axons_of(graph: LinkView | IntegerAxons, certificate: Certificate) -> IntegerAxons:
    """The axons with integer weights, of the certificate's particles; raises CertificateError."""
    unit = certificate.weight_unit
    axons = graph if isinstance(graph, IntegerAxons) else IntegerAxons.of(graph, unit)
    if axons.count != len(certificate.vector):
        raise CertificateError(
            "particles",
            f"the certificate is of {len(certificate.vector):,} particles, the graph has {axons.count:,}",
        )
    if axons.particles != certificate.particles:
        raise CertificateError("particles", "the certificate is of particles with other names")
    if axons.weight_unit != unit:
        raise CertificateError(
            "weights",
            f"the certificate counts weights in {unit!r}, these axons in {axons.weight_unit!r}",
        )
    return axons


def rounding_of(applied: IntegerApplication, operator: IntegerOperator) -> float:
    """Bound on the L1 distance of the integer R(x) from the exact one.

    Floors only take away, so stage k lost ``lost[k]`` and ``fill`` put it elsewhere: 2·lost, and n units for its own
    floors. The error of Qᵏ is that of k passes, since Q does not lengthen L1 distances.
    """
    params, slack = operator.params, 2 * operator.axons.count
    directed, _, *mixed, _ = applied.lost
    error = params.diffusion * (2 * directed + 2 * slack)
    for lost, coefficient in zip(mixed, _tails(params), strict=True):
        error += coefficient * (2 * lost + slack)
    return (error / SCALE + (params.terms + 3) * slack) / ONE


def _tails(params: ProtocolParams) -> list[int]:
    """Σ_{k ≥ l} ĉ_k for l = 1 … K."""
    return [sum(params.series[at:]) for at in range(1, len(params.series))]
