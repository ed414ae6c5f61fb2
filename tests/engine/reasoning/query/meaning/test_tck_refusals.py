"""Every scenario of the TCK is read, and refused where the TCK says so: with its class, phase and detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


@pytest.fixture(scope="module")
def scenarios(vectors: Callable[[str], Path]) -> list[Scenario]:
    return list(read_scenarios(vectors("opencypher") / "features"))


def test_scenarios_are_refused_as_published(scenarios: list[Scenario]) -> None:
    counts, wrong = verdicts(scenarios)
    assert wrong == []
    assert counts == {"runs": 3_094, "refused": 592, "writes": 211}


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
    scenarios: list[Scenario],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without = {
        "fits": lambda *_: True,
        "_bind": lambda _, name, wanted, __, scope: scope.binding(name, wanted),
    }
    refused = [each for each in scenarios if each.error and each.error[2] == detail]
    assert verdicts(refused)[1] == []
    monkeypatch.setattr(rules, defence, without.get(defence, lambda *_: None))
    assert verdicts(refused)[1] != []
