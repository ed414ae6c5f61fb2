"""Recall on folders of documents: questions of several steps that people asked (HotpotQA and MuSiQue, training parts).

The share of the gold passages among the first five, with bootstrap intervals over the questions. One table compares
ways of finding on the same passages; the others change one default each. Nothing is timed but the build, by the time
of the processor.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.graphs import ROOT
from benchmarks.data.multihop import SETS, multihop
from benchmarks.harness import Result, Row, Target
from benchmarks.peers.minilm import FullPrecisionMiniLM, MiniLM
from focusmesh import Graph, RecallParams
from focusmesh.engine.documents import DocumentParams, PassageSize
from focusmesh.engine.evaluation import Material, Question, Resampled
from focusmesh.engine.evaluation.embedding import Embedded
from focusmesh.engine.evaluation.methods import (
    Entries,
    both_ways,
    personalised_pagerank,
    rank_by_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.engine.support.arrays import FloatArray

_DEPTH = 5
_FUSION = 60
_OWN = "recall, default settings"
_QUICK = 10
_DEFAULT = RecallParams()
_PLAIN = replace(_DEFAULT, question_names=False)
_ASKED: dict[str, tuple[Any, ...]] = {
    "context_share": (0.3, 0.5, 0.7),
    "temperature": (0.05, 0.1, 0.2),
    "name_boost": (0.0, 0.1, 1.0),
}
_BUILT: dict[str, tuple[Any, ...]] = {
    "share_max": (0.005, 0.05, 1.0),
    "phrase": (0.0, 0.05, 0.2),
    "phrase_max": (2, 3, 8),
}
_CUT: dict[str, tuple[Any, ...]] = {"contains": (0.0, 1.0, 3.0), "next": (0.0, 0.2, 1.0)}
_SHORT = PassageSize(300, 50)
"""Most passages of these sets are shorter than a passage: cut so short, they say what links of parts are worth."""
_COPIES = 20
_PROMISED = {"HotpotQA": 97.0, "MuSiQue": 62.3}


class _Set:
    """One set: its items, its questions, and graphs of it by parameters."""

    def __init__(self, folder: Path, name: str, quick: bool) -> None:
        self.name = name
        self.items, self.questions = multihop(folder, name)
        if quick:
            self.questions = self.questions[:_QUICK]
        self.resampled = Resampled(len(self.questions))
        self._graphs: dict[DocumentParams, Graph] = {}

    def graph(self, params: DocumentParams | None = None) -> Graph:
        chosen = DocumentParams() if params is None else params
        if chosen not in self._graphs:
            self._graphs[chosen] = Graph.from_documents(self.items, params=chosen)
        return self._graphs[chosen]

    def found(self, listed: Callable[[str], Iterable[str]]) -> FloatArray:
        """For each question the share of its passages among the first documents."""
        shares = []
        for asked, gold in self.questions:
            documents = dict.fromkeys(map(_document, listed(asked)))
            shares.append(len({*list(documents)[:_DEPTH]} & {*gold}) / len(gold))
        return 100 * np.array(shares)


def measure(quick: bool) -> Result:
    """Few questions and no changes of defaults where it is to be quick."""
    result = Result("multihop")
    shared = os.environ.get("FOCUSMESH_VECTORS") or ROOT.parent / "shared" / "vectors"
    folder = Path(shared) / "outside" / "multihop"
    if not folder.is_dir():
        result.not_run["HotpotQA and MuSiQue"] = f"{folder} is not there"
        return result
    sets = [_Set(folder, name, quick) for name in SETS]
    found = {each.name: _methods(each, result) for each in sets}
    result.add("Recall@5 of gold passages", _compared(sets, found))
    for name, least in _PROMISED.items():
        mean = float(found[name][_OWN].mean())
        result.targets.append(Target(f"{name}, recall@5", least, mean, "%", at_least=True))
    if not quick:
        for name, values in _ASKED.items():
            result.add(f"{name}, recall", _changed(sets, _asked, name, values))
        for name, values in _BUILT.items():
            result.add(f"{name}, documents", _changed(sets, _built, name, values))
        for name, values in _CUT.items():
            title = f"{name}, documents cut into passages of 300 characters"
            result.add(title, _changed(sets, _cut, name, values))
    result.add("Build", [_build(sets, 1 if quick else _COPIES)])
    return result


def _methods(each: _Set, result: Result) -> dict[str, FloatArray]:
    """Every way of finding, on the same passages."""
    bare = Graph.from_edges([], [], particles=[item["name"] for item in each.items])
    bare.set_texts({item["name"]: item["text"] for item in each.items})
    no_phrases, whole = each.graph(DocumentParams(phrase=0)), each.graph()
    no_extract = Graph.from_documents(each.items, params=DocumentParams(mention=0, phrase=0))
    entries = Entries(whole, _DEFAULT)
    ways: dict[str, Callable[[str], Iterable[str]]] = {
        "BM25": _ranked(partial(rank_by_words, Material(bare), _DEFAULT), bare),
        "recall on texts without links": partial(_recalled, bare, _PLAIN),
        "recall, mentions": partial(_recalled, no_phrases, _PLAIN),
        "recall, mentions and names in the question": partial(_recalled, no_phrases, _DEFAULT),
        "recall, names in the question, no mentions": partial(_recalled, no_extract, _DEFAULT),
        _OWN: partial(_recalled, whole, _DEFAULT),
        "personalised PageRank, both ways, from the same names": _ranked(
            personalised_pagerank(both_ways(whole), entries), whole
        ),
    }
    found = {name: each.found(way) for name, way in ways.items()}
    found |= _embedded(each, whole, ways[_OWN], result)
    return found


def _embedded(
    each: _Set, whole: Graph, own: Callable[[str], Iterable[str]], result: Result
) -> dict[str, FloatArray]:
    """Embeddings alone, and fused with recall: by the first weights that are here."""
    found: dict[str, FloatArray] = {}
    for weights, load in (("float32", FullPrecisionMiniLM), ("int8", MiniLM)):
        name = f"embeddings (all-MiniLM-L6-v2, {weights})"
        try:
            embedded = Embedded(load(), Material(whole))
        except ImportError as error:
            result.not_run[name] = str(error)
            continue
        near = _ranked(embedded.ranker(Material(whole)), whole)
        found[name] = each.found(near)
        if len(found) == 1:
            found[f"recall and {name}, by reciprocal ranks"] = each.found(
                partial(_fused, own, near)
            )
    return found


def _fused(
    own: Callable[[str], Iterable[str]], near: Callable[[str], Iterable[str]], asked: str
) -> list[str]:
    """Documents of two listings by the sum of 1 / (60 + rank) (Cormack, Clarke, Büttcher, SIGIR 2009)."""
    shares: dict[str, float] = {}
    for listed in (own, near):
        documents = dict.fromkeys(_document(name) for name in listed(asked))
        for rank, name in enumerate(documents, 1):
            shares[name] = shares.get(name, 0.0) + 1 / (_FUSION + rank)
    return sorted(shares, key=lambda name: -shares[name])


def _document(name: str) -> str:
    """That of a passage; parts count as theirs."""
    return name.partition(" ¶")[0]


def _recalled(graph: Graph, params: RecallParams, asked: str) -> list[str]:
    return [str(name) for name in graph.recall(asked, 4 * _DEPTH, params=params).particles]


def _ranked(ranker: Any, graph: Graph) -> Callable[[str], Iterable[str]]:
    def listed(asked: str) -> list[str]:
        found = ranker(Question(asked, ()), 4 * _DEPTH)
        return [str(graph.particles[int(at)]) for at in found]

    return listed


def _compared(sets: list[_Set], found: dict[str, dict[str, FloatArray]]) -> list[Row]:
    rows: list[Row] = []
    for method in found[sets[0].name]:
        row: Row = {"method": method}
        for each in sets:
            values = found[each.name]
            row |= _cells(each, values[method])
            row[f"{each.name} beside recall"] = (
                "" if method == _OWN else _beside(each, values[method] - values[_OWN])
            )
        rows.append(row)
    return rows


def _cells(each: _Set, values: FloatArray) -> Row:
    mean = each.resampled.interval(values)
    return {
        each.name: round(mean.mean, 1),
        f"95 % of {each.name}": f"{mean.low:.1f} … {mean.high:.1f}",
    }


def _beside(each: _Set, differences: FloatArray) -> str:
    """The mean difference, question by question, with its interval."""
    beside = each.resampled.interval(differences)
    return f"{beside.mean:+.1f} ({beside.low:+.1f} … {beside.high:+.1f})"


def _asked(each: _Set, name: str, value: Any) -> FloatArray:
    params = replace(_DEFAULT, **{name: value})
    return each.found(partial(_recalled, each.graph(), params))


def _built(each: _Set, name: str, value: Any) -> FloatArray:
    # So small a set never has a name in more than the least count of passages that may be cut.
    params = replace(DocumentParams(), **({name: value} | _uncounted(name)))
    return each.found(partial(_recalled, each.graph(params), _DEFAULT))


def _uncounted(name: str) -> dict[str, int]:
    return {"count_max": 0} if name == "share_max" else {}


def _cut(each: _Set, name: str, value: Any) -> FloatArray:
    params = replace(DocumentParams(), size=_SHORT, **{name: value})
    return each.found(partial(_recalled, each.graph(params), _DEFAULT))


def _changed(
    sets: list[_Set],
    asked: Callable[[_Set, str, Any], FloatArray],
    name: str,
    values: tuple[Any, ...],
) -> list[Row]:
    """One row a value; the default is marked by its own table on the page."""
    default = getattr(_DEFAULT if asked is _asked else DocumentParams(), name)
    if default not in values:
        raise AssertionError(f"{name}: its default {default} is not among {values}")
    base = {each.name: asked(each, name, default) for each in sets}
    rows: list[Row] = []
    for value in values:
        row: Row = {"value": f"**{value}**" if value == default else f"{value}"}
        for each in sets:
            own = base[each.name] if value == default else asked(each, name, value)
            row[each.name] = round(float(own.mean()), 1)
            row[f"{each.name} beside the default"] = (
                "" if value == default else _beside(each, own - base[each.name])
            )
        rows.append(row)
    return rows


def _build(sets: list[_Set], copies: int) -> Row:
    """Passages a second of processor time, all passages several times under other names."""
    items = [
        {"name": f"{item['name']} {copy}" if copy else item["name"], "text": item["text"]}
        for copy in range(copies)
        for each in sets
        for item in each.items
    ]
    begun = time.process_time()
    graph = Graph.from_documents(items)
    seconds = time.process_time() - begun
    return {
        "passages": len(items),
        "links": graph.link_count,
        "processor seconds": round(seconds, 1),
        "passages an hour of one core": round(3_600 * len(items) / seconds),
    }
