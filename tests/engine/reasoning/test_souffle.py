"""The published programs of Soufflé have the rows that Soufflé finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.reasoning import QueryLimits, RuleSet
from focusmesh.errors import BudgetError, RuleError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOT_BOUND = "aggregate_witnesses"
"""A variable of the head is bound by an aggregate inside of a count's body alone."""

NEEDS_DEMAND = "magic_samegen"
"""One pair of some 10⁸ is asked for, and there are no goals by demand yet."""

READ: dict[str, Callable[[str], Any]] = {"number": int, "float": float, "symbol": str}
COUNT = 98


def facts(folder: Path, rules: RuleSet) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the program's inputs."""
    found = dict[str, list[tuple[Any, ...]]]()
    for name in rules.inputs:
        types = rules.types[name]
        file = folder / "facts" / f"{name}.facts"
        lines = file.read_text().splitlines() if file.exists() else []
        rows = [line.split("\t") if types else [] for line in lines]
        found[name] = [
            tuple(READ[type_](value) for type_, value in zip(types, row, strict=True))
            for row in rows
        ]
    return found


def printed(row: tuple[Any, ...]) -> str:
    """A row as Soufflé writes it."""
    if not row:
        return "()"
    return "\t".join(f"{value:.6g}" if isinstance(value, float) else str(value) for value in row)


def differences(folder: Path) -> list[str]:
    """Outputs of a program that are not as published."""
    rules = RuleSet((folder / f"{folder.name}.dl").read_text())
    relations = rules.evaluate(facts(folder, rules), QueryLimits(inferences=5_000_000))
    wrong = []
    for name in rules.outputs:
        expected = (folder / f"{name}.csv").read_text().splitlines()
        found = "".join(f"{printed(row)}\n" for row in relations[name].ranks).splitlines()
        if sorted(found) != sorted(expected):
            wrong.append(f"{folder.name}: {name}")
    return wrong


def test_programs_have_the_published_rows(vectors: Callable[[str], Path]) -> None:
    folders = sorted(path.parent for path in vectors("outside/souffle").glob("*/*.dl"))
    assert len(folders) == COUNT
    passed = [folder for folder in folders if folder.name not in (NOT_BOUND, NEEDS_DEMAND)]
    assert [wrong for folder in passed for wrong in differences(folder)] == []


def test_the_two_others_are_refused(vectors: Callable[[str], Path]) -> None:
    root = vectors("outside/souffle")
    with pytest.raises(RuleError, match="witness is not bound"):
        differences(root / NOT_BOUND)
    with pytest.raises(BudgetError, match="inferences"):
        RuleSet((root / NEEDS_DEMAND / f"{NEEDS_DEMAND}.dl").read_text()).evaluate(
            facts(
                root / NEEDS_DEMAND, RuleSet((root / NEEDS_DEMAND / "magic_samegen.dl").read_text())
            ),
            QueryLimits(inferences=100_000),
        )
