"""The expression features of the openCypher TCK, as far as values and functions decide them.

A small reader stands in for the language: what it does not read, and what types say before anything runs, is counted.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from focusmesh.engine.reasoning.query import values as v
from tests.engine.reasoning.query.scenarios import read_scenarios
from tests.engine.reasoning.query.verdicts import DIFFERS, HOLDS, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Measured, Vectors

HOLDING = {
    "clauses/return-orderby": 25,
    "clauses/with-orderBy": 221,
    "expressions/aggregation": 33,
    "expressions/boolean": 32,
    "expressions/comparison": 71,
    "expressions/conditional": 13,
    "expressions/graph": 48,
    "expressions/list": 161,
    "expressions/literals": 106,
    "expressions/map": 38,
    "expressions/mathematical": 5,
    "expressions/null": 44,
    "expressions/path": 2,
    "expressions/precedence": 121,
    "expressions/quantifier": 584,
    "expressions/string": 32,
    "expressions/temporal": 1003,
    "expressions/typeConversion": 47,
}
"""Scenarios that hold, at least; the others need the language, patterns or types."""

OF_ZONES = "Temporal2: [6] Should parse date time with named time zone from string #5"
"""Stockholm before 1879: databases of zones that keep old data say +01:12:12, others and the TCK +00:53:28."""


@pytest.mark.parametrize("folder", HOLDING)
def test_scenarios_hold(folder: str, vectors: Vectors, measured: Measured) -> None:
    counts, differing = Counter[str](), []
    for scenario in read_scenarios(vectors("opencypher") / "features" / folder):
        found, reason = verdict(scenario)
        counts[found] += 1
        if found == DIFFERS and scenario.name != OF_ZONES:
            differing.append(f"{scenario.name}: {reason}")
    measured(f"{folder}: {dict(counts)}")
    assert differing == []
    assert counts[HOLDS] >= HOLDING[folder]


@pytest.mark.parametrize(
    ("folder", "name", "wrong"),
    [
        ("expressions/list", "membership", lambda value, members: value in (members or [])),
        ("expressions/boolean", "conjunction", lambda left, right: left and right),
        ("expressions/boolean", "disjunction", lambda left, right: left or right),
        ("expressions/quantifier", "holds_for_none", lambda truths: not any(truths)),
        ("clauses/return-orderby", "order_key", lambda value: (str(type(value)), str(value))),
    ],
)
def test_wrong_semantics_are_noticed(
    folder: str,
    name: str,
    wrong: Callable[..., object],
    vectors: Vectors,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twins: with Python's own semantics instead, scenarios differ."""
    monkeypatch.setattr(v, name, wrong)
    scenarios = read_scenarios(vectors("opencypher") / "features" / folder)
    assert any(verdict(each)[0] == DIFFERS for each in scenarios)
