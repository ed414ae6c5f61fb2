"""The step that takes selected paths: any, the shortest, or groups of equal length between each pair of ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.paths import PathSearch, Segment, select_paths
from focusmesh.engine.reasoning.query.plans.steps import bind_run, reversed_run
from focusmesh.engine.reasoning.query.values import NodeValue, RelationshipValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from focusmesh.engine.reasoning.query.paths import PathFound, Stretch, Tick
    from focusmesh.engine.reasoning.query.plans.pattern_graph import (
        Holds,
        PatternHop,
        PatternSelection,
        Working,
    )
    from focusmesh.engine.reasoning.query.plans.steps import Step


def select(
    selection: PatternSelection,
    hops: Sequence[PatternHop],
    bound: frozenset[int],
    longest: int,
    tick: Tick,
    *,
    backwards: bool,
) -> Step:
    """The paths that a selector takes, from one end; ``bound`` are the slots that have values before."""
    nodes = selection.nodes[::-1] if backwards else selection.nodes
    order = list(hops)[::-1] if backwards else list(hops)
    is_closed = nodes[-1] in bound or nodes[-1] == nodes[0]
    own = {slot for hop in hops for slot in (hop.single, hop.left, hop.right) if slot is not None}
    fixed_slots = own & bound
    keeps = selection.mode != "walk"

    def step(working: Working, used: set[int]) -> Iterator[bool]:
        fixed = {slot: working[slot] for slot in fixed_slots}
        first = working[nodes[0]].id
        segments = _segments(selection, order, nodes, working, backwards=backwards)
        search = PathSearch(first, segments, selection.mode, longest, tick)

        def admits(found: PathFound) -> bool:
            return (
                _bind(working, order, nodes, found, first, backwards=backwards)
                and all(working[slot] == value for slot, value in fixed.items())
                and all(holds(working) for holds in selection.late)
            )

        wanted = working[nodes[-1]].id if is_closed else None
        for end in search.ends(wanted):
            groups = search.paths(end)
            for found in select_paths(groups, selection.kind, selection.count, admits):
                links = {link for run in found.runs for each in run for link in each.links}
                if keeps and not used.isdisjoint(links):
                    continue
                used |= links if keeps else set()
                yield True
                used -= links if keeps else set()
        for slot, value in fixed.items():
            working[slot] = value

    return step


def _segments(
    selection: PatternSelection,
    order: Sequence[PatternHop],
    nodes: Sequence[int],
    working: Working,
    *,
    backwards: bool,
) -> list[Segment]:
    made = list[Segment]()
    for hop, slot in zip(order, nodes[1:], strict=True):
        assert hop.advance is not None
        assert hop.bounds is not None
        tests = selection.tests.get(slot, ())
        admits = _admission(slot, tests, working)
        back = hop.advance(working, not backwards) if selection.body == 1 else None
        made.append(Segment(hop.advance(working, backwards), *hop.bounds, admits, back))
    return made


def _admission(slot: int, tests: Sequence[Holds], working: Working) -> Callable[[int], bool]:
    """Whether a node may lie between two segments."""
    if not tests:
        return lambda node: True

    def admits(node: int) -> bool:
        before, working[slot] = working[slot], NodeValue(node)
        holds = all(each(working) for each in tests)
        working[slot] = before
        return holds

    return admits


def _bind(
    working: Working,
    order: Sequence[PatternHop],
    nodes: Sequence[int],
    found: PathFound,
    first: int,
    *,
    backwards: bool,
) -> bool:
    """Sets all elements of a path; False where one variable would be two nodes."""
    at, bound, runs = first, {nodes[0]: first}, list[tuple["Stretch", ...]]()
    for run, slot in zip(found.runs, nodes[1:], strict=True):
        runs.append(reversed_run(at, run) if backwards else run)
        at = run[-1].nodes[-1] if run else at
        if bound.setdefault(slot, at) != at:
            return False
    for slot, node in bound.items():
        working[slot] = NodeValue(node)
    for hop, run in zip(order, runs, strict=True):
        bind_run(hop, working, run)
        if hop.single is not None:
            working[hop.single] = RelationshipValue(run[0].links[0])
    return True
