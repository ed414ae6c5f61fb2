"""Tuned models: a compiled start against a random one, and the links that each method finds of those kept out.

Two graphs, the model exact and of low rank, three seeds each. How pairs are ranked and how fast weights move was chosen
on the draws 0 to 2; these are others. Nothing is timed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.claims.knowledge.bench_compile import WORDNET
from benchmarks.claims.knowledge.bench_compile_error import library
from benchmarks.harness import Result, Row
from focusmesh import Graph
from focusmesh.engine.tuning import TuneParams, compare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh import CompiledModel
    from focusmesh.engine.tuning import Comparison

SEEDS = (10, 11, 12)
PRECISION_AT = (20, 50, 100, 200)
_PARTICLES = 600
_STEPS = 120
_RANK = 64
_METHODS = ("auc", "mrr", "hits@10")


def measure(quick: bool) -> Result:
    """The standard library alone, a smaller part of it and one seed, if quick."""
    result = Result("tune")
    try:
        import torch  # noqa: F401
    except ImportError as error:
        result.not_run["tuning"] = str(error)
        return result
    seeds, steps, count = (SEEDS[:1], 20, 150) if quick else (SEEDS, _STEPS, _PARTICLES)
    params = TuneParams(steps=steps, seed=seeds[0])
    for name, model in _models(quick, count):
        found = compare(model, params, seeds)
        what = f"{name}, {len(model.particles)} particles, {model.heads.link_count} links"
        result.add(f"Links kept out, found: {what}", list(_quality(found)))
        result.add(f"Gain of the tuned compiled start, link by link: {what}", list(_gains(found)))
        result.add(f"Steps to equal loss: {what}", list(_steps(found)))
        result.add(f"Precision of the strongest pairs without a link: {what}", list(_pairs(found)))
    return result


def _models(quick: bool, count: int) -> Iterator[tuple[str, CompiledModel]]:
    graphs = {"Python's standard library": library()}
    if not quick:
        graphs["WordNet"] = Graph.read(WORDNET)
    for name, graph in graphs.items():
        centre = "dog.n.01" if name == "WordNet" else graph.focus().top(1)[0].particle
        yield f"{name} around {centre}, exact", graph.compile([centre], count=count, layers=8)
        low = graph.compile([centre], count=count, layers=8, rank=_RANK, method="svd", form="dense")
        yield f"{name} around {centre}, rank {_RANK}", low


def _quality(found: Comparison) -> Iterator[Row]:
    for method, told in found.measures().items():
        row: Row = {"method": method}
        for name in _METHODS:
            mean, low, high = told[name]
            row |= {name: mean, f"{name}_95_%": f"{low:.3f} to {high:.3f}"}
        yield row


def _gains(found: Comparison) -> Iterator[Row]:
    for method in found.measures():
        if method == "tuned, compiled start":
            continue
        row: Row = {"over": method}
        for name in _METHODS:
            mean, low, high = found.gains(method)[name]
            row |= {name: mean, f"{name}_95_%": f"{low:+.3f} to {high:+.3f}"}
        yield row


def _steps(found: Comparison) -> Iterator[Row]:
    """As ``steps_to_equal_loss``, with words for never."""
    for told in found.steps_to_equal_loss():
        never = {name: "never" for name, value in told.items() if value is None}
        counts = {name: str(told[name]) for name in told if "steps" in name and name not in never}
        yield {**told, **counts, **never}


def _pairs(found: Comparison) -> Iterator[Row]:
    for method, told in found.precision(PRECISION_AT).items():
        yield {"method": method} | {f"first_{at}": share for at, share in told.items()}
