"""A view: what a set of rules derives from a graph, as the graph stands when the view is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from focusmesh.engine.reasoning.rules.graph_relations import GRAPH_RELATIONS, graph_rows
from focusmesh.engine.reasoning.rules.rule_set import RuleSet
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.reasoning.relations import QueryLimits, Relation, Row


class SnapshotSource(Protocol):
    """What has a graph's links as they stand."""

    def snapshot(self) -> Snapshot:
        """The links as they stand."""


class RuleView:
    """Relations by name. After an edit of the graph they are worked out anew when they are next asked for."""

    def __init__(
        self,
        source: SnapshotSource,
        rules: str | RuleSet,
        facts: Mapping[str, Iterable[Row]] | None = None,
        limits: QueryLimits | None = None,
    ) -> None:
        self.rules = rules if isinstance(rules, RuleSet) else RuleSet(rules, GRAPH_RELATIONS)
        self.limits = limits
        self._source = source
        self._facts = {name: list(rows) for name, rows in (facts or {}).items()}
        self._seen: Snapshot | None = None
        self._relations: dict[str, Relation] = {}

    def __getitem__(self, relation: str) -> list[Row]:
        """The rows of a relation, in the order in which they were found; raises InputError for an unknown one."""
        relations = self._current()
        if relation not in relations:
            raise InputError(f"no relation is named {relation}; there are: {', '.join(relations)}")
        return list(relations[relation].ranks)

    @property
    def relations(self) -> list[str]:
        """Names of the relations that the rules put out."""
        return self.rules.outputs

    def _current(self) -> dict[str, Relation]:
        snapshot = self._source.snapshot()
        if snapshot is not self._seen:
            facts = {name: graph_rows(snapshot, name) for name in sorted(self.rules.needs)}
            self._relations = self.rules.evaluate({**self._facts, **facts}, self.limits)
            self._seen = snapshot
        return self._relations

    def __repr__(self) -> str:
        return f"<RuleView: {', '.join(self.relations)}>"
