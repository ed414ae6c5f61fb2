"""The steps of matching: each binds slots of a working row, one way after another, and frees what it used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.paths import Stretch, reachable, repetitions
from focusmesh.engine.reasoning.query.values import NodeValue, RelationshipValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from focusmesh.engine.reasoning.query.paths import Tick
    from focusmesh.engine.reasoning.query.plans.pattern_graph import Holds, PatternHop, Working
    from focusmesh.engine.reasoning.query.sources import Direction, PropertyGraph

Step = Callable[["Working", set[int]], Iterator[bool]]
"""Yields once for each way; while it waits, the working row and the used relationships are as that way has them."""
FLIPPED: dict[str, Direction] = {"out": "in", "in": "out", "both": "both"}


def scan(slot: int, candidates: Callable[[Working], Iterable[int]], tick: Tick) -> Step:
    """Each node that comes into question."""

    def step(working: Working, used: set[int]) -> Iterator[bool]:
        for node in candidates(working):
            tick()
            working[slot] = NodeValue(node)
            yield True

    return step


def require_node(slot: int) -> Step:
    """A node that was bound before; nothing matches null."""

    def step(working: Working, used: set[int]) -> Iterator[bool]:
        if isinstance(working[slot], NodeValue):
            yield True

    return step


def expand(
    hop: PatternHop, graph: PropertyGraph, *, backwards: bool, is_closed: bool, tick: Tick
) -> Step:
    """A relationship from one end; ``is_closed`` says that the other end is bound too."""
    start, end = (hop.right, hop.left) if backwards else (hop.left, hop.right)
    direction = FLIPPED[hop.direction] if backwards else hop.direction
    follow, slot, keeps = graph.neighbours(hop.types, direction), hop.slot, hop.mode != "walk"

    def step(working: Working, used: set[int]) -> Iterator[bool]:
        wanted = working[end].id if is_closed else None
        for other, link in follow(working[start].id):
            tick()
            if (wanted is not None and other != wanted) or (keeps and link in used):
                continue
            working[slot] = RelationshipValue(link)
            if not is_closed:
                working[end] = NodeValue(other)
            if keeps:
                used.add(link)
                yield True
                used.discard(link)
            else:
                yield True

    return step


def require_relationship(hop: PatternHop, graph: PropertyGraph, bound: set[int]) -> Step:
    """A relationship that was bound before; it binds its ends, one way or both."""
    types, keeps = set(hop.types), hop.mode != "walk"
    closed = [slot for slot in (hop.left, hop.right) if slot in bound]

    def step(working: Working, used: set[int]) -> Iterator[bool]:
        link = working[hop.slot]
        if not isinstance(link, RelationshipValue) or (keeps and link.id in used):
            return
        if types and graph.type_name(link.id) not in types:
            return
        kept = {slot: working[slot] for slot in closed}
        if keeps:
            used.add(link.id)
        for left, right in _ways(graph.ends(link.id), hop.direction):
            ends = {hop.left: NodeValue(left)}
            if ends.setdefault(hop.right, NodeValue(right)).id != right:
                continue
            if all(ends[slot] == kept[slot] for slot in closed):
                for slot, node in ends.items():
                    working[slot] = node
                yield True
        used.discard(link.id)

    return step


def _ways(ends: tuple[int, int], direction: Direction) -> Sequence[tuple[int, int]]:
    start, end = ends
    if direction == "out":
        return [(start, end)]
    if direction == "in":
        return [(end, start)]
    return [(start, end)] if start == end else [(start, end), (end, start)]


def repeat(hop: PatternHop, *, backwards: bool, is_closed: bool, tick: Tick) -> Step:
    """What repeats, from one end; ``is_closed`` says that the other end is bound too."""
    start, end = (hop.right, hop.left) if backwards else (hop.left, hop.right)
    assert hop.bounds is not None
    assert hop.advance is not None
    bounds, advance = hop.bounds, hop.advance

    def step(working: Working, used: set[int]) -> Iterator[bool]:
        first = working[start].id
        wanted = working[end].id if is_closed else None
        follow = advance(working, backwards)
        for run in repetitions(first, follow, bounds, hop.mode, used, tick):
            last = run[-1].nodes[-1] if run else first
            if wanted is not None and last != wanted:
                continue
            if not is_closed:
                working[end] = NodeValue(last)
            bind_run(hop, working, reversed_run(first, run) if backwards else run)
            yield True

    return step


def reach(hop: PatternHop, *, backwards: bool, is_closed: bool, tick: Tick) -> Step:
    """The ends of what repeats, each once; a run of one stretch stands for the way there."""
    start, end = (hop.right, hop.left) if backwards else (hop.left, hop.right)
    assert hop.bounds is not None
    assert hop.advance is not None
    bounds, advance, is_directed = hop.bounds, hop.advance, hop.direction != "both"

    def step(working: Working, used: set[int]) -> Iterator[bool]:
        follow = advance(working, backwards)
        found = reachable(working[start].id, follow, bounds, tick, is_directed=is_directed)
        ends = (
            sorted(found)
            if not is_closed
            else [working[end].id]
            if working[end].id in found
            else []
        )
        for node in ends:
            working[end] = NodeValue(node)
            working[hop.slot] = (Stretch((0,), (node,)),)
            yield True

    return step


def require_run(hop: PatternHop, graph: PropertyGraph, *, is_closed: bool) -> Step:
    """A list of relationships that was bound before: they must follow one another from the left end."""
    types = set(hop.types)
    assert hop.bounds is not None
    least, most = hop.bounds
    (bound,) = hop.lists

    def step(working: Working, used: set[int]) -> Iterator[bool]:
        links = working[bound.slot]
        if not isinstance(links, list) or len(links) < least:
            return
        if most is not None and len(links) > most:
            return
        node, run = working[hop.left].id, list[Stretch]()
        for link in links:
            if not isinstance(link, RelationshipValue) or link.id in used:
                return
            if types and graph.type_name(link.id) not in types:
                return
            following = [b for a, b in _ways(graph.ends(link.id), hop.direction) if a == node]
            if not following:
                return
            node = following[0]
            run.append(Stretch((link.id,), (node,)))
        taken = {link.id for link in links} if hop.mode != "walk" else set()
        if hop.mode != "walk" and len(taken) < len(links):
            return
        if is_closed and working[hop.right].id != node:
            return
        working[hop.right] = NodeValue(node)
        working[hop.slot] = tuple(run)
        used |= taken
        yield True
        used -= taken

    return step


def reversed_run(first: int, run: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """The same stretches from their other end, which then is where they begin."""
    nodes = [first, *(node for stretch in run for node in stretch.nodes)][::-1]
    made, at = list[Stretch](), 0
    for stretch in reversed(run):
        length = len(stretch.links)
        made.append(Stretch(stretch.links[::-1], tuple(nodes[at + 1 : at + 1 + length])))
        at += length
    return tuple(made)


def bind_run(hop: PatternHop, working: Working, run: tuple[Stretch, ...]) -> None:
    """Sets the stretches, and the lists of what repeats."""
    working[hop.slot] = run
    if not hop.lists:
        return
    starts = [working[hop.left].id, *(stretch.nodes[-1] for stretch in run)]
    for each in hop.lists:
        index = each.place // 2
        if each.place % 2:
            working[each.slot] = [RelationshipValue(stretch.links[index]) for stretch in run]
        else:
            working[each.slot] = [
                NodeValue(stretch.nodes[index - 1] if index else start)
                for stretch, start in zip(run, starts, strict=False)
            ]


def with_conditions(step: Step, holds: Sequence[Holds]) -> Step:
    """Those ways of a step for which all conditions hold."""
    if not holds:
        return step
    first, *others = holds

    def checked_step(working: Working, used: set[int]) -> Iterator[bool]:
        for _ in step(working, used):
            if first(working) and all(each(working) for each in others):
                yield True

    return checked_step
