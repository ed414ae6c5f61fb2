"""From a graph to a certificate: solve in float64, round, put the sum right, and apply R in integers until it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from focusmesh.engine.focus.certificate.axons import IntegerAxons
from focusmesh.engine.focus.certificate.certificate import Certificate
from focusmesh.engine.focus.certificate.fixed_point import settle
from focusmesh.engine.focus.certificate.operator import IntegerOperator
from focusmesh.engine.focus.certificate.params import ONE, ProtocolParams, Teleport, residual_limit
from focusmesh.engine.focus.certificate.wide import wide_sum
from focusmesh.engine.focus.devices.backend import AUTO, device_for
from focusmesh.engine.focus.operator.operator import Operator
from focusmesh.engine.focus.operator.params import EPSILON, FocusParams
from focusmesh.engine.focus.solve.cost_model import estimate_work
from focusmesh.engine.focus.solve.estimate import CERTIFICATE
from focusmesh.engine.focus.solve.solve import distribution
from focusmesh.engine.focus.solve.solver import solver_named
from focusmesh.engine.support.parallel import limited
from focusmesh.errors import CertificateError

if TYPE_CHECKING:
    from focusmesh.engine.focus.devices.device import Device
    from focusmesh.engine.focus.solve.device import SolveDevice
    from focusmesh.engine.focus.solve.result import Focus
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray, MassArray
    from focusmesh.engine.support.progress import Progress

_SPARE = 2.0**-40
"""What rounding to integers leaves to ``fill``, so that the sum is never above 2⁶³."""


def certify(
    graph: LinkView | IntegerAxons,
    focus: Focus | None = None,
    *,
    params: FocusParams | str | None = None,
    weight_unit: float | None = None,
    u: Any = None,
    epsilon: float = EPSILON,
    backend: str = AUTO,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Certificate:
    """The certificate of the global focus of ``graph``, whose residual is at most ``epsilon`` in integers.

    Names are str, int or bytes, weights integers from 1 to 2³² − 1; other weights are counted in ``weight_unit``,
    w = max(1, round(weight / unit)), and what is certified is the focus of the graph with those weights. ``params``
    are those of ``focus`` (else the defaults), ``u`` (> 0, shape (n,); default uniform) is where teleport and dangling
    mass go. ``focus`` is only where the solver starts: a focus within 1e-6 is not exact enough for ``epsilon``, so it
    is solved on to about ``epsilon``/2 in float64 first, on ``backend`` (see ``Graph.focus``), where R is applied in
    integers too. At most ``threads`` threads work (default: one a core).

    Raises CertificateError ("names", "weights", "parameters", "teleport", "particles") for what can have no
    certificate, ParameterError for an ``epsilon`` or a unit out of range, ConvergenceError where rounding does not let
    ``epsilon`` be reached or after 2,048 sweeps, CardError or MemoryLimitError where memory will not do (see
    ``Graph.estimate``). O(n log n), and some tens of passes over the links.
    """
    limit = residual_limit(epsilon)
    with limited(threads):
        axons = graph if isinstance(graph, IntegerAxons) else IntegerAxons.of(graph, weight_unit)
        chosen = FocusParams.of(focus.params if params is None and focus is not None else params)
        teleport = Teleport(axons.count, None if u is None else teleport_of(u, axons))
        device = device_for(CERTIFICATE, axons.structure, chosen, backend)
        where = None if device is None else device.name
        operator = IntegerOperator.on(axons, ProtocolParams.of(chosen), teleport, where)
        start = None if focus is None else start_of(focus, axons)
        scores = _solve(axons, chosen, teleport, start, epsilon, device, progress)
        vector = operator.correct_sum(round_shares(scores[axons.position_of_rank]))
        return Certificate(
            vector=settle(operator, vector, limit, progress),
            params=operator.params,
            particles=axons.particles,
            weight_unit=axons.weight_unit,
            teleport=teleport.own,
        )


def _solve(
    axons: IntegerAxons,
    params: FocusParams,
    teleport: Teleport,
    start: FloatArray | None,
    epsilon: float,
    device: Device | None,
    progress: Progress | None,
) -> FloatArray:
    """The focus in float64, solver order, whose residual is ε/2 or as near to it as float64 can certify."""
    u = teleport.part(0, axons.count)[axons.rank].astype(np.float64) / ONE
    operator = Operator.on(axons.real(), params, u, u)
    tolerance = max(epsilon / 2 / params.gap, 2 * operator.bound(0.0, 1.0))
    estimate_work(operator, tolerance, CERTIFICATE, device=device).verify()
    solve = solver_named(AUTO) if device is None else cast("SolveDevice", device).solve
    return solve(operator, u if start is None else start, tolerance, progress).x


def start_of(focus: Focus, axons: IntegerAxons) -> FloatArray:
    """The scores of ``focus`` in solver order."""
    if focus.seeds:
        raise CertificateError(
            "teleport",
            "the focus of a context cannot be certified: take the focus of the whole graph",
        )
    if focus.particles is not axons.names and focus.particles != axons.names:
        raise CertificateError(
            "particles", "the focus and the graph have different particles: rank the graph again"
        )
    return focus.scores[axons.structure.order]


def teleport_of(u: Any, axons: IntegerAxons) -> MassArray:
    """A distribution in particle order as integers ≥ 1 in digest order that add up to 2⁶³."""
    shares = distribution("u", u, axons.names)
    if not np.all(shares > 0):
        raise CertificateError("teleport", "u has to be positive everywhere in a certificate")
    whole = np.maximum(
        round_shares(shares[axons.structure.order[axons.position_of_rank]]), np.uint64(1)
    )
    whole[int(np.argmax(whole))] += np.uint64(ONE - wide_sum(whole))
    return whole


def round_shares(shares: FloatArray) -> MassArray:
    """A distribution at scale 2⁶³, rounded down a little more than float64 rounds."""
    scaled: MassArray = (shares * (ONE * (1 - _SPARE))).astype(np.uint64)
    return scaled
