"""Where only the ends of trails matter: what can be reached, without listing the ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.paths.repetition import Advance, Tick


def reachable(
    start: int, advance: Advance, bounds: tuple[int, int | None], tick: Tick, *, is_directed: bool
) -> set[int]:
    """The ends of all trails from ``start``; the least length is 0 or 1, and one repetition has one relationship.

    A shortest way passes no node twice, so it is a trail. Only back to the start it may take a relationship twice,
    where these have no direction. O(links), and there once for each relationship of the start.
    """
    least, most = bounds
    if most == 0:
        return {start}
    found = _search(start, advance, most, tick, without=None)
    if least == 0:
        return found | {start}
    if not is_directed:
        found.discard(start)
        if _is_on_cycle(start, advance, most, tick):
            found.add(start)
    return found


def _search(
    start: int, advance: Advance, most: int | None, tick: Tick, *, without: int | None
) -> set[int]:
    """What at least one step leads to, without one relationship."""
    found, layer, length = set[int](), [start], 0
    while layer and (most is None or length < most):
        following = list[int]()
        for node in layer:
            for stretch in advance(node):
                tick()
                if stretch.nodes[0] not in found and stretch.links[0] != without:
                    found.add(stretch.nodes[0])
                    following.append(stretch.nodes[0])
        layer, length = following, length + 1
    return found


def _is_on_cycle(start: int, advance: Advance, most: int | None, tick: Tick) -> bool:
    """Whether a trail without directions leads back to its start."""
    rest = None if most is None else most - 1
    for stretch in advance(start):
        link, node = stretch.links[0], stretch.nodes[0]
        if node == start or start in _search(node, advance, rest, tick, without=link):
            return True
    return False
