"""How far a compiled model is off: what stands in ``eps.json`` beside every file.

For a fixed set of contexts the model's answers are held against their focus, certified to about 1e-9, for several
layer counts, with the answers of cruder models beside them. KL(φ ‖ q) = Σ φ·ln(φ/q), in nats.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.compile.low_rank import factors_for
from focusmesh.engine.compile.spectrum import embed_scores
from focusmesh.engine.compile.truth import largest_bound, solve_contexts
from focusmesh.engine.focus import FocusParams

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.engine.compile.heads import Heads
    from focusmesh.engine.compile.model import CompiledModel
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress

CONTEXT_COUNT, CONTEXT_COUNT_LARGE, LARGE_LINKS = 8, 2, 10**6
DEPTHS = (1, 2, 4, 8, 12, 16, 24, 40, 64, 96)
RANKS = (8, 16, 32, 64, 128)
TRUTH = 1e-9
_RANKED = 1e-6
_SIZES = (1, 2, 3, 5)
_SEED = 20
_RANKED_PARTICLES_MAX = 512
_EMBEDDED = 32


def measure_accuracy(
    model: CompiledModel,
    graph: LinkView,
    progress: Progress | None = None,
    compiled: Heads | None = None,
) -> dict[str, Any]:
    """The content of ``eps.json``; ``graph`` is that of the model's particles.

    Of a tuned model ``compiled`` are the heads of its graph: what it is held against is the focus of the graph.
    """
    heads, walk = compiled or model.heads, FocusParams.pagerank()
    number = CONTEXT_COUNT if heads.link_count <= LARGE_LINKS else CONTEXT_COUNT_LARGE
    contexts = fixed_contexts(len(model.particles), number)
    drawn = np.stack([model.teleport(dict.fromkeys(c, 1.0)) for c in contexts], axis=1)
    everything = np.column_stack((drawn, np.full(len(drawn), 1 / len(drawn))))
    truth = solve_contexts(heads, model.params, everything, TRUTH, progress)
    ranked = solve_contexts(heads, walk, everything, _RANKED, progress)
    spectrum = embed_scores(graph, truth[:, -1], min(_EMBEDDED, graph.particle_count))
    alike = {
        "uniform": everything[:, -1:],
        "pagerank": ranked[:, -1:],
        "global focus": truth[:, -1:],
        "personalised pagerank": ranked[:, :-1],
    }
    answers = truth[:, :-1]
    return {
        "root": model.root,
        "particles": len(model.particles),
        "links": heads.link_count,
        "heads": heads.head_count + 1,
        "form": model.form,
        "method": model.method,
        "rank": model.rank,
        "layers": model.layers,
        "kappa": model.params.kappa,
        "beta": model.beta,
        "contexts": contexts,
        "truth_bound": largest_bound(graph, model.params, everything, truth),
        "errors": [*_by_depth(model, answers, drawn), *_by_rank(model, answers, drawn)],
        "baselines": {name: compare_answers(answers, other) for name, other in alike.items()},
        "d_star": spectrum.d_star,
        "d_star_truncated_at": len(spectrum.values),
        **({} if model.tuned is None else {"tuned": dict(model.tuned)}),
    }


def fixed_contexts(count: int, number: int = CONTEXT_COUNT, seed: int = _SEED) -> list[list[int]]:
    """The same ``number`` contexts of 1 to 5 distinct particles for every graph of ``count`` particles."""
    random = np.random.default_rng([seed, count])
    sizes = (min(_SIZES[i % len(_SIZES)], count) for i in range(number))
    return [sorted(random.choice(count, size, replace=False).tolist()) for size in sizes]


def divergence(truth: FloatArray, answer: FloatArray) -> FloatArray:
    """KL of each column, in nats; infinite where an answer is 0 and the truth is not."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(truth > 0, truth * (np.log(truth) - np.log(answer)), 0.0)
    total: FloatArray = terms.sum(axis=0)
    return total


def compare_answers(truth: FloatArray, answer: FloatArray) -> dict[str, float | None]:
    """Mean and largest KL and L1 over the contexts; None stands for infinite."""
    kl = np.maximum(divergence(truth, answer), 0.0)
    l1 = np.abs(truth - answer).sum(axis=0)
    found = {"kl_mean": kl.mean(), "kl_max": kl.max(), "l1_mean": l1.mean(), "l1_max": l1.max()}
    return {name: float(value) if np.isfinite(value) else None for name, value in found.items()}


def _by_depth(
    model: CompiledModel, truth: FloatArray, drawn: FloatArray
) -> Iterator[dict[str, Any]]:
    depths: Sequence[int] = sorted({*(d for d in DEPTHS if d < model.layers), model.layers})
    for depth, answer in zip(depths, model.trace_layers(drawn, depths), strict=True):
        bounded = model.method == "exact" and model.tuned is None
        bound = model.bound(depth) if bounded else None
        yield {
            "method": model.method,
            "rank": model.rank,
            "layers": depth,
            "bound": bound,
            **compare_answers(truth, answer),
        }


def _by_rank(
    model: CompiledModel, truth: FloatArray, drawn: FloatArray
) -> Iterator[dict[str, Any]]:
    """What one head of low rank would come to, where finding it takes no longer than the rest."""
    count = len(model.particles)
    if model.form != "dense" or model.method != "exact" or count > _RANKED_PARTICLES_MAX:
        return
    if model.tuned is not None:
        return
    for rank in (rank for rank in RANKS if rank < count):
        factors = factors_for(model.heads, model.params, "dense", rank, "svd")
        low = replace(model, method="svd", rank=rank, factors=factors)
        (answer,) = low.trace_layers(drawn, [model.layers])
        yield {
            "method": "svd",
            "rank": rank,
            "layers": model.layers,
            "bound": None,
            **compare_answers(truth, answer),
        }
