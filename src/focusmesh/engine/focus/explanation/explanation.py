"""Why a particle scores in a context: the strongest walks by which the context reaches it.

Definition: docs/explanation/operator.md.

The fixed point is a sum over walks: φ = diffusion·α·Σ_t Mᵗ u, M being R without its teleport, and one step of M is a
link followed (P), or a run of k undirected steps (Qᵏ, weight c_k). The share of a sequence of particles is the sum
over all ways of cutting it into such steps. Sequences are searched best first, guided by what all continuations
together are worth, so that the search can prove that nothing stronger was missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from focusmesh.engine.focus.explanation.walks import FoundWalk, WalkSearch
from focusmesh.engine.focus.operator.params import FocusParams
from focusmesh.engine.focus.solve.solve import graph_focus, seed_weights
from focusmesh.engine.support.displays import display
from focusmesh.engine.support.parallel import limited
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping
    from typing import Any

    from focusmesh.engine.focus.solve.result import Focus
    from focusmesh.engine.links import LinkView, Structure
    from focusmesh.engine.support.progress import Progress


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk from a seed to the target and the share of the target's score that it carries.

    ``directions[i]`` is "→", "←" or "↔" as links lead between ``particles[i]`` and ``particles[i + 1]``;
    ``relations[i]`` are the relation types of those links, where the graph has any.
    """

    particles: tuple[Hashable, ...]
    directions: tuple[str, ...]
    relations: tuple[tuple[Hashable, ...], ...]
    share: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The score of ``target`` in a context, taken apart: Σ shares + ``background`` + ``remainder`` = ``score``.

    ``background`` is what the target scores without the context, (1 − β)·φ*. ``remainder`` is carried by the walks
    from the context that are not listed, jumps from dangling particles included; it is known within ``bound``.
    ``proven``: no walk stronger than the listed ones exists (else the search ended at its limit).
    """

    target: Hashable
    seeds: tuple[Hashable, ...]
    score: float
    bound: float
    walks: tuple[Walk, ...]
    background: float
    remainder: float
    proven: bool

    def plot(self, ax: Any = None, *, title: str | None = None) -> Any:
        """Draws the parts as bars on matplotlib axes, which it returns; needs the extra ``plot``."""
        return display("plot", self, title=title, ax=ax)

    def _repr_html_(self) -> str:
        return str(display("html", self))


def explain(
    graph: LinkView,
    context: Iterable[Hashable] | Mapping[Any, float],
    target: Hashable,
    *,
    params: FocusParams | str | None = None,
    beta: float = 0.5,
    tolerance: float = 1e-6,
    walks: int = 5,
    expansions: int = 2_000,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """The ``walks`` strongest walks from ``context`` to ``target``.

    Raises UnknownParticleError for names that the graph does not have. ``threads``, ``progress``: see ``Graph.focus``.
    Cost: a context focus, pushes from the target over a part of the links or about as many adjoint passes as that
    took, and at most ``expansions`` steps of the search.
    """
    with limited(threads):
        return _explain(
            graph, context, target, params, beta, tolerance, walks, expansions, progress
        )


def _explain(
    graph: LinkView,
    context: Iterable[Hashable] | Mapping[Any, float],
    target: Hashable,
    params: FocusParams | str | None,
    beta: float,
    tolerance: float,
    walks: int,
    expansions: int,
    progress: Progress | None,
) -> Explanation:
    if walks < 0 or expansions < 1:
        raise ParameterError(f"walks = {walks} must be ≥ 0 and expansions = {expansions} ≥ 1")
    chosen = FocusParams.of(params)
    graph = graph.copy()
    graph.index(target)
    shares = seed_weights(graph, context)
    focus = graph_focus(graph, chosen, tolerance, shares, beta=beta, progress=progress)
    structure = graph.structure
    starts = {int(structure.position[graph.index(name)]): beta * shares[name] for name in shares}
    end = int(structure.position[graph.index(target)])
    search = WalkSearch(structure, chosen, starts, end, progress)
    found, proven = search.strongest(walks, expansions)
    return _explanation(graph, focus, target, beta, found, proven)


def _explanation(
    graph: LinkView,
    focus: Focus,
    target: Hashable,
    beta: float,
    found: list[FoundWalk],
    proven: bool,
) -> Explanation:
    at = graph.index(target)
    score = float(focus.scores[at])
    prior = focus if focus.prior is None else focus.prior
    background = (1 - beta) * float(prior.scores[at])
    listed = tuple(_walk(graph, one) for one in found)
    return Explanation(
        target=target,
        seeds=focus.seeds,
        score=score,
        bound=focus.bound,
        walks=listed,
        background=background,
        remainder=score - background - sum(walk.share for walk in listed),
        proven=proven,
    )


def _walk(graph: LinkView, found: FoundWalk) -> Walk:
    structure = graph.structure
    names = [graph.particles[int(structure.order[at])] for at in found.positions]
    steps = list(pairwise(found.positions))
    pairs = list(pairwise(names))
    return Walk(
        particles=tuple(names),
        directions=tuple(_direction(structure, a, b) for a, b in steps),
        relations=tuple(_relations(graph, a, b) for a, b in pairs),
        share=found.share,
    )


def _direction(structure: Structure, a: int, b: int) -> str:
    forth, back = structure.axon_weight(a, b) > 0, structure.axon_weight(b, a) > 0
    return "↔" if forth and back else "→" if forth else "←"


def _relations(graph: LinkView, a: Hashable, b: Hashable) -> tuple[Hashable, ...]:
    if graph.relations is None:
        return ()
    links = [*graph.between(a, b), *graph.between(b, a)]
    ranked = sorted(links, key=lambda link: -link.weight)
    return tuple(dict.fromkeys(link.relation for link in ranked if link.relation != ""))
