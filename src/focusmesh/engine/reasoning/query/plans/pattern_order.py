"""In which order a pattern is matched: from what is bound or rare, along the hops that lead to the fewest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.plans.steps import (
    Step,
    checked,
    expand,
    repeat,
    require_node,
    require_relationship,
    require_run,
    scan,
)
from focusmesh.engine.reasoning.query.values import PathValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from focusmesh.engine.reasoning.query.paths import Tick
    from focusmesh.engine.reasoning.query.plans.pattern_graph import (
        PatternGraph,
        PatternNode,
        PatternPath,
        Working,
    )
    from focusmesh.engine.reasoning.query.sources import PropertyGraph

_REPEATS = 1_000.0
"""What a hop that repeats counts for, more than any single one of a sparse graph."""


class PatternOrder:
    """Chooses the steps of one pattern; ``is_natural`` says that rows come by index of particles by themselves."""

    def __init__(self, pattern: PatternGraph, graph: PropertyGraph, tick: Tick) -> None:
        self._pattern, self._graph, self._tick = pattern, graph, tick
        self._bound = set(pattern.bound)
        self._left = list(range(len(pattern.hops)))
        self._conditions = list(pattern.conditions)
        self._paths = [each for each in pattern.paths if each.slot is not None]
        self._events = list[tuple[str, int]]()
        self.steps = list[Step]()
        self._choose()

    @property
    def is_natural(self) -> bool:
        """Whether the steps follow the pattern as it is written, from left to right."""
        wanted, bound = list[tuple[str, int]](), set(self._pattern.bound)
        for path in self._pattern.paths:
            if path.nodes[0] not in bound:
                wanted.append(("node", path.nodes[0]))
            wanted += (("hop", each) for each in path.hops)
            bound.update(path.nodes)
        return wanted == self._events

    def _choose(self) -> None:
        for slot in self._pattern.nodes:
            if slot in self._bound:
                self._add(require_node(slot), set())
        if not self.steps:
            self._add(_once, set())
        while True:
            hop = self._next_hop()
            if hop is not None:
                self._take_hop(hop)
                continue
            waiting = [
                each for each in self._pattern.nodes.values() if each.slot not in self._bound
            ]
            if not waiting:
                break
            self._take_node(min(waiting, key=self._node_cost))

    def _add(self, step: Step, slots: set[int]) -> None:
        """A step that binds slots, with all conditions and paths that these complete."""
        self._bound |= slots
        step = checked(step, self._ready_conditions())
        for path in list(self._paths):
            assert path.slot is not None
            parts = {*path.nodes, *(self._pattern.hops[each].slot for each in path.hops)}
            if parts <= self._bound:
                self._paths.remove(path)
                self._bound.add(path.slot)
                step = checked(_joined(step, path, self._pattern), self._ready_conditions())
        self.steps.append(step)

    def _ready_conditions(self) -> list[Callable[[Working], bool]]:
        ready = [each for each in self._conditions if each.needs <= self._bound]
        self._conditions = [each for each in self._conditions if not each.needs <= self._bound]
        return [each.holds for each in ready]

    def _next_hop(self) -> int | None:
        """The hop that can be taken and leads to the fewest rows; of equal ones the first."""
        best, cost = None, float("inf")
        for index in self._left:
            found = self._hop_cost(index)
            if found is not None and found < cost:
                best, cost = index, found
        return best

    def _hop_cost(self, index: int) -> float | None:
        hop = self._pattern.hops[index]
        if not hop.needs <= self._bound:
            return None
        ends = (hop.left in self._bound) + (hop.right in self._bound)
        if hop.bounds is None and hop.slot in self._pattern.bound:
            return -1.0
        if ends == 0:
            return None
        if hop.bounds is None:
            count = self._graph.relationship_count(hop.types)
            return 0.0 if ends == 2 else count / max(self._graph.node_count, 1)
        return _REPEATS * (1 if ends == 2 else 2)

    def _take_hop(self, index: int) -> None:
        hop = self._pattern.hops[index]
        self._left.remove(index)
        lists = {each.slot for each in hop.lists}
        slots = {hop.slot, hop.left, hop.right, *lists}
        left, right = hop.left in self._bound, hop.right in self._bound
        is_closed = (left and right) or hop.left == hop.right
        backwards = not left
        graph, tick = self._graph, self._tick
        if hop.bounds is None and hop.slot in self._pattern.bound:
            step = require_relationship(hop, graph, self._bound)
        elif hop.bounds is None:
            step = expand(hop, graph, backwards=backwards, is_closed=is_closed, tick=tick)
        elif lists & self._pattern.bound:
            step = require_run(hop, graph, is_closed=is_closed)
        else:
            step = repeat(hop, backwards=backwards, is_closed=is_closed, tick=tick)
        self._events.append(("back" if backwards else "hop", index))
        self._add(step, slots)

    def _take_node(self, node: PatternNode) -> None:
        self._events.append(("node", node.slot))
        self._add(scan(node.slot, self._candidates(node), self._tick), {node.slot})

    def _node_cost(self, node: PatternNode) -> float:
        if any(each.needs <= self._bound for each in node.lookups):
            return 1.0
        counts = [len(self._graph.nodes_with_label(each)) for each in node.labels]
        return float(min(counts, default=self._graph.node_count + 1))

    def _candidates(self, node: PatternNode) -> Callable[[Working], Sequence[int]]:
        graph = self._graph
        labels = sorted(node.labels, key=lambda each: (len(graph.nodes_with_label(each)), each))
        lookups = [each for each in node.lookups if each.needs <= self._bound]

        def candidates(working: Working) -> Sequence[int]:
            for each in lookups:
                found = graph.nodes_with_property(each.key, each.value(working))
                if found is not None:
                    return found
            return graph.nodes_with_label(labels[0]) if labels else range(graph.node_count)

        return candidates


def _once(working: Working, used: set[int]) -> Iterator[bool]:
    yield True


def _joined(step: Step, path: PatternPath, pattern: PatternGraph) -> Step:
    """A step with which a path is complete, whose value it binds."""
    slot, hops = path.slot, [pattern.hops[each] for each in path.hops]
    assert slot is not None

    def joined(working: Working, used: set[int]) -> Iterator[bool]:
        for _ in step(working, used):
            nodes, links = [working[path.nodes[0]].id], list[int]()
            for hop, end in zip(hops, path.nodes[1:], strict=True):
                if hop.bounds is None:
                    nodes.append(working[end].id)
                    links.append(working[hop.slot].id)
                else:
                    for stretch in working[hop.slot]:
                        nodes += stretch.nodes
                        links += stretch.links
            working[slot] = PathValue(tuple(nodes), tuple(links))
            yield True

    return joined
