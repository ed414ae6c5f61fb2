"""How far compiled models are off: by layers, by rank and method, and one file on 100 contexts drawn after its export.

KL(φ ‖ q) in nats, φ being certified to about 10⁻⁹. Nothing is timed here.
"""

from __future__ import annotations

import sysconfig
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.claims.knowledge.bench_compile import WORDNET
from benchmarks.harness import Result, Row, Target
from focusmesh import Graph
from focusmesh.engine.compile.accuracy import RANKS, compare_answers, divergence, fixed_contexts
from focusmesh.engine.compile.factors import METHODS
from focusmesh.engine.compile.low_rank import factors_for
from focusmesh.engine.compile.truth import solve_contexts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh import CompiledModel

_AFTER = 100
_AFTER_SEED = 41
_TOGETHER = 10
_TRUTH = 1e-9


def measure(quick: bool) -> Result:
    """Contexts of 256 particles, and all of WordNet unless quick."""
    result = Result("compile_error")
    wordnet = Graph.read(WORDNET)
    graphs = {"WordNet": wordnet}
    if not quick:
        graphs["Python's standard library"] = library()
    for name, graph in graphs.items():
        centre = "dog.n.01" if name == "WordNet" else graph.focus().top(1)[0].particle
        model = graph.compile([centre])
        what = f"256 particles of {name} around {centre}, {model.heads.link_count} links"
        result.add(f"Exact, {what}", list(_by_depth(model)))
        result.add(f"Low rank, {what}", list(_by_rank(model)))
    part = wordnet.compile(["dog.n.01"])
    _after(result, part, "256 particles of WordNet")
    if not quick:
        whole = wordnet.compile()
        result.add("Exact, all of WordNet", list(_by_depth(whole)))
        _after(result, whole, "all of WordNet")
    return result


def library() -> Graph:
    return Graph.read(
        sysconfig.get_path("stdlib"), format="python", exclude=["site-packages", "test"]
    )


def _by_depth(model: CompiledModel) -> Iterator[Row]:
    """What eps.json says, baselines last."""
    report: dict[str, Any] = dict(model.report or {})
    for told in report["errors"]:
        if told["method"] == "exact":
            names = ("kl_mean", "kl_max", "l1_mean", "l1_max", "bound")
            yield {"layers": str(told["layers"])} | {name: told[name] for name in names}
    for name, told in report["baselines"].items():
        yield {"layers": name, **told}


def _by_rank(model: CompiledModel) -> Iterator[Row]:
    """Each method at each rank with about the same count of numbers, and the exact model's count."""
    contexts = fixed_contexts(len(model.particles))
    drawn = np.stack([model.teleport(dict.fromkeys(c, 1.0)) for c in contexts], axis=1)
    truth = solve_contexts(model.heads, model.params, drawn, _TRUTH)
    for rank in RANKS:
        row: Row = {"rank": str(rank), "numbers": 2 * rank * len(model.particles)}
        for method in METHODS:
            factors = factors_for(model.heads, model.params, "dense", rank, method)
            low = replace(model, method=method, rank=rank, factors=factors)
            told = compare_answers(truth, low.trace_layers(drawn, [model.layers])[0])
            row |= {f"kl_{method}": told["kl_mean"], f"l1_{method}": told["l1_mean"]}
        yield row
    # A link of the exact model is a weight and two places, a pair of the undirected head likewise.
    stored = 3 * (model.heads.link_count + len(model.heads.first))
    told = compare_answers(truth, model.trace_layers(drawn, [model.layers])[0])
    row = {"rank": "exact", "numbers": stored}
    yield row | {f"{measure}_svd": told[f"{measure}_mean"] for measure in ("kl", "l1")}


def _after(result: Result, model: CompiledModel, what: str) -> None:
    """The file of ``model`` on contexts that were drawn when it was closed, in ONNX Runtime."""
    try:
        import onnxruntime
    except ImportError as error:
        result.not_run[f"the file of {what}"] = str(error)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        model.to_onnx(path)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = []
    contexts = fixed_contexts(len(model.particles), _AFTER, _AFTER_SEED)
    for at in range(0, _AFTER, _TOGETHER):
        some = contexts[at : at + _TOGETHER]
        drawn = np.stack([model.teleport(dict.fromkeys(c, 1.0)) for c in some], axis=1)
        truth = solve_contexts(model.heads, model.params, drawn, _TRUTH)
        given = ({"context": np.array(context, dtype=np.int64)} for context in some)
        answers = np.stack([session.run(None, places)[0] for places in given], axis=1)
        found += np.maximum(divergence(truth, answers), 0.0).tolist()
    rows: list[Row] = [
        {"contexts": f"{at + 1} to {at + _TOGETHER}"}
        | {f"_{i + 1}": kl for i, kl in enumerate(found[at : at + _TOGETHER])}
        for at in range(0, _AFTER, _TOGETHER)
    ]
    result.add(f"KL of each of {_AFTER} contexts drawn after export, one file of {what}", rows)
    result.targets.append(Target(f"{what}: largest KL of 100 contexts", 1e-6, max(found), "nats"))
