"""What all contexts of one graph share: the global focus, and vectors whose focus is known beforehand.

Definition: docs/explanation/contexts.md.

A push leaves residual mass behind. Where that mass lies like the degrees of the particles, its focus is Ψ(w), the
focus that restarts in proportion to degree; where it dangled, its focus is Ψ(u0). Both are solved once for a graph.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from focusmesh.engine.focus.context.item_bounds import RestartPairs
from focusmesh.engine.focus.context.workspace import LANES, Workspaces
from focusmesh.engine.focus.devices.backend import AUTO, device_for
from focusmesh.engine.focus.solve.estimate import CONTEXTS
from focusmesh.engine.focus.solve.kept_foci import KeptFoci, confirmed_or, kept_foci
from focusmesh.engine.focus.solve.solve import graph_focus, operator_of
from focusmesh.engine.focus.solve.solver import chosen_for, solver_named

if TYPE_CHECKING:
    from focusmesh.engine.focus.context.device import ContextDevice, Pushes
    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.focus.solve.result import Focus
    from focusmesh.engine.focus.solve.solver import Solver
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray, IndexArray
    from focusmesh.engine.support.progress import Progress

_TOLERANCE = 1e-6
_SLACK = 4
_HEAD = 2_048
_LEAST = 1e-18
_ROUGH = 1e-4
_TOLL = 2.0
"""As in push_compiled.py: a push leaves residual in proportion to links out and this."""

PASS_VISITS = 2
"""How often a pass with an approximate R visits each link."""

WALKED, RESTART = 2, 3
"""Columns of the known vectors: Ψ(w) and w."""


@dataclass(frozen=True)
class Rates:
    """Where mass between steps goes, with the undirected runs of no step taken out (division by 1 − c_0).

    ``absorb`` of it settles, ``follow`` takes a link, ``runs[k]`` begins an undirected run with k steps to go after its
    first; they add up to 1. Runs too long for the lanes wait in the last one: lanes from ``ended`` on are not pushed.
    """

    absorb: float
    follow: float
    runs: FloatArray
    ended: int

    @classmethod
    def of(cls, params: FocusParams) -> Rates:
        """The rates of R."""
        still, *others = params.coefficients or (0.0,)
        runs = np.zeros(LANES)
        runs[: min(len(others), LANES)] = others[:LANES]
        runs[-1] += sum(others[LANES:])
        moving = 1.0 - still
        follow = params.diffusion * (1.0 - params.alpha) / moving
        ended = LANES if len(others) <= LANES else LANES - 1
        return cls(params.gap / moving, follow, runs / moving, ended)

    @property
    def lanes(self) -> int:
        """Lanes that a residual needs beside each particle: 1 where every step follows a link."""
        return LANES if self.runs.any() else 1


@dataclass(frozen=True)
class Prior:
    """Vectors whose focus is known. ``known``: float64, shape (n, 4), columns φ*, Ψ(u0), Ψ(w), w in solver order.

    ``bounds`` are those of the first three. ``heads`` (uint32, shape (3, h)) are their best particles, best first, and
    ``heights`` the values of these. ``lands_here``: u0 = u, so that Ψ(u0) is φ*.
    """

    known: FloatArray
    bounds: FloatArray
    heads: IndexArray
    heights: FloatArray
    lands_here: bool

    @classmethod
    def on(
        cls,
        operator: Operator,
        focus: Focus,
        solve: Solver,
        progress: Progress | None,
        walked: FloatArray | None = None,
    ) -> Prior:
        """Solves what is not known yet: two solves where dangling mass goes elsewhere than the teleport, else one.

        ``walked``: where the solve of Ψ(w) begins.
        """
        structure = operator.structure
        tolerance = reachable(operator)
        here = focus.scores[structure.order]
        landed, bounds = here, np.array([focus.bound] * 3)
        lands_here = np.array_equal(operator.u, operator.u0)
        if not lands_here:
            landing = operator.teleporting_to(operator.u0)
            solution = solve(landing, operator.u0, tolerance, progress)
            landed, bounds[1] = solution.x, solution.bound
        restart = by_links(operator)
        begun = here if walked is None else walked
        solution = solve(operator.teleporting_to(restart), begun, tolerance, progress)
        bounds[2] = solution.bound
        known = np.column_stack((here, landed, solution.x, restart))
        heads = _heads(known[:, :3])
        heights = np.array([known[best, column] for column, best in enumerate(heads)])
        return cls(known, bounds, heads, heights, lands_here)


@dataclass(frozen=True)
class Standing:
    """What is worked out once for a graph, its parameters, u and u0. ``prior`` is None where graphs are small.

    ``device``: the card that solves, and that pushes where many contexts are asked about at once; None for the host.
    """

    operator: Operator
    focus: Focus
    rates: Rates
    prior: Prior | None
    device: ContextDevice | None = None

    @classmethod
    def on(
        cls,
        graph: LinkView,
        params: FocusParams,
        u: Any = None,
        u0: Any = None,
        *,
        sparse: bool | None = None,
        backend: str = AUTO,
        progress: Progress | None = None,
    ) -> Standing:
        """O(m) for each of some tens of passes. ``sparse``: whether contexts are pushed (default: on large graphs)."""
        operator = operator_of(graph, params, u, u0)
        tolerance = reachable(operator)
        device = cast(
            "ContextDevice | None", device_for(CONTEXTS, operator.structure, params, backend)
        )
        focus = graph_focus(
            graph, params, tolerance, u=u, u0=u0, backend=backend, progress=progress
        )
        pushed = graph.structure.is_compiled if sparse is None else sparse
        prior = None
        if pushed:
            before = kept_foci(graph, params) if u is None and u0 is None else None
            walked = None if before is None else before.start(graph, walked=True)
            solve = _solver_on(device)
            confirmed = solve if walked is None else confirmed_or(solve)
            prior = Prior.on(operator, focus, confirmed, progress, walked)
        return cls(operator, focus, Rates.of(params), prior, device)

    @property
    def solve(self) -> Solver:
        """What answers are solved by, where they are."""
        return _solver_on(self.device)

    @cached_property
    def pushes(self) -> Pushes | None:
        """Contexts by the hundred on the card."""
        return None if self.device is None else self.device.pushes(self)

    @property
    def halving_visits(self) -> float:
        """About how many links passes over all of them visit while the bound of a solve halves, as φ* was seen to."""
        focus, operator = self.focus, self.operator
        terms = max(len(operator.params.coefficients), 1)
        each = PASS_VISITS if chosen_for(operator) == "corrected" else 2 * terms - 1
        halvings = max(math.log2(2 / focus.bound), 1.0) if focus.bound > 0 else 1.0
        return focus.iterations * each * operator.structure.axon_count / halvings

    @cached_property
    def pairs(self) -> RestartPairs:
        """Restarts whose focus is known: u, by degree and, where steps only follow links, by links out and two."""
        operator, here = self.operator, self.scores
        if self.prior is not None:
            restart, walked = self.prior.known[:, RESTART], self.prior.known[:, WALKED]
            bounds = [self.focus.bound, float(self.prior.bounds[WALKED])]
        else:
            restart = by_links(operator)
            walked, bound = self._solve_known(restart, _ROUGH)
            bounds = [self.focus.bound, bound]
        restarts, foci = [operator.u, restart], [here, walked]
        if self.prior is not None and self.rates.lanes == 1:
            links = np.diff(operator.structure.out_start).astype(np.float64) + _TOLL
            restarts.append(links / links.sum())
            focus, bound = self._solve_known(restarts[-1], _ROUGH)
            foci.append(focus)
            bounds.append(bound)
        return RestartPairs.of(np.column_stack(restarts), np.column_stack(foci), np.array(bounds))

    def _solve_known(self, restart: FloatArray, tolerance: float) -> tuple[FloatArray, float]:
        """The focus of a restart and its bound. Only what it says of a residual depends on how exact that is."""
        operator = self.operator
        within = max(tolerance, reachable(operator))
        solution = self.solve(operator.teleporting_to(restart), self.scores, within, None)
        return solution.x, solution.bound

    @cached_property
    def workspaces(self) -> Workspaces:
        """Scratch space of queries, one for each that is under way."""
        return Workspaces(len(self.operator.u), self.rates.lanes)

    @cached_property
    def sweeps(self) -> bool:
        """Whether residuals are swept over all links: where every step follows one, and float32 holds 1/o.

        Weights that are smaller or larger than anyone's are left to a solve, as is everything where a card solves.
        """
        totals = self.operator.structure.out_total[: self.operator.structure.linking_count]
        fits = len(totals) > 0 and totals.min() > _LEAST and totals.max() < 1 / _LEAST
        on_host = self.prior is not None and self.device is None
        return on_host and self.rates.lanes == 1 and bool(fits)

    def foci(self) -> KeptFoci:
        """What a later process may begin with."""
        focus, position = self.focus, self.operator.structure.position
        walked = None if self.prior is None else self.prior.known[:, WALKED][position]
        return KeptFoci(self.operator.params, focus.iterations, focus.rate, focus.scores, walked)

    @cached_property
    def scores(self) -> FloatArray:
        """φ* in solver order."""
        return self.focus.scores[self.operator.structure.order]


def _solver_on(device: ContextDevice | None) -> Solver:
    return solver_named(AUTO) if device is None else device.solve


def reachable(operator: Operator) -> float:
    """The tolerance of what is maintained: 1e-6, or what float64 can certify."""
    return max(_TOLERANCE, _SLACK * operator.bound(0.0, 1.0))


def by_links(operator: Operator) -> FloatArray:
    """The restart in proportion to degree, which is stationary under Q; u where there are no links."""
    degree = operator.structure.degree_total
    return degree / degree.sum() if degree.any() else operator.u


def _heads(columns: FloatArray) -> IndexArray:
    """For each column the rows of its largest entries, falling."""
    count = min(_HEAD, len(columns))
    heads = np.empty((columns.shape[1], count), dtype=np.uint32)
    for i, column in enumerate(columns.T):
        largest = np.argpartition(-column, count - 1)[:count] if count else np.zeros(0, np.int64)
        heads[i] = largest[np.argsort(-column[largest], kind="stable")]
    return heads
