"""Rules under insertion and deletion: after every change the model is that of an evaluation from nothing."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import focusmesh as fm
from focusmesh.engine.reasoning import QueryLimits, RuleSet
from focusmesh.engine.reasoning.relations import Meter
from focusmesh.engine.reasoning.rules import graph_relations, graph_rows
from focusmesh.engine.reasoning.rules.evaluation import Stratum, groups, maintenance
from focusmesh.errors import BudgetError, FocusmeshError, InputError, RuleError
from tests.conftest import SOAK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.reasoning.rules.evaluation.model import RuleModel
    from focusmesh.engine.reasoning.rules.evaluation.stratum import Derivation
    from focusmesh.engine.reasoning.rules.meaning import GroupLiteral

Script = list[list[tuple[str, tuple[int, ...]]]]

RULES = RuleSet(
    """.decl edge(x: number, y: number)
    .decl mark(x: number)
    path(x, y) :- edge(x, y).
    path(x, z) :- path(x, y), path(y, z).
    node(x) :- edge(x, _). node(y) :- edge(_, y).
    apart(x, y) :- node(x), node(y), !path(x, y).
    lonely(x) :- mark(x), !edge(x, _).
    kept(x) :- mark(x), !lonely(x).
    kept(y) :- kept(x), edge(x, y), !mark(y).
    reached(x, n) :- node(x), n = count : path(x, _).
    p(x) :- mark(x), edge(x, x). p(x) :- q(x).
    q(x) :- p(x), mark(x). q(x) :- edge(x, 3). q(1).
    next(x + 1) :- kept(x), x < 5."""
)
NODES = st.integers(0, 5)
TOGGLES = st.one_of(
    st.tuples(st.just("edge"), st.tuples(NODES, NODES)),
    st.tuples(st.just("mark"), st.tuples(NODES)),
)
SCRIPTS = st.lists(st.lists(TOGGLES, min_size=1, max_size=4), min_size=1, max_size=12)
LIMITS = QueryLimits()


def toggled(model: RuleModel, batch: list[tuple[str, tuple[int, ...]]]) -> None:
    """Rows that are there go, the others come, all at once; what is told of it is what happens."""
    before = {name: set(rows.ranks) for name, rows in model.relations.items()}
    came: dict[str, set[tuple[int, ...]]] = defaultdict(set)
    went: dict[str, set[tuple[int, ...]]] = defaultdict(set)
    for name, row in batch:
        (went if row in before[name] else came)[name].add(row)
    changes = model.update(came, went, Meter(LIMITS))
    for name, rows in model.relations.items():
        now = set(rows.ranks)
        told_came, told_went = changes.get(name, ({}, {}))
        assert set(told_came) == now - before[name]
        assert set(told_went) == before[name] - now


def followed(script: Script) -> None:
    model = RULES.model({"edge": [], "mark": []})
    for batch in script:
        toggled(model, batch)
        facts = {name: list(model.relations[name].ranks) for name in ("edge", "mark")}
        fresh = RULES.evaluate(facts)
        assert {n: set(r.ranks) for n, r in model.relations.items()} == {
            n: set(r.ranks) for n, r in fresh.items()
        }
        model.verify(Meter(LIMITS))


@given(SCRIPTS)
@settings(max_examples=5_000 if SOAK else 60)
def test_after_any_change_it_is_the_least_model(script: Script) -> None:
    followed(script)


@given(SCRIPTS)
@settings(max_examples=1_000 if SOAK else 15)
def test_working_a_stratum_out_anew_gives_the_same(script: Script) -> None:
    with patch.object(maintenance, "DISPLACED_FEW", 0), patch.object(maintenance, "RANKS_FEW", 0):
        followed(script)


CYCLE: Script = [
    [("edge", (0, 1))],
    [("edge", (1, 2)), ("edge", (2, 1))],
    [("edge", (0, 1))],
]


def test_a_cycle_does_not_hold_itself_up() -> None:
    """1 → 2 → 1 stays reachable from 0 by itself, once 0 → 1 has gone."""
    followed(CYCLE)


def test_twin_without_the_test_of_ranks_it_would() -> None:
    ways = Stratum.ways

    def unranked(self: Stratum, rule: object, rows: object) -> Iterator[Derivation]:
        for found in ways(self, rule, rows):  # type: ignore[arg-type]
            yield found._replace(rank=0)

    with patch.object(Stratum, "ways", unranked), pytest.raises((AssertionError, FocusmeshError)):
        followed(CYCLE)


GROUPS = RuleSet(
    """.decl edge(x: number, y: number)
    .decl mark(x: number)
    .decl weigh(x: number, w: float)
    path(x, y) :- edge(x, y). path(x, z) :- path(x, y), edge(y, z).
    node(x) :- edge(x, _). node(y) :- edge(_, y).
    reached(x, n) :- node(x), n = count : path(x, _).
    twice(x, n) :- mark(x), n = count : { edge(x, y), edge(y, _), !mark(y) }.
    ends(x, n) :- node(x), n = sum z * 2 : { edge(x, z), !edge(z, _) }.
    after(x, n) :- mark(x), n = count : { edge(y, _), x = y + 1 }.
    above(x, n) :- mark(x), n = count : { edge(_, y), y > x }.
    least(x, m) :- node(x), m = min y : path(x, y). most(m) :- m = max y : { edge(_, y), !mark(y) }.
    weight(x, s) :- mark(x), s = sum w : { edge(x, y), weigh(y, w) }.
    middle(x, s) :- node(x), s = mean w : weigh(x, w).
    same(x) :- node(x), reached(x, n), n = count : edge(x, _).
    sized(n, k) :- reached(_, n), k = count : reached(_, n), k > 1.
    deep(x, n) :- mark(x), n = count : { edge(x, y), 1 < count : edge(y, _) }.
    grown(x, n) :- same(x), n = count : edge(x, _). grown(y, n) :- grown(x, n), edge(x, y), 0 < count : edge(y, _)."""
)
GROUP_TOGGLES = st.one_of(
    TOGGLES,
    st.tuples(
        st.just("weigh"), st.tuples(NODES, st.sampled_from([0.1, 1e16, -1e16, 0.2, 3.0, 1e-300]))
    ),
)


def regrouped(script: Script) -> None:
    names = "edge", "mark", "weigh"
    model = GROUPS.model({name: [] for name in names})
    for batch in script:
        toggled(model, batch)
        facts = {name: list(model.relations[name].ranks) for name in names}
        for name, fresh in GROUPS.evaluate(facts).items():
            assert set(model.relations[name].ranks) == set(fresh.ranks), name
        if len(batch) == 1:  # not each time: a check lets go of all totals
            model.verify(Meter(LIMITS))


@given(st.lists(st.lists(GROUP_TOGGLES, min_size=1, max_size=4), min_size=1, max_size=12))
@settings(max_examples=3_000 if SOAK else 40, deadline=None)
def test_aggregates_come_to_what_they_would_from_nothing(script: Script) -> None:
    regrouped(script)


SHARES: Script = [
    [("edge", (1, 2)), ("edge", (1, 3)), ("mark", (1,))],
    [("edge", (1, 4))],
    [("edge", (1, 2))],
    [("edge", (1, 4))],
    [("edge", (1, 3))],
]


def test_only_groups_that_a_change_touches_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """No stratum is worked out anew, and a group that was read once is not read again for its count and sum."""
    rules = RuleSet(
        """.decl edge(x: number, y: number) .decl mark(x: number)
        has(x, n, s, m) :- mark(x), n = count : edge(x, _), s = sum y : edge(x, y), m = min y : edge(x, y)."""
    )
    model = rules.model({"edge": [], "mark": []})
    monkeypatch.setattr(maintenance.Maintenance, "_renew", None)
    toggled(model, SHARES[0])
    found = [next(iter(model.relations["has"].ranks))]
    read = list[str]()

    def noted(literal: GroupLiteral, values: list[Any]) -> groups.Total:
        read.append(literal.kind)
        return total_of(literal, values)

    total_of = groups.total_of
    for batch in SHARES[1:]:
        toggled(model, batch)
        found += model.relations["has"].ranks
        monkeypatch.setattr(groups, "total_of", noted)
    assert found == [(1, 2, 5, 2), (1, 3, 9, 2), (1, 2, 7, 3), (1, 1, 3, 3)]
    assert read == ["min", "min"], "the least value went twice"
    model.verify(Meter(LIMITS))


def test_an_error_in_a_group_that_nobody_asks_for_is_none() -> None:
    rules = RuleSet(
        """.decl edge(x: number, y: number) .decl mark(x: number)
        shared(x, s) :- mark(x), s = sum 12 / y : edge(x, y)."""
    )
    model = rules.model({"edge": [(1, 3)], "mark": [(1,)]})
    toggled(model, [("edge", (2, 0)), ("edge", (1, 4))])
    assert set(model.relations["shared"].ranks) == {(1, 7)}
    with pytest.raises(RuleError, match="division by zero"):
        toggled(model, [("mark", (2,))])


def test_a_sum_of_no_floats_is_that_of_an_evaluation() -> None:
    rules = RuleSet(
        """.decl weigh(x: number, w: float) .decl mark(x: number)
        total(x, s) :- mark(x), s = sum w : weigh(x, w)."""
    )
    rows: list[tuple[int, float]] = [(1, 1e16), (1, 1.0), (1, -1e16)]
    model = rules.model({"weigh": [], "mark": [(1,)]})
    for came, went in [(rows, []), ([], rows[:1]), ([], rows[1:]), (rows[:1], []), ([], rows)]:
        model.update({"weigh": came}, {"weigh": went}, Meter(LIMITS))
        facts = {name: list(model.relations[name].ranks) for name in ("weigh", "mark")}
        fresh = rules.evaluate(facts)["total"].ranks
        assert repr([*model.relations["total"].ranks]) == repr([*fresh])


def test_twin_without_what_went_totals_are_wrong() -> None:
    after = groups.CountTotal.after
    with (
        patch.object(groups.CountTotal, "after", lambda self, went, came: after(self, (), came)),
        pytest.raises((AssertionError, FocusmeshError)),
    ):
        regrouped(SHARES)


def test_verify_finds_a_row_too_many_and_one_too_few() -> None:
    for change in ("too many", "too few"):
        model = RULES.model({"edge": [(0, 1), (1, 2)], "mark": []})
        if change == "too many":
            model.relations["path"].restore({(2, 0): 1})
        else:
            model.relations["path"].remove([(0, 2)])
        with pytest.raises(FocusmeshError, match=r"path\("):
            model.verify(Meter(LIMITS))


def test_ranks_are_made_least_again() -> None:
    """p and q hold each other up in turn, so that each cycle of these four changes would raise their ranks."""
    rules = RuleSet(
        ".decl a(x: number) .decl b(x: number) p(x) :- a(x). p(x) :- q(x). q(x) :- b(x). q(x) :- p(x)."
    )
    model = rules.model({"a": [(1,)], "b": []})
    for _ in range(200):
        for came, went in (("b", "a"), ("a", "b")):
            model.update({came: [(1,)]}, {}, Meter(LIMITS))
            model.update({}, {went: [(1,)]}, Meter(LIMITS))
    assert set(model.relations["q"].ranks) == {(1,)}
    assert max(model.relations["q"].ranks.values()) <= 4 * maintenance.RANKS_FEW + 2
    model.verify(Meter(LIMITS))


def test_a_view_tells_what_came_and_went() -> None:
    graph = fm.Graph.from_edges([("a", "b"), ("b", "c")])
    view = graph.rules("path(x, y) :- axon(x, y, _). path(x, z) :- path(x, y), axon(y, z, _).")
    first = view.changes()
    assert first.is_whole
    assert set(first.came["path"]) == {("a", "b"), ("b", "c"), ("a", "c")}
    graph.link("c", "d")
    graph.unlink("a", "b")
    came, went, is_whole = view.changes()
    assert not is_whole
    assert set(came["path"]) == {("c", "d"), ("b", "d")}
    assert set(went["path"]) == {("a", "b"), ("a", "c")}
    graph.link("z", "y")
    graph.unlink("z", "y")
    assert view.changes() == ({}, {}, False)
    view.verify()


def test_a_view_that_a_limit_broke_off_begins_anew() -> None:
    graph = fm.Graph.from_edges([("a", "b")])
    text = "path(x, y) :- axon(x, y, _). path(x, z) :- path(x, y), axon(y, z, _)."
    view = graph.rules(text, limits=QueryLimits(rows=40))
    view.changes()
    graph.update((f"n{at}", f"n{at + 1}", 1.0) for at in range(20))
    with pytest.raises(BudgetError):
        view.changes()
    for at in range(1, 20):
        graph.unlink(f"n{at}", f"n{at + 1}")
    assert view.changes() == ({"path": [("a", "b"), ("n0", "n1")]}, {}, True)


EVERYTHING = """p(x) :- particle(x). n(x, s) :- name(x, s). t(x, s) :- text(x, s).
a(x, y, w) :- axon(x, y, w). l(x, y, r, u, w, t) :- link(x, y, r, u, w, t)."""
ENDS = st.sampled_from("abcdef")
WEIGHTS = st.sampled_from([0.0, 0.1, 1.0, 2.5])
EDITS = st.one_of(
    st.tuples(
        st.just("link"),
        ENDS,
        ENDS,
        WEIGHTS,
        st.sampled_from(["", "cites"]),
        st.sampled_from([None, 0, 7]),
    ),
    st.tuples(st.just("unlink"), ENDS, ENDS),
    st.tuples(st.just("text"), ENDS, st.sampled_from(["", "some", "other"])),
)


@given(
    st.lists(st.tuples(ENDS, ENDS), max_size=6),
    st.lists(st.lists(EDITS, max_size=4), max_size=6),
    st.booleans(),
)
@settings(max_examples=2_000 if SOAK else 60)
def test_a_view_of_an_edited_graph_has_the_rows_of_that_graph(
    edges: list[tuple[str, str]], batches: list[list[tuple[Any, ...]]], labelled: bool
) -> None:
    """Whatever is edited, between two looks or in one go: rows that edits bring are those of a whole reading."""
    graph = fm.Graph.from_edges([(*edge, 1.0, "cites") for edge in edges] if labelled else edges)
    view = graph.rules(EVERYTHING)
    names = {"p": "particle", "n": "name", "t": "text", "a": "axon", "l": "link"}
    for batch in [[], *batches]:
        for edit in batch:
            edited(graph, edit)
        for relation, base in names.items():
            assert set(view[relation]) == set(graph_rows(graph.snapshot(), base))
        view.verify()


def edited(graph: fm.Graph, edit: tuple[Any, ...]) -> None:
    if edit[0] == "link":
        _, source, target, weight, relation, time = edit
        graph.link(source, target, weight, relation=relation, time=time)
    elif edit[0] == "unlink":
        with suppress(InputError):  # there is no such link, or no such particle
            graph.unlink(*edit[1:])
    elif edit[0] == "text" and edit[1] in graph.particles:
        graph.set_text(*edit[1:])


def test_an_edit_is_read_and_not_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = fm.Graph.from_edges([("a", "b"), ("b", "c")])
    view = graph.rules("p(x, y) :- axon(x, y, _).")
    assert len(view["p"]) == 2
    monkeypatch.setattr(graph_relations, "graph_rows", None)
    graph.link("c", "d")
    assert len(view["p"]) == 3


@pytest.mark.parametrize(
    "text",
    [
        "n(x, y) :- axon(x, y, _). n(x, z) :- n(x, y), n(y, z).",
        "n(x, k) :- particle(x), k = count : axon(x, _, _).",
    ],
)
def test_rows_that_an_update_works_out_anew_count_once(text: str) -> None:
    graph = fm.Graph.from_edges([(at, at + 1) for at in range(40)])
    most = graph.rules(text).count("n")
    view = graph.rules(text, limits=QueryLimits(rows=most))
    assert view.count("n") == most
    graph.unlink(20, 21)
    view.count("n")
    graph.link(20, 21)
    assert view.count("n") == most
    view.verify()
