"""Two searches that meet: how far two nodes are from one another, with a look at few of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.paths.repetition import Advance, Tick


class Meeting(NamedTuple):
    """The distance of two nodes; up to ``depth`` all from the first was seen, behind it lies what ``behind`` tells.

    ``behind`` has how far nodes are from the second one.
    """

    distance: int
    depth: int
    behind: dict[int, int]

    def leads_on(self, node: int, length: int) -> bool:
        """Whether a shortest way may pass a node after ``length`` steps."""
        return length <= self.depth or self.behind.get(node) == self.distance - length


def meet(start: int, end: int, forward: Advance, back: Advance, tick: Tick) -> Meeting | None:
    """The meeting of searches from two nodes that differ, by steps of one relationship; None where no way leads.

    Each time the search with fewer nodes to go on from takes a step.
    """
    seen, behind = {start: 0}, {end: 0}
    ahead, rear = [start], [end]
    depth = height = 0
    while ahead and rear:
        if len(ahead) <= len(rear):
            depth += 1
            ahead = _advance(ahead, seen, forward, depth, tick)
            is_met = any(node in behind for node in ahead)
        else:
            height += 1
            rear = _advance(rear, behind, back, height, tick)
            is_met = any(node in seen for node in rear)
        if is_met:
            return Meeting(depth + height, depth, behind)
    return None


def _advance(
    layer: list[int], seen: dict[int, int], advance: Advance, length: int, tick: Tick
) -> list[int]:
    """What is seen first after so many steps."""
    following = list[int]()
    for node in layer:
        for stretch in advance(node):
            tick()
            if stretch.nodes[0] not in seen:
                seen[stretch.nodes[0]] = length
                following.append(stretch.nodes[0])
    return following
