"""Programs of rules, evaluated under little of everything, edited below, and goals that ask the same."""

from __future__ import annotations

from typing import Any

from focusmesh import Graph
from focusmesh.engine.reasoning import QueryLimits, RuleSet, RuleView, graph_rules
from focusmesh.errors import BudgetError, FocusmeshError, RuleError
from tests.fuzz.cost import Cost
from tests.fuzz.target import Target

LINKS = [
    ("a", "b", 1.0, "on", "ann", 5),
    ("b", "c", 2.0, "on", "bob", 7),
    ("c", "d", 1.0, "by", "ann", 9),
    ("d", "b", 0.5, "on", "ann", 2),
]
LIMITS = QueryLimits(seconds=2, memory_bytes=1 << 20, rows=400, inferences=20_000)


def check(data: bytes) -> bool:
    try:
        rules = graph_rules(data.decode())
        rules.verify_alone(patterns=False)
    except UnicodeDecodeError:
        return False
    except RuleError as error:
        refused = error
    else:
        return _evaluated(rules)
    assert min(refused.line, refused.column) >= 1
    assert str(refused).startswith(f"{refused.line}:{refused.column}: ")
    return False


def _evaluated(rules: RuleSet) -> bool:
    """Whether the rules could be evaluated; then they follow an edit as if they were evaluated after it."""
    graph = Graph.from_edges(LINKS)
    view = RuleView(graph, rules, limits=LIMITS)
    try:
        _rows(view)
        graph.link("d", "e")
        graph.unlink("b", "c")
        after = _rows(view)
    except FocusmeshError:
        return False
    try:
        view.verify()
        assert after == _rows(RuleView(graph, rules, limits=LIMITS))
    except BudgetError:
        return False
    return True


def _rows(view: RuleView) -> dict[str, set[tuple[Any, ...]]]:
    return {name: set(view[name]) for name in view.rules.heads}


def seeds() -> list[bytes]:
    programs = (
        'path(x, y) :- axon(x, y, _).\npath(x, z) :- path(x, y), axon(y, z, _).\n?- path("a", y).',
        "far(x, n) :- particle(x), n = count : { axon(x, _, _) }, n > 0, !axon(_, x, _).",
        '.decl w(x: particle, y: float)\nw(x, y) :- link(x, _, "on", a, y, t), a != "bob", t + 1 < 9; axon(x, x, y).',
        "tri(x, y, z) :- axon(x, y, _), axon(y, z, _), axon(z, x, _).",
        "top(p) :- @focus[tolerance=0.001](p, s, b), s > 0.1.\nnear(p, d) :- @distances[seeds=top](p, d).",
        's(x, t) :- name(x, n), t = cat(n, "!"), strlen(t) < 9. m(y) :- y = max w : link(_, _, _, _, w, _).',
        'own(p, v) :- property(p, "size", v), v > 2. kind(p) :- label(p, "city").',
    )
    return [program.encode() for program in programs]


TARGET = Target(check, seeds, cost=Cost(memory=1 << 24, memory_a_byte=512, seconds=12.0))
