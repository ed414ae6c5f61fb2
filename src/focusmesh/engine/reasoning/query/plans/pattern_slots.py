"""Where the elements of a pattern lie in a row: named ones first, then all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.syntax import (
    NodePattern,
    QuantifiedPattern,
    RelationshipPattern,
)
from focusmesh.engine.reasoning.query.plans.pattern_graph import GroupList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from focusmesh.engine.reasoning.query.language.syntax import PathElement, PathPattern
    from focusmesh.engine.reasoning.query.plans.rows import SlotScope


@dataclass(frozen=True, slots=True)
class ElementSlots:
    """The slots of one element of a path.

    Of what repeats, ``slot`` has the stretches, ``lists`` are its variables outside, ``singles`` the slots of its
    elements in one repetition and ``names`` their variables there.
    """

    slot: int
    lists: tuple[GroupList, ...] = ()
    singles: tuple[int, ...] = ()
    names: tuple[tuple[str, int], ...] = ()


class PatternSlots:
    """Hands out slots behind those of a scope that has all names of the pattern."""

    def __init__(self, scope: SlotScope) -> None:
        self._scope = scope
        self.width = scope.width

    def of_path(self, path: PathPattern) -> tuple[list[ElementSlots], int]:
        """The slots of all elements, and that of the path itself."""
        is_selected = path.selector is not None
        elements = [self._of_element(each, is_selected=is_selected) for each in path.elements]
        return elements, self._slot_of(path.variable)

    def _of_element(self, element: PathElement, *, is_selected: bool) -> ElementSlots:
        """In a selected path a single relationship is one that repeats once."""
        if isinstance(element, QuantifiedPattern):
            return self._of_group(element)
        if isinstance(element, NodePattern) or (element.hops is None and not is_selected):
            return ElementSlots(self._slot_of(element.variable))
        if element.hops is None:
            slot = self._slot_of(element.variable)
            return ElementSlots(self._hidden(), singles=(slot,))
        single, name = self._hidden(), element.variable
        if name is None:
            return ElementSlots(self._hidden(), singles=(single,))
        lists = (GroupList(self._scope.names[name], 1),)
        return ElementSlots(self._hidden(), lists, (single,), ((name, single),))

    def _of_group(self, group: QuantifiedPattern) -> ElementSlots:
        places, singles = dict[str, int](), list[int]()
        for place, name in enumerate(variables(group.elements)):
            known = places.setdefault(name, place) if name is not None else place
            singles.append(self._hidden() if known == place else singles[known])
        lists = tuple(GroupList(self._scope.names[name], at) for name, at in places.items())
        names = tuple((name, singles[at]) for name, at in places.items())
        return ElementSlots(self._hidden(), lists, tuple(singles), names)

    def _slot_of(self, name: str | None) -> int:
        return self._hidden() if name is None else self._scope.names[name]

    def _hidden(self) -> int:
        self.width += 1
        return self.width - 1


def variables(elements: Sequence[PathElement]) -> Iterator[str | None]:
    """The variables of nodes and relationships, None for those without a name."""
    for each in elements:
        if isinstance(each, NodePattern | RelationshipPattern):
            yield each.variable


def pattern_names(paths: Iterable[PathPattern]) -> list[str]:
    """All names that a pattern binds outside of repetitions, in the order of the text, each once."""
    found = list[str | None]()
    for path in paths:
        found.append(path.variable)
        for each in path.elements:
            inner = each.elements if isinstance(each, QuantifiedPattern) else (each,)
            found += variables(inner)
    return [each for each in dict.fromkeys(found) if each is not None]
