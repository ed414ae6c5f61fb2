"""From a graph to its focus, globally or from where someone stands (docs/explanation/operator.md)."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.devices.backend import AUTO, DEVICES, device_named
from focusmesh.engine.focus.operator.operator import Operator
from focusmesh.engine.focus.operator.params import FocusParams, verify_beta, verify_tolerance
from focusmesh.engine.focus.operator.vectors import project, rearrange, step_between, total
from focusmesh.engine.focus.solve.cost_model import estimate_work
from focusmesh.engine.focus.solve.device import CardSolution, solver_on
from focusmesh.engine.focus.solve.estimate import FOCUS, Report
from focusmesh.engine.focus.solve.kept_foci import confirmed_or, kept_foci
from focusmesh.engine.focus.solve.result import CardFocus, Focus
from focusmesh.engine.support.machine import own_memory_bytes
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from focusmesh.engine.focus.solve.estimate import Estimate
    from focusmesh.engine.focus.solve.kept_foci import KeptFoci
    from focusmesh.engine.focus.solve.solver import Solver
    from focusmesh.engine.focus.solve.watch import Solution
    from focusmesh.engine.links import LinkView, Names
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress


def graph_focus(
    graph: LinkView,
    params: FocusParams | str | None = None,
    tolerance: float = 1e-6,
    seeds: Iterable[Hashable] | Mapping[Any, float] | None = None,
    *,
    beta: float = 0.5,
    u: Any = None,
    u0: Any = None,
    solver: str = AUTO,
    backend: str = AUTO,
    progress: Progress | None = None,
) -> Focus:
    """See ``Graph.focus``. Global results are kept with the links, for later contexts."""
    verify_tolerance(tolerance)
    verify_beta(beta)
    chosen = FocusParams.of(params)
    operator = operator_of(graph, chosen, u, u0)
    where = solver_on(operator, backend, solver)
    key = _key(chosen, tolerance, solver, backend) if u is None and u0 is None else None
    kept: dict[Hashable, Focus] = graph.derived.setdefault("focus", {})
    prior = None if key is None else kept.get(key)
    if prior is None:
        run = _Run.begin(operator, tolerance, where[1:])
        before = None if key is None else kept_foci(graph, chosen)
        start = None if before is None else before.start(graph)
        begun = operator.u if start is None else start
        kept_there = start is not None and solver == AUTO and where[2] not in DEVICES
        solve = confirmed_or(where[0]) if kept_there else where[0]
        solution = solve(operator, begun, tolerance, progress)
        prior = _result(
            graph, operator, solution, tolerance, run, before if start is not None else None
        )
        if key is not None:
            kept[key] = prior
    if seeds is None:
        return prior
    return _context(graph, operator, prior, seed_weights(graph, seeds), beta, where[0], progress)


def graph_estimate(
    graph: LinkView,
    params: FocusParams | str | None = None,
    tolerance: float = 1e-6,
    *,
    work: str = FOCUS,
    count: int = 1,
    backend: str = AUTO,
) -> Estimate:
    """See ``Graph.estimate``."""
    verify_tolerance(tolerance)
    operator = operator_of(graph, FocusParams.of(params), None, None)
    device = device_named(work, operator.structure, operator.params, backend)
    return estimate_work(operator, tolerance, work, count, device)


def _key(params: FocusParams, tolerance: float, solver: str, backend: str) -> Hashable:
    """What a result is kept under; which backend made it says nothing of it unless one is asked for."""
    return (params, tolerance, solver) if backend == AUTO else (params, tolerance, solver, backend)


def seed_weights(
    graph: LinkView, seeds: Iterable[Hashable] | Mapping[Any, float]
) -> dict[Hashable, float]:
    """Seeds as name → share (> 0, adding up to 1); raises InputError for none or bad weights."""
    if isinstance(seeds, str | bytes):
        seeds = [seeds]
    try:
        weights = dict(seeds) if isinstance(seeds, Mapping) else dict.fromkeys(seeds, 1.0)
    except TypeError as error:
        raise InputError(
            f"a context is names of particles, or names with weights, not {seeds!r:.80}: {error}"
        ) from error
    amounts: dict[int, float] = {}
    for name, weight in weights.items():
        at = graph.index(name)
        amounts[at] = amounts.get(at, 0.0) + _seed_weight(name, weight)
    particles = graph.particles
    return {particles[at]: share for at, share in normalise_shares(amounts).items()}


def normalise_shares(amounts: Mapping[int, float]) -> dict[int, float]:
    """Amounts by index, ≥ 0, as shares > 0 that add up to 1; raises InputError where none is above 0."""
    largest = max(amounts.values(), default=0.0)
    if not 0 < largest < np.inf:
        raise InputError("a context needs at least one seed of positive weight, and a finite sum")
    total = sum(amount / largest for amount in amounts.values())
    return {at: amount / largest / total for at, amount in amounts.items() if amount > 0}


def _seed_weight(name: Hashable, weight: Any) -> float:
    try:
        value = float(weight)
    except (TypeError, ValueError) as error:
        raise InputError(f"seed {name!r}: weight {weight!r} is not a number") from error
    if not (np.isfinite(value) and value >= 0):
        raise InputError(f"seed {name!r}: weight {weight!r} must be finite and not negative")
    return value


def _context(
    graph: LinkView,
    operator: Operator,
    prior: Focus,
    weights: dict[Hashable, float],
    beta: float,
    solve: Solver,
    progress: Progress | None,
) -> Focus:
    """φ_c = (1−β)φ* + β·ψ, with ψ the focus that teleports to the seeds and has the same u0."""
    run = _Run.begin(operator, prior.tolerance, (prior.solver, prior.backend))
    structure = graph.structure
    drawn = np.zeros(len(operator.u))
    drawn[structure.position[[graph.index(name) for name in weights]]] = list(weights.values())
    own = operator.teleporting_to(drawn)
    solution = solve(own, drawn, prior.tolerance, progress)
    mixed = operator.teleporting_to((1 - beta) * operator.u + beta * drawn)
    x = (1 - beta) * prior.scores[structure.order] + beta * solution.x
    certified = certify(mixed, x, solution)
    result = _result(graph, mixed, certified, prior.tolerance, run)
    return replace(result, seeds=tuple(weights), prior=prior)


def certify(operator: Operator, x: FloatArray, solution: Solution) -> Solution:
    """``solution`` with ``x`` scaled to mass 1 in its place, and the residual and bound of that."""
    reduction = operator.reduction
    held = project(x, operator.floor(), reduction)
    _, residual = step_between(held, operator.apply(held), reduction)
    bound = operator.bound(residual, total(held, reduction))
    return replace(
        solution, x=held, residual=residual, bound=bound, iterations=solution.iterations + 1
    )


def operator_of(graph: LinkView, params: FocusParams, u: Any, u0: Any) -> Operator:
    """R on a graph, with ``u`` and ``u0`` as ``Graph.focus`` takes them."""
    structure = graph.structure
    if u is None and u0 is None:
        return _even_operator(graph, params)
    uniform = np.full(structure.particle_count, 1 / max(structure.particle_count, 1))
    teleport = uniform if u is None else distribution("u", u, graph.particles)
    landing = teleport if np.all(teleport > 0) else uniform
    if u0 is not None:
        landing = distribution("u0", u0, graph.particles)
    ordered = [
        vector if vector is uniform else rearrange(vector, structure.order)
        for vector in (teleport, landing)
    ]
    return Operator.on(structure, params, ordered[0], ordered[1])


def _even_operator(graph: LinkView, params: FocusParams) -> Operator:
    """R with the uniform u, whose vector all operators of one state of the links share. O(n) once."""
    kept: dict[FocusParams, Operator] = graph.derived.setdefault("even operators", {})
    operator = kept.get(params)
    if operator is None:
        count = graph.structure.particle_count
        even = graph.derived.get("even teleport")
        if even is None:
            even = graph.derived["even teleport"] = np.full(count, 1 / max(count, 1))
        operator = kept[params] = Operator.on(graph.structure, params, even, even)
    return operator


def distribution(what: str, values: Any, particles: Names) -> FloatArray:
    """``values`` (an array in particle order, or name → weight) as a distribution; raises InputError."""
    try:
        vector = np.asarray(
            list(values.values()) if isinstance(values, Mapping) else values, dtype=np.float64
        )
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} must hold numbers: {error}") from error
    if isinstance(values, Mapping):
        given, vector = vector, np.zeros(len(particles))
        np.add.at(vector, particles.indices(values), given)
    if vector.shape != (len(particles),):
        raise InputError(f"{what} has shape {vector.shape}; there are {len(particles)} particles")
    if not len(vector):
        return vector
    if not np.all(np.isfinite(vector)) or np.any(vector < 0) or not vector.any():
        raise InputError(f"{what} must be finite and not negative, and not all zero")
    scaled = vector / vector.max()
    return np.asarray(scaled / scaled.sum(), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Run:
    """A solve that has begun: what is expected of it, by what, since when, and how much memory was held then."""

    expected: Estimate
    solver: str
    backend: str
    begun: float
    held_bytes: int | None

    @classmethod
    def begin(cls, operator: Operator, tolerance: float, named: tuple[str, str]) -> _Run:
        """Raises MemoryLimitError or CardError where memory will not do."""
        begun, (solver, backend) = time.perf_counter(), named
        device = DEVICES[backend]() if backend in DEVICES else None
        expected = estimate_work(operator, tolerance, device=device, solver=solver)
        expected.verify()
        held = own_memory_bytes() if operator.structure.is_compiled else None
        return cls(expected, solver, backend, begun, held)

    def report(self, solution: Solution) -> Report:
        """How it turned out."""
        grown = None
        if self.held_bytes is not None and solution.held_bytes is not None:
            grown = max(solution.held_bytes - self.held_bytes, 0)
        return Report(
            estimate=self.expected,
            sweeps=solution.iterations,
            seconds=time.perf_counter() - self.begun,
            memory_bytes=grown,
            card_bytes=solution.card_bytes,
        )


def _result(
    graph: LinkView,
    operator: Operator,
    solution: Solution,
    tolerance: float,
    run: _Run,
    before: KeptFoci | None = None,
) -> Focus:
    """``before``: the focus that the solve began at, whose applications count as well."""
    structure = operator.structure
    there = solution.there.on_card if isinstance(solution, CardSolution) else None
    scores = rearrange(solution.x, structure.position) if there is None else np.zeros(0)
    report = run.report(solution)
    focus = Focus(
        particles=graph.particles,
        scores=scores,
        params=operator.params,
        tolerance=tolerance,
        residual=solution.residual,
        bound=solution.bound,
        iterations=solution.iterations + (0 if before is None else before.iterations),
        seconds=report.seconds,
        rate=solution.rate or (0.0 if before is None else before.rate),
        solver=run.solver,
        backend=run.backend,
        report=report,
    )
    return focus if there is None else CardFocus.of(focus, there.in_particle_order(structure))
