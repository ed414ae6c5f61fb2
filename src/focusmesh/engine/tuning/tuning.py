"""From a compiled model to a tuned one: links are kept out, weights follow the others, the first say what for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.compile import CompiledModel, factors_for, measure_accuracy
from focusmesh.engine.graph import Graph
from focusmesh.engine.tuning.baselines import (
    adamic_adar,
    common_neighbours,
    pagerank_from,
    scores_of,
)
from focusmesh.engine.tuning.extraction import lifts, precision, ranked_pairs
from focusmesh.engine.tuning.link_scores import found, interval
from focusmesh.engine.tuning.params import TuneParams
from focusmesh.engine.tuning.proposals import Proposal, propose
from focusmesh.engine.tuning.split import Split, columns_of, split_of, split_of_walks
from focusmesh.engine.tuning.torch_loader import load_torch
from focusmesh.engine.tuning.training import Point, train_weights
from focusmesh.engine.tuning.weights import weights_of
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress
    from focusmesh.engine.tuning.link_scores import LinkRanks, Scorer

PARTICLES_MAX = 4_096
PRECISION_AT = (20, 50, 100, 200)


@dataclass(frozen=True)
class Tuned:
    """What came of it. ``model`` has the tuned weights on all links of the graph, or the tuned factors;
    ``before`` is what was compiled.

    ``found`` has, by method, how the links that were kept out were ranked: ``"tuned"``; ``"compiled"``, the model at
    the same depth before; and the baselines. ``precision`` has, by method, which of its 200 strongest pairs without
    a link were kept out, 1 or 0, best first. ``curve`` is the loss on the way.
    """

    model: CompiledModel
    before: CompiledModel
    params: TuneParams
    split: Split
    curve: tuple[Point, ...]
    found: Mapping[str, LinkRanks]
    precision: Mapping[str, FloatArray]

    def proposals(self, count: int = 20, progress: Progress | None = None) -> list[Proposal]:
        """The ``count`` pairs that the model puts nearest to a link and the graph lacks, strongest first.

        Each with the relation that links like it have, their usual weight, and what lies between the two: something to
        review, not something that is so. O(n) answers of the model.
        """
        pairs = ranked_pairs(lifts(self.model), self.before.heads, count, progress=progress)
        return propose(self.before, pairs)

    @property
    def report(self) -> dict[str, Any]:
        """All of it as JSON has it: measures with 95 % intervals, precision at some counts, the curve."""
        return {
            "params": asdict(self.params),
            "kept_out": {"test": len(self.split.test), "validation": len(self.split.validation)},
            "trained_on": len(self.split.train),
            "best_step": best_step(self.curve),
            "measures": {
                method: {name: list(interval(values)) for name, values in one.measures().items()}
                for method, one in self.found.items()
            },
            "precision": {
                method: {
                    str(at): float(np.mean(hits[:at])) for at in PRECISION_AT if at <= len(hits)
                }
                for method, hits in self.precision.items()
            },
            "curve": [asdict(point) for point in self.curve],
        }


def tune(
    model: CompiledModel,
    params: TuneParams | None = None,
    progress: Progress | None = None,
    *,
    walks: Iterable[Sequence[Hashable]] | None = None,
) -> Tuned:
    """Fits the weights of ``model`` to its links: each is asked for from its source while it is hidden.

    With ``walks`` that somebody took, lists of particles, it is fitted to their steps in place of links: some walks are
    kept out, nothing is hidden, all particles are candidates, and there is no ``precision``.
    An exact model is tuned link by link and relation by relation; one of low rank in its factors. The same model,
    parameters and seed give the same bits; one core is used. Needs the extra ``ml``.

    Raises MissingExtraError; InputError for a model of more than 4,096 particles, without its links (one of low rank
    from a file), tuned before, or with too few links or walks to keep some out; UnknownParticleError in walks.
    O(steps·layers·batch·(links·K)), of low rank O(steps·layers·batch·n²).
    """
    chosen = TuneParams() if params is None else params
    load_torch()
    verify_model(model)
    if walks is None:
        split = split_of(model.heads, model.particles, chosen)
    else:
        split = split_of_walks(model.heads, model.particles, walks, chosen)
    base = on_split(model, split, chosen)
    weights = weights_of(base, chosen)
    curve = train_weights(weights, base, split, chosen, progress)
    graph = Graph.from_links(columns_of(model.heads, model.particles))
    told = {"start": chosen.start, "seed": chosen.seed, "step": best_step(curve)}
    # Factors were tuned as attention, clipped and scaled, which is how they are to be applied.
    form = model.form if model.factors is None else "dense"
    tuned = replace(
        weights.model(replace(model, layers=chosen.layers, form=form)), tuned=told, report=None
    )
    tuned = replace(tuned, report=measure_accuracy(tuned, graph, progress, model.heads))
    methods = {"tuned": weights.model(base)} | models_of(base)
    return Tuned(
        model=tuned,
        before=model,
        params=chosen,
        split=split,
        curve=curve,
        found=ranks(methods, split),
        precision={} if split.observed else hits(methods, split),
    )


def verify_model(model: CompiledModel) -> None:
    """Raises InputError for what cannot be tuned."""
    count = len(model.particles)
    if count > PARTICLES_MAX:
        raise InputError(
            f"{count:,} particles: up to {PARTICLES_MAX:,} are tuned together; compile the surroundings of a context"
        )
    if not len(model.heads.target):
        raise InputError(
            "the model has no links to tune on; one of low rank from a file has left them behind"
        )
    if model.tuned is not None:
        raise InputError(
            "the model was tuned before; compile it anew, so that what is kept out is unknown to it"
        )


def on_split(model: CompiledModel, split: Split, params: TuneParams) -> CompiledModel:
    """``model`` compiled of the training links alone, as deep as it is tuned."""
    factors = model.factors
    if factors is not None and model.rank is not None:
        factors = factors_for(split.heads, model.params, "dense", model.rank, model.method)
    form = "edges" if factors is None else "dense"
    return replace(model, heads=split.heads, factors=factors, layers=params.layers, form=form)


def models_of(base: CompiledModel) -> dict[str, CompiledModel]:
    """The models that a tuned one is held against, made of the training links."""
    return {"compiled": base, "personalised pagerank": pagerank_from(base)}


def neighbourhoods(split: Split) -> dict[str, Scorer]:
    """The scores of pairs that need no model."""
    return {
        "adamic-adar": adamic_adar(split.heads),
        "common neighbours": common_neighbours(split.heads),
    }


def ranks(models: Mapping[str, CompiledModel], split: Split) -> dict[str, LinkRanks]:
    """How each method ranks the links that were kept out for the test."""
    count = split.heads.particle_count
    scorers = {name: scores_of(model) for name, model in models.items()} | neighbourhoods(split)
    return {
        name: found(scorer, split.test, split.everything, count) for name, scorer in scorers.items()
    }


def hits(models: Mapping[str, CompiledModel], split: Split) -> dict[str, FloatArray]:
    """1 for each of the strongest pairs of a method that was kept out for the test, else 0."""
    count, limit = split.heads.particle_count, PRECISION_AT[-1]
    scorers = {name: lifts(model) for name, model in models.items()} | neighbourhoods(split)
    return {
        name: precision(
            ranked_pairs(scorer, split.heads, limit, split.validation), split.test, count
        )
        for name, scorer in scorers.items()
    }


def best_step(curve: tuple[Point, ...]) -> int:
    """The step whose weights were kept."""
    return min(curve, key=lambda point: point.validation).step
