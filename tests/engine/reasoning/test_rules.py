"""Rules over a graph: their least model, refusals with a place and a remedy, and limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import focusmesh as fm
from focusmesh import Graph
from focusmesh.engine.reasoning import QueryLimits, RuleSet
from focusmesh.engine.reasoning.rules.evaluation import steps
from focusmesh.engine.reasoning.rules.evaluation.steps import PART
from focusmesh.errors import BudgetError, InputError, ParameterError, RuleError

CLOSURE = "path(x, y) :- axon(x, y, _). path(x, z) :- path(x, y), axon(y, z, _)."
NODES = range(6)

edges = st.sets(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=14)


def closure(links: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Pairs that a walk of one link or more joins, by squaring until nothing changes."""
    found = set(links)
    while True:
        more = found | {(a, d) for a, b in found for c, d in found if b == c}
        if more == found:
            return found
        found = more


@given(edges)
def test_the_model_is_that_of_the_definition(links: set[tuple[int, int]]) -> None:
    rules = RuleSet(
        """.decl edge(x: number, y: number)
        path(x, y) :- edge(x, y).
        path(x, z) :- path(x, y), path(y, z).
        node(x) :- edge(x, _). node(y) :- edge(_, y).
        apart(x, y) :- node(x), node(y), !path(x, y).
        reached(x, n) :- node(x), n = count : path(x, _).
        last(x, m) :- node(x), m = max y : path(x, y)."""
    )
    found = {name: set(rows.ranks) for name, rows in rules.evaluate({"edge": links}).items()}
    paths, nodes = closure(links), {node for link in links for node in link}
    assert found["path"] == paths
    assert found["apart"] == {(a, b) for a in nodes for b in nodes} - paths
    ends = {node: [b for a, b in paths if a == node] for node in nodes}
    assert found["reached"] == {(node, len(there)) for node, there in ends.items()}
    assert found["last"] == {(node, max(there)) for node, there in ends.items() if there}


def test_a_view_follows_its_graph() -> None:
    graph = fm.Graph.from_edges([("a", "b"), ("b", "c")])
    view = graph.rules(CLOSURE)
    assert set(view["path"]) == {("a", "b"), ("b", "c"), ("a", "c")}
    graph.link("c", "d")
    assert ("a", "d") in view["path"]
    graph.unlink("a", "b")
    assert set(view["path"]) == {("b", "c"), ("c", "d"), ("b", "d")}
    with pytest.raises(
        InputError,
        match="no relation is named way; there are: particle, name, text, link, axon, property, label, path",
    ):
        view["way"]


def test_links_have_relations_authors_and_times() -> None:
    graph = fm.Graph.from_edges([("a", "b", 2.0, "cites", "ann", 5), ("b", "a", 1.0, "", "", 0)])
    view = graph.rules("said(r, a, t, w) :- link(_, _, r, a, w, t), t > 0. n(s) :- name(_, s).")
    assert view["said"] == [("cites", "ann", 5, 2.0)]
    assert set(view["n"]) == {("a",), ("b",)}


REFUSED = [
    ("p(x, y) :- axon(x, _, _).", "1:6: y is not bound: add a positive atom with y"),
    ("p(x) :- axon(x, _, _), !p(x).", "p → p"),
    ("p(x) :- axon(x, y).", "axon has 3 columns; 2 terms are given"),
    ("p(x) :- axom(x, _, _).", "no relation is named axom: did you mean axon?"),
    ("p(x) :- axon(x, _, _), x = .", "a term is expected here"),
    ("p(x) :- name(x, s), s > 3.", "a symbol is compared with a number"),
    ("p(x) :- name(x, s), axon(_, s, _).", "s is a particle here and a symbol at 1:17"),
    ("axon(1, 2, 3.0).", "axon is given: derive another relation"),
    (".comp C { }", "components are not part"),
    ('.decl p(x: symbol) .input p(filename="/etc/passwd")', "the file directive filename"),
    ("p(x) :- @focos(x, s, b).", "no operator is named @focos; did you mean @focus"),
    ("p(x) :- @components[k=3](x, _).", "no argument 'k'; it has: none"),
    ("p(x) :- @distances(x, _).", "needs seeds: write @distances"),
    ("p(x) :- @distances[seeds=seed](x, _).", "no relation is named seed: declare it, or write"),
    ("p(x) :- @distances[seeds=axon](x, _).", "a relation of one column, and axon has 3"),
    ('p(x) :- @distances[seeds="a", by=particle](x, _).', "by is one of hops, weight, inverse"),
    (
        'p(x) :- @shortest_path[source=particle, target="a"](_, x).',
        "source is a particle: write it",
    ),
    ('p(x) :- @distances[seeds="a"](x).', "has 2 columns; 1 terms are given"),
    ('p(x) :- @distances[seeds="a"](x, y), y = "far".', "y is a symbol here and a float at"),
    (
        "p(x) :- @distances[seeds=p](x, _).",
        "a cycle goes through a negation, an aggregate or an operator: @distances[seeds=p] → p",
    ),
    ("p(" + "(" * 300 + "1" + ")" * 300 + ").", "deeper than 200"),
    ("p(1). " * 20_000, "longer than 64 KiB"),
    ("n(9223372036854775807). n(x + 1) :- n(x).", "does not fit in 64 bits"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED, ids=range(len(REFUSED)))
def test_bad_rules_are_told_their_place_and_a_remedy(text: str, words: str) -> None:
    graph = fm.Graph.from_edges([("a", "b")])
    with pytest.raises(RuleError) as caught:
        graph.rules(text)["n"]
    assert words in str(caught.value)
    assert caught.value.line == 1


def test_a_caret_shows_the_place() -> None:
    with pytest.raises(RuleError) as caught:
        RuleSet("q(1).\np(x) :- q(x), x ~ 1.")
    assert str(caught.value).splitlines()[1:] == ["  p(x) :- q(x), x ~ 1.", " " * 18 + "^"]


@given(st.text(alphabet='pqxy(),.:-!;{}_ "1=<>@[]+*', max_size=40))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    line = 1
    try:
        RuleSet(text)
    except RuleError as error:
        line = error.line
    assert 1 <= line <= text.count("\n") + 1


LIMITS = [
    (QueryLimits(inferences=1_000), "inferences"),
    (QueryLimits(rows=1_000), "rows"),
    (QueryLimits(memory_bytes=100_000), "memory_bytes"),
    (QueryLimits(seconds=0.001, rows=10**7), "seconds"),
]


@pytest.mark.parametrize(("limits", "limit"), LIMITS, ids=[limit for _, limit in LIMITS])
def test_endless_arithmetic_ends_at_each_limit(limits: QueryLimits, limit: str) -> None:
    with pytest.raises(BudgetError, match=r"the rule of n in line 1 .*ask for less") as caught:
        RuleSet("n(0). n(x + 1) :- n(x).").evaluate(limits=limits)
    assert caught.value.limit == limit


def test_a_limit_is_positive() -> None:
    with pytest.raises(ParameterError, match="rows > 0"):
        RuleSet("n(0).").evaluate(limits=QueryLimits(rows=0))


def test_sums_are_exact() -> None:
    rules = RuleSet(".decl v(i: number, x: float) s(t) :- t = sum x : v(_, x).")
    values = [(0, 1e16), (1, 1.0), (2, -1e16)]
    assert list(rules.evaluate({"v": values})["s"].ranks) == [(1.0,)]


def test_a_product_of_two_hubs_ends_at_its_limit_part_by_part() -> None:
    """Four million rows would come of a join of 2,000 by 2,000; few of them are made before the limit is met."""
    rules = RuleSet(
        """.decl l(x: number, y: number) .decl r(y: number, z: number)
        both(x, z) :- l(x, y), r(y, z)."""
    )
    facts = {"l": [(at, 0) for at in range(2_000)], "r": [(0, at) for at in range(2_000)]}
    stopped = rules.model(facts, QueryLimits(rows=100_000), partial=True).stopped
    told = int(str(stopped).partition("so far ")[2].partition(" rows")[0].replace(",", ""))
    assert 100_000 < told <= 100_000 + PART


@pytest.mark.parametrize("part", [1, 3, 65_536])
def test_parts_change_no_row(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "PART", part)
    rules = RuleSet(
        """.decl e(x: number, y: number)
        two(x, z) :- e(x, y), e(y, z). any(x, v) :- e(x, _), e(_, v). same(x) :- e(x, x).
        twice(x, y) :- e(x, y), e(y, y)."""
    )
    links = [(at, at * at % 7) for at in range(7)] + [(0, 3), (3, 3)]
    found = rules.evaluate({"e": links})
    assert set(found["two"].ranks) == {(a, d) for a, b in links for c, d in links if b == c}
    assert set(found["any"].ranks) == {(a, d) for a, _ in links for _, d in links}
    assert set(found["twice"].ranks) == {(a, b) for a, b in links if (b, b) in links}


@pytest.mark.parametrize(
    "body",
    ['particle(p), p = "app"', 'p = "app", particle(p)', 'particle(p), "app" = p'],
)
def test_a_particle_is_compared_with_its_name(body: str) -> None:
    graph = Graph.from_edges([("app", "web"), ("web", "http")])
    assert list(graph.rules(f"is_app(p) :- {body}.")["is_app"]) == [("app",)]
    numbered = Graph.from_edges([(1, 3), (3, 2)])
    assert list(numbered.rules("three(p) :- particle(p), p = 3.")["three"]) == [(3,)]
