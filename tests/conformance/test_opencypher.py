"""The openCypher TCK, as far as it reads (https://github.com/opencypher/openCypher)."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from tests.engine.reasoning.query.scenarios import Scenario, read_scenarios
from tests.engine.reasoning.query.tck_runs import DIFFERS, verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXCEPTIONS = {
    "Temporal2: [6] Should parse date time with named time zone from string #5",
}
"""Europe/Stockholm in 1818: newer zone databases have merged it with Europe/Berlin."""


@cache
def _scenarios(folder: Path) -> tuple[Scenario, ...]:
    return tuple(read_scenarios(folder))


def test_scenarios_hold_in_memory(vectors: Callable[[str], Path]) -> None:
    folder = vectors("opencypher")
    counts, wrong = Counter[str](), dict[str, str]()
    for scenario in _scenarios(folder / "features"):
        found, why = verdict(scenario, folder / "graphs")
        counts[found] += 1
        if found == DIFFERS and scenario.name not in EXCEPTIONS:
            wrong[scenario.name] = why
    assert wrong == {}
    assert counts["holds"] >= 3_677
