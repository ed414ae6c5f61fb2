"""Every scenario of the TCK is read, and refused where the TCK says so: with its class, phase and detail."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.reasoning.query.meaning.aggregation import AggregationRules
from focusmesh.engine.reasoning.query.meaning.calls import CallRules
from focusmesh.engine.reasoning.query.meaning.inferred import InferredType
from focusmesh.engine.reasoning.query.meaning.patterns import PatternRules
from focusmesh.engine.reasoning.query.meaning.projections import ProjectionRules
from tests.engine.reasoning.query.meaning.refusals import verdicts
from tests.engine.reasoning.query.scenarios import Scenario, read_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.engine.reasoning.query.meaning.scope import QueryScope


@pytest.fixture
def scenarios(vectors: Callable[[str], Path]) -> tuple[Scenario, ...]:
    return _read(vectors("opencypher") / "features")


@cache
def _read(folder: Path) -> tuple[Scenario, ...]:
    return tuple(read_scenarios(folder))


def test_scenarios_are_refused_as_published(scenarios: tuple[Scenario, ...]) -> None:
    counts, wrong = verdicts(scenarios)
    assert wrong == []
    assert counts == {"runs": 3_094, "refused": 592, "writes": 211}


def _bind_anyhow(_: Any, name: str, wanted: InferredType, at: int, scope: QueryScope) -> QueryScope:
    return scope.binding(name, wanted)


_WITHOUT = {"fits": lambda *_: True, "_bind": _bind_anyhow}
"""What a rule does that refuses nothing, where it has to answer."""


@pytest.mark.parametrize(
    ("rules", "defence", "detail"),
    [
        (InferredType, "fits", "InvalidArgumentType"),
        (PatternRules, "_bind", "VariableTypeConflict"),
        (AggregationRules, "check_groups", "AmbiguousAggregationExpression"),
        (AggregationRules, "check_kept", "UndefinedVariable"),
        (CallRules, "_check_aggregate", "InvalidAggregation"),
        (ProjectionRules, "_check_bound", "NegativeIntegerArgument"),
    ],
)
def test_without_a_rule_scenarios_are_not_refused(
    rules: type,
    defence: str,
    detail: str,
    scenarios: tuple[Scenario, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = [each for each in scenarios if each.error and each.error[2] == detail]
    assert verdicts(refused)[1] == []
    monkeypatch.setattr(rules, defence, _WITHOUT.get(defence, lambda *_: None))
    assert verdicts(refused)[1] != []
