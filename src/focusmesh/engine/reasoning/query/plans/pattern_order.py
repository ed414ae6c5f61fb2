"""In which order a pattern is matched: from what is bound or rare, along the hops that lead to the fewest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.plans.selection import select
from focusmesh.engine.reasoning.query.plans.steps import (
    Step,
    expand,
    reach,
    repeat,
    require_node,
    require_relationship,
    require_run,
    scan,
    with_conditions,
)
from focusmesh.engine.reasoning.query.values import PathValue
from focusmesh.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from focusmesh.engine.reasoning.query.paths import Tick
    from focusmesh.engine.reasoning.query.plans.pattern_graph import (
        PatternGraph,
        PatternHop,
        PatternLookup,
        PatternNode,
        PatternPath,
        PatternSelection,
        Working,
    )
    from focusmesh.engine.reasoning.query.sources import PropertyGraph

_REPEATS = 1_000.0
"""What a hop that repeats counts for, more than any single one of a sparse graph."""

RARE_MAX = 4
"""So many nodes are looked for one by one."""


class PatternOrder:
    """Chooses the steps of one pattern; ``is_natural`` says that rows come by index of particles by themselves."""

    def __init__(
        self, pattern: PatternGraph, graph: PropertyGraph, tick: Tick, names: Mapping[str, int]
    ) -> None:
        """``names`` has the slots of variables; ``words`` tells the steps by these."""
        self._pattern, self._graph, self._tick = pattern, graph, tick
        self._names = {slot: name for name, slot in names.items()}
        self._bound = set(pattern.bound)
        selected = {each for selection in pattern.selections for each in selection.hops}
        self._left = [each for each in range(len(pattern.hops)) if each not in selected]
        self._selections = list(pattern.selections)
        self._conditions = list(pattern.conditions)
        self._paths = [each for each in pattern.paths if each.slot is not None]
        self._events = list[tuple[str, int]]()
        self.steps = list[Step]()
        self.words = list[str]()
        self._choose()

    @property
    def is_whole(self) -> bool:
        """Whether all of the pattern is matched; else parts of it wait for one another."""
        return not (self._left or self._selections or self._conditions)

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
            selection = self._next_selection()
            if hop is not None:
                self._take_hop(hop)
                continue
            if selection is not None:
                self._take_rare_end(selection)
                self._take_selection(selection)
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
        step = with_conditions(step, self._ready_conditions())
        for path in list(self._paths):
            assert path.slot is not None
            parts = {*path.nodes, *(self._pattern.hops[each].slot for each in path.hops)}
            if parts <= self._bound:
                self._paths.remove(path)
                self._bound.add(path.slot)
                step = with_conditions(
                    _with_path(step, path, self._pattern), self._ready_conditions()
                )
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
        elif hop.has_ends_only:
            step = reach(hop, backwards=backwards, is_closed=is_closed, tick=tick)
        else:
            step = repeat(hop, backwards=backwards, is_closed=is_closed, tick=tick)
        self._events.append(("back" if backwards else "hop", index))
        self.words.append(f"MATCH: {self._way(hop, backwards=backwards, is_closed=is_closed)}")
        self._add(step, slots)

    def _next_selection(self) -> PatternSelection | None:
        """The first selected path of which an end is bound, and all that its conditions read."""
        for each in self._selections:
            if each.needs <= self._bound and {each.nodes[0], each.nodes[-1]} & self._bound:
                return each
        return None

    def _take_rare_end(self, selection: PatternSelection) -> None:
        """Binds the other end first where few nodes come into question: then the search ends when it is reached."""
        for slot in {selection.nodes[0], selection.nodes[-1]} - self._bound:
            if self._node_cost(self._pattern.nodes[slot]) <= RARE_MAX:
                self._take_node(self._pattern.nodes[slot])

    def _take_selection(self, selection: PatternSelection) -> None:
        hops = [self._pattern.hops[each] for each in selection.hops]
        self._selections.remove(selection)
        backwards = selection.nodes[0] not in self._bound
        step = select(
            *(selection, hops, frozenset(self._bound), self._longest(selection, hops), self._tick),
            backwards=backwards,
        )
        slots = {*selection.nodes, *(each.slot for hop in hops for each in hop.lists)}
        slots |= {slot for hop in hops for slot in (hop.slot, hop.single) if slot is not None}
        self._events += (("back" if backwards else "hop", each) for each in selection.hops)
        start, end = (
            selection.nodes[-1 if backwards else 0],
            selection.nodes[0 if backwards else -1],
        )
        self.words.append(
            f"MATCH: {selection.kind} {selection.count} of the paths from {self._name_of(start)}"
            f" to {self._name_of(end)}"
        )
        self._add(step, slots)

    def _longest(self, selection: PatternSelection, hops: Sequence[PatternHop]) -> int:
        """A length beyond which no path is lawful, or every further one goes round a cycle."""
        if selection.mode == "trail":
            return self._graph.relationship_count(())
        if selection.mode != "walk":
            return self._graph.node_count
        states = sum((hop.bounds or (1, 1))[0] + 1 for hop in hops)
        return self._graph.node_count * states * selection.body

    def _take_node(self, node: PatternNode) -> None:
        self._events.append(("node", node.slot))
        self.words.append(
            f"MATCH: start at {self._name_of(node.slot)}, {self._reason(node)}"
            f" (about {self._node_cost(node):,.0f})"
        )
        self._add(scan(node.slot, self._candidates(node), self._tick), {node.slot})

    def _name_of(self, slot: int) -> str:
        return self._names.get(slot, "an unnamed node")

    def _reason(self, node: PatternNode) -> str:
        """What a node is found by."""
        keys = [each.key for each in node.lookups if each.needs <= self._bound]
        if keys:
            return f"by property {', '.join(keys)}"
        return f"by label {', '.join(sorted(node.labels))}" if node.labels else "all particles"

    def _way(self, hop: PatternHop, *, backwards: bool, is_closed: bool) -> str:
        """A hop in words."""
        start, end = (hop.right, hop.left) if backwards else (hop.left, hop.right)
        least, most = hop.bounds or (1, 1)
        times = (
            "" if hop.bounds is None else f", {least} to {'any number' if most is None else most}"
        )
        types = "|".join(hop.types) or "any type"
        aim = "which is known" if is_closed else "new"
        return f"from {self._name_of(start)} by {types}{times} to {self._name_of(end)}, {aim}"

    def _node_cost(self, node: PatternNode) -> float:
        counts = [len(self._graph.nodes_with_label(each)) for each in node.labels]
        least = min(counts, default=self._graph.node_count + 1)
        for each in node.lookups:
            if each.needs <= self._bound:
                least = min(least, self._lookup_cost(each, least))
        return float(least)

    def _lookup_cost(self, lookup: PatternLookup, most: int) -> int:
        """How many nodes a look-up finds, 1 where its value is not known yet, a tenth of ``most`` without index."""
        if lookup.needs:
            return 1
        try:
            value = lookup.value([None] * self._pattern.width)
        except QueryError:
            return 1
        found = self._graph.nodes_with_property(lookup.key, value)
        return most // 10 if found is None else len(found)

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


def _with_path(step: Step, path: PatternPath, pattern: PatternGraph) -> Step:
    """A step with which a path is complete, whose value it binds."""
    slot, hops = path.slot, [pattern.hops[each] for each in path.hops]
    assert slot is not None

    def bind_path(working: Working, used: set[int]) -> Iterator[bool]:
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

    return bind_path
