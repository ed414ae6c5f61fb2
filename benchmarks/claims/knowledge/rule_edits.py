"""Edits of rules: whether their time stays as it is while links grow in number, and after many edits."""

from __future__ import annotations

import random
import statistics
import time
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Row
from focusmesh import QueryLimits, RuleSet
from focusmesh.engine.reasoning import Meter

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh import Graph

Links = list[tuple[int, int]]

STRATA = """above(x, y) :- link(x, y, "hypernym", _, _, _).
above(x, z) :- above(x, y), link(y, z, "hypernym", _, _, _).
root(x) :- above(_, x), !above(x, _).
below(x, n) :- root(x), n = count : above(_, x)."""
PROGRAMS = {
    "ancestors in a forest": ".decl e(x: number, y: number) "
    "t(x, y) :- e(x, y). t(x, z) :- t(x, y), e(y, z).",
    "three joins of random links": ".decl e(x: number, y: number) "
    "t(x, u) :- e(x, y), e(y, z), e(z, u).",
}
CHILDREN = 8
"""Of each node of a forest."""


def strata_row(graph: Graph, chance: random.Random, count: int) -> Row:
    """Hypernyms, what has none (a negation) and how many lie below it (a count): a hypernym goes and comes back."""
    view = graph.rules(STRATA)
    links = [(x, y) for x, y, r, *_ in view["link"] if r == "hypernym"]
    view.changes()
    came, went = list[float](), list[float]()
    for at, (source, target) in enumerate(chance.sample(links, count)):
        for taken, edit in ((went, graph.unlink), (came, graph.link)):
            edit(source, target, relation="hypernym")
            begun = time.perf_counter()
            view.changes()
            if at:  # the first one makes rows of columns
                taken.append(time.perf_counter() - begun)
    view.verify()
    return {
        "of": "three strata over WordNet's hypernyms",
        "a link goes, p50": statistics.median(went) * 1e3,
        "its mean": statistics.fmean(went) * 1e3,
        "a link comes, p50": statistics.median(came) * 1e3,
        "mean": statistics.fmean(came) * 1e3,
    }


def growth_rows(sizes: list[int], edits: int) -> list[Row]:
    """The p50 of an edit by the number of links."""
    rows = list[Row]()
    for what in PROGRAMS:
        for size in sizes:
            taken = _taken(what, size, edits)
            rows.append({"of": what, "links": size, "an edit, p50": statistics.median(taken) * 1e3})
    return rows


def age_rows(size: int, edits: int) -> list[Row]:
    """The p50 of the first thousand of many edits, and of the last."""
    rows = list[Row]()
    for what in PROGRAMS:
        taken = _taken(what, size, edits)
        rows.append(
            {
                "of": what,
                "links": size,
                "edits": edits,
                "the first 1,000, p50": statistics.median(taken[:1_000]) * 1e3,
                "the last 1,000, p50": statistics.median(taken[-1_000:]) * 1e3,
            }
        )
    return rows


def _taken(what: str, size: int, edits: int) -> list[float]:
    """Seconds of edits in turn: a link goes, and it or another one comes."""
    chance = random.Random(size)
    links = _forest(size) if "forest" in what else _random(size, chance)
    model = RuleSet(PROGRAMS[what]).model({"e": links})

    def toggle(came: Links, went: Links) -> None:
        model.update({"e": came}, {"e": went}, Meter(QueryLimits()))

    taken, draw = list[float](), _draw(what, size, chance)
    toggle([], links[:1])
    toggle(links[:1], [])
    while len(taken) < edits:
        at = chance.randrange(len(links))
        old, links[at] = links[at], draw(links[at])
        for came, went in ((Links(), [old]), ([links[at]], Links())):
            begun = time.perf_counter()
            toggle(came, went)
            taken.append(time.perf_counter() - begun)
    return taken


def _draw(what: str, size: int, chance: random.Random) -> Callable[[tuple[int, int]], Any]:
    if "forest" in what:
        return lambda link: link
    return lambda link: (link[0], chance.randrange(size))


def _forest(size: int) -> Links:
    return [(at, at // CHILDREN) for at in range(1, size + 1)]


def _random(size: int, chance: random.Random) -> Links:
    return [(at, chance.randrange(size)) for at in range(size)]
