"""The published programs of Soufflé have the rows that Soufflé finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.engine.reasoning import QueryLimits, RuleSet, read_facts, row_line
from focusmesh.errors import BudgetError, RuleError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOT_BOUND = "aggregate_witnesses"
"""A variable of the head is bound by an aggregate inside of a count's body alone."""

NEEDS_DEMAND = "magic_samegen"
"""One pair of some 10⁸ is asked for: a goal finds it, an evaluation of everything ends at its limit."""

COUNT = 98


def differences(folder: Path) -> list[str]:
    """Outputs of a program that are not as published."""
    rules = RuleSet((folder / f"{folder.name}.dl").read_text())
    relations = rules.evaluate(
        read_facts(folder / "facts", rules), QueryLimits(inferences=5_000_000)
    )
    wrong = []
    for name in rules.outputs:
        expected = (folder / f"{name}.csv").read_text().splitlines()
        found = "".join(f"{row_line(row)}\n" for row in relations[name].ranks).splitlines()
        if sorted(found) != sorted(expected):
            wrong.append(f"{folder.name}: {name}")
    return wrong


def test_programs_have_the_published_rows(vectors: Callable[[str], Path]) -> None:
    folders = sorted(path.parent for path in vectors("outside/souffle").glob("*/*.dl"))
    assert len(folders) == COUNT
    passed = [folder for folder in folders if folder.name not in (NOT_BOUND, NEEDS_DEMAND)]
    assert [wrong for folder in passed for wrong in differences(folder)] == []


def goals_differ(folder: Path) -> list[str]:
    """Outputs of a program that goals do not have as published."""
    rules = RuleSet((folder / f"{folder.name}.dl").read_text())
    facts, limits = read_facts(folder / "facts", rules), QueryLimits(inferences=5_000_000)
    wrong = []
    for name in rules.outputs:
        terms = ", ".join(f"v{at}" for at in range(len(rules.types[name])))
        rows = rules.answer(f"{name}({terms})", facts, limits)
        found = "".join(f"{row_line(row)}\n" for row in rows).splitlines()
        if sorted(found) != sorted((folder / f"{name}.csv").read_text().splitlines()):
            wrong.append(f"{folder.name}: {name}")
    return wrong


def test_goals_have_the_published_rows(vectors: Callable[[str], Path]) -> None:
    folders = sorted(path.parent for path in vectors("outside/souffle").glob("*/*.dl"))
    passed = [folder for folder in folders if folder.name != NOT_BOUND]
    assert [wrong for folder in passed for wrong in goals_differ(folder)] == []


def test_one_is_refused_and_one_ends_at_its_limit(vectors: Callable[[str], Path]) -> None:
    root = vectors("outside/souffle")
    with pytest.raises(RuleError, match="witness is not bound"):
        differences(root / NOT_BOUND)
    rules = RuleSet((root / NEEDS_DEMAND / f"{NEEDS_DEMAND}.dl").read_text())
    with pytest.raises(BudgetError, match="inferences"):
        rules.evaluate(
            read_facts(root / NEEDS_DEMAND / "facts", rules), QueryLimits(inferences=100_000)
        )
