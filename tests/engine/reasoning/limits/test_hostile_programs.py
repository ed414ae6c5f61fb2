"""Programs that ask for far more than they may take: each ends at a limit, and reading rows looks at the clock."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import focusmesh as fm
from benchmarks.data.hostile_rules import HOSTILE
from focusmesh.engine.reasoning import Meter, QueryLimits, graph_rules
from focusmesh.engine.reasoning.relations import (
    ArrayRows,
    ColumnRelation,
    Dictionary,
    Relation,
    column_relation,
    columns,
    relation,
)
from focusmesh.engine.reasoning.rules.evaluation import model
from focusmesh.engine.reasoning.rules.graph_columns import GraphColumns
from focusmesh.errors import BudgetError

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = QueryLimits(memory_bytes=4 * 2**20, inferences=200_000)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("estimated", [True, False])
def test_a_hostile_program_ends_at_a_limit(
    name: str, estimated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not estimated:
        monkeypatch.setattr(model, "verify_estimates", lambda *_: None)
    graph = fm.Graph.from_edges(list(HOSTILE[name].links(6_000)))
    with pytest.raises(BudgetError) as found:
        graph.rules(HOSTILE[name].rules, limits=LIMITS).changes()
    assert found.value.limit in ("memory_bytes", "inferences")


def test_fifteen_programs_are_hostile() -> None:
    assert len(HOSTILE) == 15


def test_steps_of_a_closure_take_memory_though_they_are_no_rows() -> None:
    graph = fm.Graph.from_edges([(at, at + 1) for at in range(3_000)])
    text = "p(x, y) :- axon(x, y, _), x = 1. p(x, z) :- p(x, y), particle(y), particle(z)."
    with pytest.raises(BudgetError) as found:
        graph.rules(text, limits=QueryLimits(memory_bytes=16 * 2**20)).count("p")
    assert found.value.limit == "memory_bytes"
    fits = "p(x, y) :- axon(x, y, _), x = 1. p(x, z) :- p(x, y), axon(y, z, _)."
    view = graph.rules(fits, limits=QueryLimits(memory_bytes=3_000 * 272 + 2**10))
    assert view.count("p") == 2_999


def arrays(count: int) -> ArrayRows:
    dictionary = Dictionary()
    places = dictionary.places("number", range(count))
    return ArrayRows(dictionary, (places, places), np.zeros(count, dtype=np.int32))


class Stop(Exception):  # noqa: N818
    """What a clock raises here."""


def stop_at(count: int) -> Callable[[], None]:
    calls = iter(range(count))

    def tick() -> None:
        if next(calls, None) is None:
            raise Stop

    return tick


def filled(count: int) -> Relation:
    made = Relation("r", ("number", "number"))
    made.fill(arrays(count))
    return made


@pytest.mark.parametrize(
    "made", [filled, lambda count: ColumnRelation("r", ("number", "number"), arrays(count))]
)
@pytest.mark.parametrize("read", [lambda r, t: r.make_rows(t), lambda r, t: r.index((1, 0), t)])
def test_rows_are_made_in_slices_and_a_stop_leaves_the_relation_whole(
    made: Any, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "READ_ROWS", 4)
    monkeypatch.setattr(relation, "READ_ROWS", 4)
    monkeypatch.setattr(column_relation, "KEY_BITS", 0)
    rows = made(30)
    for count in range(8):
        with pytest.raises(Stop):
            read(rows, stop_at(count))
    read(rows, stop_at(30))
    assert list(rows.ranks) == [(at, at) for at in range(30)]
    assert rows.index((0,)).get(7, ()) == {(7, 7): None}


def test_a_deadline_is_met_while_rows_of_a_graph_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "READ_ROWS", 64)
    graph = fm.Graph.from_edges([(at, at + 1) for at in range(2_500)])
    text = "p(x + 0.0, y) :- axon(y, _, x), axon(y, _, _)."
    program = graph_rules(text)
    snapshot = graph.snapshot()
    facts = GraphColumns(snapshot, "axon", Dictionary(snapshot.particles))
    meter = Meter(QueryLimits(seconds=1_000))
    meter.end = monotonic() - 1
    with pytest.raises(BudgetError, match="at rows of relations"):
        program.model({"axon": facts}, meter, snapshot, dictionary=facts.dictionary)
    monkeypatch.setattr(Meter, "look", lambda _: None)
    with pytest.raises(BudgetError, match="at the rule of p"):
        program.model({"axon": facts}, meter, snapshot, dictionary=facts.dictionary)
