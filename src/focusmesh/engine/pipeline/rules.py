"""Rules: link programs with what they are given, and what each came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.engine.rewrite import PROGRAM_FUEL, Limits, numbered_links

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from typing import Any

    from focusmesh.engine.rewrite import Book, Composed, NumberedLinks


@dataclass(frozen=True, slots=True)
class Rule:
    """A link program, the names and lists that it is given, and what its links are: see ``Graph.link_program``."""

    program: str
    names: Iterable[Hashable] = ()
    lists: Mapping[str, Iterable[Sequence[Hashable]]] = field(default_factory=dict)
    relation: Hashable | None = None
    weight: float = 1.0
    fuel: int = PROGRAM_FUEL


@dataclass(frozen=True, slots=True)
class Ran:
    """What a rule came to: how many ``links``, after how many ``interactions``, in ``seconds``."""

    links: int
    interactions: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Queued:
    """A rule that is read and waits to be run."""

    rule: Rule
    composed: Composed
    book: Book

    def run(self, evaluator: str) -> NumberedLinks:
        """Its links by number; raises as ``numbered_links``."""
        names = self.composed.names
        return numbered_links(self.book, len(names), Limits(self.rule.fuel), evaluator=evaluator)

    def edges(self, found: NumberedLinks) -> list[tuple[Any, ...]]:
        """Its links as rows of ``Graph.update``."""
        names, rule = self.composed.names, self.rule
        rows = zip(found.source.tolist(), found.target.tolist(), found.weight.tolist(), strict=True)
        return [
            (names[source], names[target], units * rule.weight, rule.relation)
            for source, target, units in rows
        ]
