"""Relations whose rows lie in columns: after any edits they are what relations of rows are, and few rows are made."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import focusmesh as fm
from focusmesh.engine.links import edits
from focusmesh.engine.reasoning import Meter, QueryLimits
from focusmesh.engine.reasoning.relations import (
    ArrayRows,
    ColumnIndex,
    ColumnRelation,
    Dictionary,
    Relation,
    column_relation,
)
from focusmesh.engine.reasoning.rules.evaluation import stratum

TYPES = ("number", "symbol", "float")
VALUES = st.tuples(st.integers(0, 3), st.sampled_from("ab"), st.sampled_from([0.5, 1.0]))
EDITS = st.lists(st.lists(VALUES, max_size=4), max_size=8)
COLUMNS = [(0,), (1,), (0, 1), (1, 0), (2, 0), (0, 1, 2), (0, 0)]


def both(rows: list[tuple[Any, ...]]) -> tuple[Relation, ColumnRelation, Dictionary]:
    """The rows as they are, and as columns."""
    dictionary, plain = Dictionary(), Relation("r", TYPES)
    plain.put(rows, 0)
    columns = tuple(dictionary.columns(TYPES, rows))
    given = ArrayRows(dictionary, columns, np.zeros(len(rows), dtype=np.int32))
    return plain, ColumnRelation("r", TYPES, given), dictionary


@settings(deadline=None)
@given(st.sets(VALUES, max_size=12), EDITS, st.sampled_from([0, 4_096]))
def test_after_any_edits_it_is_as_a_relation_of_rows(
    rows: set[tuple[Any, ...]], batches: list[list[tuple[Any, ...]]], few: int
) -> None:
    plain, columns, dictionary = both(sorted(rows))
    with pytest.MonkeyPatch.context() as patch:
        # Rows of all are made after the first look-up, or never.
        patch.setattr(column_relation, "_ASKED_FEW", few)
        patch.setattr(column_relation, "_ASKED_SHARE", 1)
        for edit in batches:
            for row in edit:
                assert (row in columns.members) == (row in plain.members)
            for asked in COLUMNS:
                index, known = columns.index(asked), plain.index(asked)
                for row in edit:
                    value = tuple(row[at] for at in asked) if len(asked) > 1 else row[asked[0]]
                    assert set(index.get(value, ())) == set(known.get(value, ()))
                    assert (value in index) == (value in known)
            went = [row for row in dict.fromkeys(edit) if row in plain.ranks]
            came = {row: 0 for row in edit if row not in plain.ranks}
            for relation in (plain, columns):
                assert relation.remove(edit) == dict.fromkeys(went, 0)
                relation.restore(came)
            assert len(columns) == len(plain)
            for at in range(3):
                found = columns.column(at, dictionary).tolist()
                assert sorted(dictionary.values[place] for place in found) == sorted(
                    row[at] for row in plain.ranks
                )
    assert columns.ranks == plain.ranks


def test_a_look_up_makes_the_rows_of_its_value_alone() -> None:
    rows = [(at, "ab"[at % 2], 1.0) for at in range(1_000)]
    _, columns, _ = both(rows)
    index = columns.index((0,))
    assert isinstance(index, ColumnIndex)
    assert [*index.get(7, ())] == [(7, "b", 1.0)]
    assert index.get(5_000, None) is None
    assert len(index) == 1
    assert (9, "b", 1.0) in columns.members
    assert columns.first(2) == rows[:2]
    assert columns.rank((3, "b", 1.0)) == 0
    with pytest.raises(KeyError):
        columns.rank((3, "a", 1.0))


def test_values_that_a_column_brings_have_room_in_keys() -> None:
    """Keys are as wide as places are after the columns were read: there are more weights than particles."""
    edges = [
        (f"n{at % 100}", f"n{at // 100}", 1 + at / 9_000, "is", "c", at) for at in range(9_000)
    ]
    text = """.decl asked(x: particle, y: particle, r: symbol, w: float, t: number)
    found(x, y, u) :- asked(x, y, r, w, t), link(x, y, r, _, w, t), u = w + 1."""
    asked = [(source, target, "is", weight, at) for source, target, weight, _, _, at in edges]
    graph = fm.Graph.from_edges(edges)
    assert graph.rules(text, facts={"asked": asked[:1_000]}).count("found") == 1_000


ABOVE = """above(x, y) :- link(x, y, "is", _, _, _). above(x, y) :- link(y, x, "has", _, _, _).
above(x, z) :- above(x, y), link(y, z, "is", _, _, _). above(x, z) :- above(x, y), link(y, z, "in", "c", _, _).
loop(x) :- above(x, x). other(x, y) :- link(x, y, _, _, _, _), !above(x, y)."""


@pytest.mark.parametrize("seed", range(12))
def test_views_of_links_follow_edits_without_rows(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stratum, "SEARCHED_FROM", 0)
    chance = Random(seed)

    def link() -> tuple[Any, ...]:
        ends = chance.choice("abcdefg"), chance.choice("abcdefg")
        return (*ends, 1.0, chance.choice(["is", "has", "in"]), chance.choice(["c", "d"]))

    graph = fm.Graph.from_edges([link() for _ in range(14)])
    graph.link("a", "b", relation="is", author="c", time=5)
    view = graph.rules(ABOVE)
    view.changes()
    for step in range(10):
        for _ in range(chance.choice([1, 1, 3])):
            source, target, _, relation, author = link()
            there = {source, target} <= {*graph.particles}
            if there and graph.between(source, target) and chance.random() < 0.7:
                graph.unlink(source, target)
            else:
                graph.link(source, target, relation=relation, author=author)
        fresh = graph.rules(ABOVE)
        for name in ("above", "loop", "other"):
            assert set(view[name]) == set(fresh[name])
        if step % 4 == 3:
            view.verify()
    assert view._model is not None
    view._model.verify(Meter(QueryLimits()))


FOLLOWED = """pair(x, y) :- link(x, y, _, _, _, _), particle(y). other(x, y) :- link(x, y, _, "c", w, _), w > 1.
    lonely(x) :- particle(x), !link(x, _, _, _, _, _). named(x, s) :- name(x, s), lonely(x).
    above(x, y) :- link(x, y, "is", _, _, _). above(x, z) :- above(x, y), link(y, z, "is", _, _, _)."""


@pytest.mark.parametrize("seed", range(16))
def test_views_follow_edits_that_are_not_merged(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Random(seed)
    monkeypatch.setattr(stratum, "SEARCHED_FROM", chance.choice([0, 2_048]))
    monkeypatch.setattr(edits, "_HISTORY_MAX", chance.choice([2, 4_096]))
    graph = fm.Graph.from_edges([("a", "b", 1.0, "is", "c"), ("b", "c", 2.0, "is", "d")])
    view = graph.rules(FOLLOWED)
    told = {name: set(rows) for name, rows in view.changes().came.items()}
    for _ in range(30):
        source, target = chance.choice("abcdefg"), chance.choice("abcdefg")
        there = {source, target} <= {
            *graph._store._current[1].added,
            *graph._store._current[0].particles,
        }
        if there and graph.between(source, target) and chance.random() < 0.6:
            graph.unlink(source, target)
        elif chance.random() < 0.1:
            graph.set_text(source, "a text")
        else:
            graph.link(source, target, 1, relation=chance.choice(["is", "in"]), author="c")
        if chance.random() < 0.15:
            graph.snapshot()  # somebody ranks it
        if chance.random() < 0.6:
            (base, waiting), seen = graph._store._current, view._seen
            changes = view.changes()
            if seen is base and max(len(waiting.history), len(waiting.added)) <= 2:
                assert graph._store._current[1] is waiting  # nothing was merged for it
            for name in {*told, *changes.came, *changes.went}:
                assert not changes.is_whole
                rows = told.setdefault(name, set())
                assert not rows & {*changes.came.get(name, ())}
                rows |= {*changes.came.get(name, ())}
                assert rows >= {*changes.went.get(name, ())}
                rows -= {*changes.went.get(name, ())}
        if chance.random() < 0.2:
            view.changes()
            told = {name: set(view[name]) for name in view.relations}
            fresh = fm.Graph.of_store(graph._store.copy()).rules(FOLLOWED)
            assert told == {name: set(fresh[name]) for name in fresh.relations}
            view.verify()


def test_axons_are_merged_for_a_view() -> None:
    graph = fm.Graph.from_edges([("a", "b", 1.0, "is"), ("b", "c", 2.0, "is")])
    view = graph.rules("two(x, z) :- axon(x, y, _), axon(y, z, _).")
    assert view["two"] == [("a", "c")]
    graph.unlink("a", "b")
    assert view["two"] == []
    assert not graph._store._current[1]


def test_the_first_edit_of_a_view_makes_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stratum, "SEARCHED_FROM", 0)
    edges = [(f"n{at}", f"n{at // 2}", 1.0, "is") for at in range(1, 500)]
    graph = fm.Graph.from_edges(edges)
    rules = 'above(x, y) :- link(x, y, "is", _, _, _). above(x, z) :- above(x, y), link(y, z, "is", _, _, _).'
    view = graph.rules(rules)
    view.changes()
    graph.unlink("n8", "n4")
    assert ("n8", "n2") in view.changes().went["above"]
    assert view._model is not None
    links = view._model.relations["link"]
    assert isinstance(links, ColumnRelation)
    assert links._base is not None
    assert not links._ranks
    assert view.count("link") == 498
