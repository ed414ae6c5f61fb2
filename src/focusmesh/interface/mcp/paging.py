"""Parts of a memory that stay within a budget of tokens, and where the next part begins."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from focusmesh.errors import ParameterError
from focusmesh.host.service import Cursor, Page
from focusmesh.interface.mcp.records import Entity, Part, Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from focusmesh.interface.mcp.store import Moment
    from focusmesh.interface.mcp.view import MemoryView

BUDGET_TOKENS = 20_000
"""What an answer takes at most where nothing is said."""
_CUT = " … [the observation goes on]"
_FRAME = {"entities": ["-"], "relations": ["-"], "nextCursor": "-" * 44}
_FIRST, _EVEN = 16, 6
"""How many items are tried first, and how often their cost is taken to rise evenly."""
_BRACKETS = "[\n\n      ]"
"""What an entity's first observation adds to it besides."""


class _Unit(NamedTuple):
    """A piece that a part is made of: an entity (``row`` and ``place`` None), one observation of it, or a relation."""

    entity: int | None
    place: int | None = None
    row: int | None = None


def render_answer(value: Any) -> str:
    """An answer as text, in the way of the memory server."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def part(
    moment: Moment,
    question: object,
    entities: Sequence[int],
    budget_tokens: int,
    cursor: str | None,
    *,
    dangling: bool = False,
) -> Part:
    """``entities`` with all relations that they have an end of; with ``dangling``, those of no entity too.

    Whole in the order of its making where the budget has room for all of it. Else what has most focus comes first,
    cut where the budget ends. Raises ParameterError for a budget that holds not even a name, InputError for a cursor
    of another question or moment.
    """
    page = Page.of(question, moment.root, moment.height, 1, cursor)
    if cursor is None:
        whole = _whole(moment.view, entities, budget_tokens, dangling=dangling)
        if whole is not None:
            return whole
    scores = moment.answers.ranks.scores
    ordered = sorted(entities, key=lambda at: -scores[at])
    builder = _Builder(moment.view, budget_tokens)
    offset = page.offset
    for place, unit in enumerate(_units(moment.view, ordered, dangling=dangling)):
        if place < page.offset:
            continue
        if not builder.take(unit):
            following = Cursor(page.root, page.asked, page.height, offset).write()
            return builder.part(following)
        offset = place + 1
    return builder.part(None)


def _whole(
    view: MemoryView, entities: Sequence[int], budget_tokens: int, *, dangling: bool
) -> Part | None:
    """All of it, None where the budget has no room for that."""
    builder = _Builder(view, budget_tokens, is_whole=True)
    units = list[_Unit]()
    for at in entities:
        units = [_Unit(at), *(_Unit(at, place) for place in range(len(view.observations(at))))]
        if not all(builder.take(unit) for unit in units):
            return None
    chosen = set(entities)
    rows = [
        row
        for row in view.relations
        if dangling or chosen.intersection((int(view.source[row]), int(view.target[row])))
    ]
    return builder.part(None) if all(builder.take(_Unit(None, row=row)) for row in rows) else None


def _units(view: MemoryView, entities: Iterable[int], *, dangling: bool) -> Iterator[_Unit]:
    """Entities, each followed by its observations and by the relations that did not come before."""
    seen: set[int] = set()
    for at in entities:
        yield _Unit(at)
        for place in range(len(view.observations(at))):
            yield _Unit(at, place)
        for row in view.relations_of(at):
            if row not in seen:
                seen.add(row)
                yield _Unit(None, row=row)
    for row in view.relations if dangling else ():
        if row not in seen:
            yield _Unit(None, row=row)


class _Builder:
    """Takes units as long as their text has room. Sizes are added up, a little more than the whole text has."""

    def __init__(self, view: MemoryView, budget_tokens: int, *, is_whole: bool = False) -> None:
        self._view = view
        self._budget = budget_tokens
        self._is_whole = is_whole
        self._bytes, self._words = _size(render_answer(_FRAME))
        self._entities: dict[int, Entity] = {}
        self._relations: list[Relation] = []

    def take(self, unit: _Unit) -> bool:
        """Whether there was room. The first observation of a part is cut to what there is; a name is not."""
        if unit.row is not None:
            relation = self._view.relation(unit.row)
            taken = self._room(render_answer([relation]))
            self._relations += [relation] if taken else []
        elif unit.entity is not None:
            taken = self._header(unit.entity)
            if taken and unit.place is not None:
                taken = self._observe(unit.entity, unit.place)
        if not (taken or self._is_whole or self._entities or self._relations):
            raise no_room(self._budget, "one entity or relation", self._least(unit))
        return taken

    def _least(self, unit: _Unit) -> int:
        """The budget that the shortest form of a unit needs, as the first of a part."""
        if unit.row is not None:
            return self._cost(render_answer([self._view.relation(unit.row)]))
        at = cast("int", unit.entity)
        entity = Entity(self._view.label(at), self._view.type_of(at), [])
        pieces = [render_answer([entity]) + _BRACKETS]
        observations = self._view.observations(at)
        if len(observations):
            pieces.append(_shortest(self._view.text(observations[unit.place or 0])))
        return self._cost(*pieces)

    def part(self, next_cursor: str | None) -> Part:
        """What was taken."""
        return Part(list(self._entities.values()), self._relations, next_cursor)

    def _header(self, at: int) -> bool:
        if at in self._entities:
            return True
        entity = Entity(self._view.label(at), self._view.type_of(at), [])
        taken = self._room(render_answer([entity]) + _BRACKETS)
        if taken:
            self._entities[at] = entity
        return taken

    def _observe(self, at: int, place: int) -> bool:
        entity = self._entities[at]
        text = self._view.text(self._view.observations(at)[place])
        if not self._room(_line(text)):
            only = not entity.observations and len(self._entities) == 1 and not self._relations
            if self._is_whole or not only:
                return False
            text = self._cut(text)
            self._room(_line(text))
        entity.observations.append(text)
        return True

    def _cut(self, text: str) -> str:
        """The longest beginning that there is room for."""
        length = largest(len(text), lambda length: self._fits(_line(text[:length] + _CUT)))
        if not length:
            raise no_room(self._budget, "an observation", self._cost(_shortest(text)))
        return text[:length] + _CUT

    def _room(self, piece: str) -> bool:
        if not self._fits(piece):
            return False
        size = _size(piece)
        self._bytes += size[0]
        self._words += size[1]
        return True

    def _fits(self, piece: str) -> bool:
        return self._cost(piece) <= self._budget

    def _cost(self, *pieces: str) -> int:
        """The tokens of what was taken, and of ``pieces`` besides."""
        sizes = [(self._bytes, self._words), *map(_size, pieces)]
        count, words = map(sum, zip(*sizes, strict=True))
        return max(words, -(-count // 4))


def _line(text: str) -> str:
    """An observation as it stands in the whole, where nothing indents it any more."""
    return " " * 8 + json.dumps(text, ensure_ascii=False) + ","


def _shortest(text: str) -> str:
    """The least that is said of an observation."""
    return min(_line(text), _line(text[:1] + _CUT), key=_size)


def _size(piece: str) -> tuple[int, int]:
    """Bytes and words, with two bytes a line for what indents it in the whole, and for the end of the line."""
    return len(piece.encode("utf-8", "replace")) + 2 * (piece.count("\n") + 1), len(piece.split())


def no_room(budget_tokens: int, what: str, least: int) -> ParameterError:
    """The error for a budget that does not hold ``what``, with the least that does."""
    return ParameterError(
        f"budget_tokens = {budget_tokens} has no room for {what}: it needs at least {least}"
    )


def largest(most: int, holds: Callable[[int], bool]) -> int:
    """The largest number up to ``most`` for which ``holds``, which holds up to it; 0 where it holds for none.

    Asks for no number over twice what it finds: O(log found) questions.
    """
    low, high = 0, min(1, most)
    while high < most and holds(high):
        low, high = high, min(2 * high, most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def fill(most: int, cost: Callable[[int], int], budget_tokens: int) -> int:
    """The largest number up to ``most`` whose cost, which rises with it, is within the budget; 0 where none is.

    Costs that rise evenly are looked at some three times, and hardly beyond what is found; others more often, but no
    more than twice the digits of ``most`` in binary, and six times.
    """
    low, spent_low = 0, 0
    high = min(most, _FIRST)
    spent = cost(high) if high else 0
    while spent <= budget_tokens:
        if high == most:
            return high
        low, spent_low = high, spent
        high = min(most, max(high + 1, high * budget_tokens // max(spent, 1) + 1))
        spent = cost(high)
    for step in range(most.bit_length() + _EVEN):
        if high - low <= 1:
            break
        even = (budget_tokens - spent_low) * (high - low) // (spent - spent_low)
        middle = low + even if step < _EVEN else (low + high) // 2
        middle = min(max(middle, low + 1), high - 1)
        found = cost(middle)
        if found <= budget_tokens:
            low, spent_low = middle, found
        else:
            high, spent = middle, found
    return low
