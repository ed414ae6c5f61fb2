"""Results do not depend on when the collector runs: here it runs every few interactions."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from focusmesh.engine.rewrite import Limits, Machine, normalise, read_book
from tests.engine.rewrite.test_model import affine_terms, machine, model
from tests.engine.rewrite.test_programs import PROGRAMS, expected

if TYPE_CHECKING:
    from pathlib import Path

MARKS = "focusmesh.engine.rewrite.marks"
LIMITS = Limits(fuel=2_000_000, memory_bytes=1 << 24)
CHURN = """
@next(n) = (+ n 1)
@churn(n !s) = ~n !s {0: s; 1+p: @churn(p @next(s))}
@main = @churn(300000 0)
"""
"""A node for each strict argument that is still to be evaluated: no shortcut takes it in registers."""
LONG = {"count", "factor", "fibonacci", "solve_for_a_natural"}
"""Programs that make so many interactions that collecting all the time takes long."""


@pytest.fixture
def collecting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{MARKS}.NURSERY", 0)


@pytest.mark.usefixtures("collecting")
@pytest.mark.parametrize(
    "path", [path for path in PROGRAMS if path.stem not in LONG], ids=lambda path: path.stem
)
def test_programs(path: Path) -> None:
    kind, result, text = expected(path)
    runner = Machine(read_book(text), limits=LIMITS)
    if kind == "norm":
        assert runner.normalise() == result
    else:
        assert " ; ".join(islice(runner.collapse(), result.count(";") + 1)) == result
    statistics = runner.statistics()
    assert statistics.collections > 0 or statistics.interactions == 0


@pytest.mark.usefixtures("collecting")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(affine_terms())
def test_terms(text: str) -> None:
    assert machine(text) == model(text)


def test_memory_is_used_again() -> None:
    found = normalise(read_book(CHURN), limits=Limits(memory_bytes=1 << 22))
    assert found.term == "300000"
    # Three cells an iteration would not fit in a third of 4 MiB.
    assert found.statistics.collections * (1 << 22) > 300_000 * 3 * 8
