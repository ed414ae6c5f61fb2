"""Does recall find what it should, on three graphs and three tasks, beside BM25, embeddings, PageRank and igraph?

Test questions only: about particles that no parameter was ever chosen on. Nothing is timed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.evaluated import graphs
from benchmarks.harness import Result, Row
from benchmarks.peers.minilm import MiniLM
from focusmesh import RecallParams
from focusmesh.engine.evaluation import MEASURES, TASKS, Question, evaluate
from focusmesh.engine.evaluation.methods import Entries

if TYPE_CHECKING:
    from focusmesh import Graph
    from focusmesh.engine.evaluation import Evaluation, Ranker, Scored

_COUNT, _QUICK = 120, 20
_SEED = 0
_IGRAPH_BELOW = 50_000


def measure(quick: bool) -> Result:
    """WordNet alone with few questions where it is to be quick."""
    result = Result("recall_evaluation")
    embed = _model(result)
    found: dict[str, Evaluation] = {}
    for name, graph in graphs(result, quick).items():
        more: dict[str, Any] = {}
        if graph.particle_count < _IGRAPH_BELOW:
            more["igraph, personalised PageRank"] = igraph_ranker
        else:
            result.not_run[f"igraph on {name}"] = "it takes a third of a second a question there"
        count = _QUICK if quick else _COUNT
        vectors = None if quick else embed
        found[name] = evaluate(graph, count=count, seed=_SEED, embed=vectors, more=more)
        result.add(f"{name}: what is asked of it", _about(graph, found[name]))
    for task in TASKS:
        for name, evaluation in found.items():
            scored = next((one for one in evaluation.scored if one.task.name == task), None)
            if scored is not None:
                result.add(f"{task}, {name}", _rows(scored))
    result.add("Recall beside each: how often of all tasks and graphs", _verdicts(found))
    return result


def _model(result: Result) -> MiniLM | None:
    try:
        return MiniLM()
    except ImportError as error:
        result.not_run["embeddings"] = str(error)
        return None


def igraph_ranker(graph: Graph) -> Ranker:
    """Personalised PageRank by igraph's PRPACK on the links both ways, from the entries that recall has."""
    import igraph

    columns = graph.links()
    ends = np.stack((columns.source, columns.target), axis=1).astype(np.int64)
    weight = np.ones(len(ends)) if columns.weight is None else columns.weight
    network = igraph.Graph(n=graph.particle_count, edges=ends.tolist(), directed=False)
    entries = Entries(graph, RecallParams())
    total = weight.astype(np.float64).tolist()

    def rank(question: Question, count: int) -> list[int]:
        shares = entries(question)
        if not shares:
            return []
        reset = np.zeros(graph.particle_count)
        for name, share in shares.items():
            reset[graph.index(name)] = share
        scores = np.array(
            network.personalized_pagerank(
                directed=False, damping=0.85, reset=reset.tolist(), weights=total
            )
        )
        near = np.argpartition(-scores, min(count, len(scores) - 1))[:count]
        near = near[scores[near] > 0]
        ordered: list[int] = near[np.lexsort((near, -scores[near]))].tolist()
        return ordered

    return rank


def _about(graph: Graph, evaluation: Evaluation) -> list[Row]:
    size = f"{graph.particle_count:,} particles, {graph.link_count:,} links"
    rows: list[Row] = [
        {"task": scored.task.name, "of": size, "questions": scored.task.about}
        for scored in evaluation.scored
    ]
    return rows + [
        {"task": name, "of": size, "questions": f"none: {reason}"}
        for name, reason in evaluation.left_out.items()
    ]


def _rows(scored: Scored) -> list[Row]:
    """Means of all measures, nDCG@10 with its interval, and the difference to recall with its own."""
    rows = []
    for method in scored.values:
        row: Row = {"method": method}
        row |= {measure: scored.interval(method, measure).mean for measure in MEASURES}
        own, beside = scored.interval(method, "nDCG@10"), scored.against(method, "nDCG@10")
        row["95 % of nDCG@10"] = f"{own.low:.3f} … {own.high:.3f}"
        told = f"{beside.mean:+.3f} ({beside.low:+.3f} … {beside.high:+.3f})"
        row["beside recall"] = "" if method == "recall" else told
        row["so it is"] = "" if method == "recall" else _word(scored, method)
        rows.append(row)
    return rows


def _word(scored: Scored, method: str) -> str:
    beside = scored.against(method, "nDCG@10")
    return "worse" if beside.below_zero else "better" if beside.above_zero else "open"


def _verdicts(found: dict[str, Evaluation]) -> list[Row]:
    counts: dict[str, dict[str, list[str]]] = {}
    for name, evaluation in found.items():
        for scored in evaluation.scored:
            for method in scored.values:
                if method != "recall":
                    told = counts.setdefault(method, {"worse": [], "open": [], "better": []})
                    told[_word(scored, method)].append(f"{scored.task.name} ({name})")
    rows = []
    for method, told in counts.items():
        row: Row = {"method": method}
        row |= {word: len(where) for word, where in told.items()}
        rows.append(row | {"better where": "; ".join(told["better"])})
    return rows
