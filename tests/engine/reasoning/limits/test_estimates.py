"""Estimates: what is sure to pass a limit is refused before it runs, and nothing that would stay within it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.engine.reasoning import Meter, QueryLimits, RuleSet
from focusmesh.engine.reasoning.rules.evaluation import estimates, model, stratum
from focusmesh.errors import BudgetError

DECLARED = ".decl a(x: number) .decl b(x: number, y: number)\n"
MANY = [(at,) for at in range(10_000)]
HUB = [(at, 0) for at in range(1, 10_001)] + [(0, at) for at in range(1, 10_001)]
SERVED = QueryLimits(seconds=10, memory_bytes=256 * 2**20, rows=10**5, inferences=10**8)
BODIES = (
    "p(x, y) :- a(x), a(y).",
    "p(x, y) :- b(x, _), b(_, y).",
    "p(x, y) :- b(x, _), a(y), b(_, 1).",
    "p(x, x) :- a(x), a(_), b(_, _).",
    "p(1, x) :- b(x, x), b(u, w), b(w, _).",
    "p(x, z) :- b(x, y), b(y, z).",
    "p(x, y) :- b(x, y), b(x, z), a(u).",
    "p(x, z) :- b(y, x), b(y, z), x < z.",
    "p(x, y) :- a(x), a(y), x < y.",
    "p(x, y) :- a(x), a(y), !b(x, y).",
    "p(x, y) :- b(x, y), b(u, w), x != u, y < w.",
    "p(x, y) :- a(x), a(y), x < 3.",
    "p(x, y) :- a(x), a(y), x = y.",
    "p(x, u) :- b(x, y), b(y, z), b(z, u).",
    "p(x, y) :- b(x, _), b(y, _), !b(_, _).",
    "p(x, x) :- b(y, x), b(x, y). p(2, 2).",
    "p(x, y) :- a(x), a(y). p(x, z) :- p(x, y), b(y, z), a(_).",
)


def refusal(text: str, facts: Any, limits: QueryLimits | None = None) -> BudgetError:
    with pytest.raises(BudgetError) as found:
        RuleSet(DECLARED + text).evaluate(facts, limits)
    return found.value


@pytest.mark.parametrize(
    ("text", "limit", "count", "joined"),
    [
        ("p(x, y) :- a(x), a(y).", "memory_bytes", 10**8, "a(x) and a(y)"),
        ("p(x, z) :- b(x, y), b(y, z).", "memory_bytes", 10**8, "b(x, y) and b(y, z)"),
        ("p(x, y, z) :- b(x, y), b(y, z).", "memory_bytes", 10**8 + 10**4, "b(x, y) and b(y, z)"),
        ("p(x, y) :- b(x, 0), a(y), b(0, _).", "memory_bytes", 10**8, "b(x, 0) and a(y)"),
    ],
)
def test_a_product_is_refused_at_once(text: str, limit: str, count: int, joined: str) -> None:
    error = refusal(text, {"a": MANY, "b": HUB})
    assert error.limit == limit
    said = re.search(
        r"the rule of p in line 2 would make ([\d,]+) rows or more of (.*), and", str(error)
    )
    assert said is not None
    assert int(said[1].replace(",", "")) in range(count, count + 20_002)
    assert said[2].startswith(joined)
    assert f"{limit} is 4,294,967,296: nothing of it was derived" in str(error)


def test_rows_on_the_way_are_refused_ten_times_over() -> None:
    text = "p(x) :- a(x), a(y), x < y."
    error = refusal(text, {"a": MANY}, QueryLimits(inferences=9_999_999))
    assert error.limit == "inferences"
    assert "100,000,000 inferences or more of a(x) and a(y)" in str(error)
    begun = refusal(text, {"a": MANY}, QueryLimits(inferences=10_000_000))
    assert "more than 10,000,000 inferences, at the rule of p" in str(begun)


def test_without_estimates_the_product_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "verify_estimates", lambda *_: None)
    error = refusal("p(x, y) :- a(x), a(y).", {"a": MANY}, SERVED)
    assert "more than 100,000 derived rows, at the rule of p in line 2 (so far" in str(error)


def test_what_is_asked_for_partly_is_begun() -> None:
    rules = RuleSet(f"{DECLARED}p(x, y) :- a(x), a(y).")
    found = rules.model({"a": MANY}, SERVED, partial=True)
    assert found.stopped is not None
    assert "so far" in str(found.stopped)


SMALL = st.integers(0, 6)


@settings(deadline=None, max_examples=400)
@given(
    st.sampled_from(BODIES),
    st.sets(st.tuples(SMALL)),
    st.sets(st.tuples(SMALL, SMALL), max_size=24),
    st.booleans(),
)
def test_what_stays_within_its_limits_is_not_refused(
    text: str, ones: set[Any], pairs: set[Any], machine: bool
) -> None:
    rules, facts = RuleSet(DECLARED + text), {"a": ones, "b": pairs}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stratum, "JOINED_FROM", 0 if machine else 10**9)
        meter = Meter(QueryLimits())
        rows = set(rules.evaluate(facts, meter)["p"].ranks)
        limits = QueryLimits(
            memory_bytes=max(meter.bytes, 1),
            rows=max(meter.rows, 1),
            inferences=max(meter.inferences, 1),
        )
        assert set(rules.evaluate(facts, limits)["p"].ranks) == rows


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(BODIES),
    st.sets(st.tuples(SMALL)),
    st.sets(st.tuples(SMALL, SMALL), max_size=24),
)
def test_an_estimate_of_rows_is_a_lower_bound(text: str, ones: set[Any], pairs: set[Any]) -> None:
    made = RuleSet(DECLARED + text).model({"a": ones, "b": pairs})
    (last,) = made.strata
    assert isinstance(last, stratum.Stratum)
    for rule in last.rules:
        heads = {found.row for found in last.everything(rule)}
        if not any(part.relation == "p" for part in estimates.joined_atoms(rule)):
            assert estimates.estimate(rule, last).rows <= len(heads)
