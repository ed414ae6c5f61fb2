"""Operators with arguments that no one should give: each is refused with words, and nothing is left behind."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import focusmesh as fm
from focusmesh.engine.reasoning import QueryLimits, RuleView, operators, read_proof
from focusmesh.errors import BudgetError, InputError, RuleError

RING = [("a", "b"), ("b", "c"), ("c", "a")]
HUGE = 10**5_000


@pytest.mark.parametrize(
    ("operator", "given", "words"),
    [
        ("label_propagation", {"rounds": float("inf")}, "rounds is a whole number, not 'inf'"),
        ("label_propagation", {"rounds": float("nan")}, "rounds is a whole number, not 'nan'"),
        ("label_propagation", {"rounds": HUGE}, "rounds is at most 1,000, not 'a number of many"),
        ("label_propagation", {"rounds": True}, "rounds is a whole number"),
        ("distances", {"seeds": "a", "within": HUGE}, "within is a number of 64 bits"),
        ("distances", {"seeds": "a", "within": float("nan")}, "within is at least 0"),
        ("distances", {"seeds": [["a"]]}, "seeds is a name, or several"),
        ("distances", {"seeds": {"a": 1}}, "seeds is a name, or several"),
        ("distances", {"seeds": [float("nan")]}, "seeds is a name, or several"),
        ("shortest_path", {"source": ["a"], "target": "b"}, "source is a name, not"),
        ("shortest_path", {"source": "a", "target": None}, "target is a name, not 'None'"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    operator: str, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError) as refused:
        fm.Graph.from_edges(RING).compute(operator, **given)
    assert words in str(refused.value)


def test_a_long_name_of_an_operator_is_not_said_again() -> None:
    with pytest.raises(RuleError) as refused:
        fm.Graph.from_edges(RING).rules(f"p(x) :- @{'z' * 60_000}(x).")
    assert (
        str(refused.value)
        .splitlines()[0]
        .startswith(f"1:9: no operator is named @{'z' * 40}. There")
    )


@pytest.mark.parametrize(
    "operator", ["components", "cores", "clustering", "focus", "label_propagation"]
)
def test_an_empty_graph_has_no_rows(operator: str) -> None:
    graph = fm.Graph.from_edges([])
    assert list(graph.compute(operator)) == []
    text = "start(p) :- particle(p). far(p) :- @distances[seeds=start](p, _)."
    assert graph.rules(text)["far"] == []


def test_whole_numbers_are_names_in_rules_and_in_proofs() -> None:
    graph = fm.Graph.from_edges([(1, 2), (2, 3)])
    view = graph.rules("far(p, d) :- @distances[seeds=1](p, d), d > 1.")
    assert view["far"] == [(3, 2.0)]
    read_proof(view.why("far", 3, 2.0).to_json()).verify(graph)


def test_many_tolerances_keep_few_foci() -> None:
    graph = fm.Graph.from_edges(RING)
    for at in range(1, 100):
        graph.rules(f"p(x) :- @focus[tolerance=0.{at:02}](x, _, _).")["p"]
    assert len(graph.snapshot().derived["focus"]) <= len(operators.scores.TOLERANCES)
    assert len(graph.snapshot().derived["operators"]) <= 8


def test_rows_are_counted_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = fm.Graph.from_edges([(str(at), str(at + 1)) for at in range(200)])
    monkeypatch.setattr(operators.OperatorRows, "__iter__", pytest.fail)
    view = RuleView(graph, "p(x) :- @components(x, _).", limits=QueryLimits(rows=100))
    with pytest.raises(BudgetError, match="more than 100 derived rows, at @components"):
        view["p"]


def test_threads_that_ask_for_the_same_have_the_same() -> None:
    graph = fm.Graph.from_edges([(at, at * 7 % 101) for at in range(101)])
    asked = [("distances", {"seeds": at % 12}) for at in range(400)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(lambda each: list(graph.compute(each[0], **each[1])), asked))
    finally:
        sys.setswitchinterval(before)
    expected = [list(graph.copy().compute("distances", seeds=at)) for at in range(12)]
    assert found == [expected[at % 12] for at in range(400)]
