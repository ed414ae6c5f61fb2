"""The openCypher TCK, as far as it reads (https://github.com/opencypher/openCypher)."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

from focusmesh import Graph
from focusmesh.engine.reasoning.query.sources import LinkGraph, MemoryGraph
from focusmesh.engine.reasoning.query.written_graph import links_of_memory
from focusmesh.errors import InputError
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


class OwnProperties(LinkGraph):
    """A graph's links without what each particle and each link has unasked: the TCK knows none of that."""

    def node_properties(self, node: int) -> dict[str, Any]:
        found = dict(super().node_properties(node))
        name = self.snapshot.particles[node]
        if found["name"] == name and str(name).rstrip("_") == str(node):
            del found["name"]
        return found

    def node_property(self, node: int, key: str) -> Any:
        return self.node_properties(node).get(key)

    def relationship_properties(self, relationship: int) -> dict[str, Any]:
        found = dict(super().relationship_properties(relationship))
        return {key: each for key, each in found.items() if key != "weight"}


def _stored(graph: MemoryGraph) -> OwnProperties:
    """What was created, as links of a graph."""
    return OwnProperties(Graph.from_links(links_of_memory(graph)).snapshot())


def test_scenarios_hold_over_the_links_of_a_graph(vectors: Callable[[str], Path]) -> None:
    folder = vectors("opencypher")
    counts, wrong = Counter[str](), dict[str, str]()
    for scenario in _scenarios(folder / "features"):
        if "CREATE" in scenario.query.upper():
            continue
        try:
            found, why = verdict(scenario, folder / "graphs", _stored)
        except InputError:
            counts["not held by a graph"] += 1
            continue
        counts[found] += 1
        if found == DIFFERS and scenario.name not in EXCEPTIONS:
            wrong[scenario.name] = why
    assert wrong == {}
    assert counts["holds"] >= 3_000
