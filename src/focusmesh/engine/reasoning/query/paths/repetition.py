"""Stretches of a path that repeat, depth first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

PathMode = Literal["walk", "trail", "simple", "acyclic"]


class Stretch(NamedTuple):
    """One repetition: its relationships, and the node behind each."""

    links: tuple[int, ...]
    nodes: tuple[int, ...]


Advance = Callable[[int], Sequence[Stretch]]
"""The repetitions that begin at a node, rising."""
Tick = Callable[[], None]
"""Called once a step; raises BudgetError where a limit is passed."""


def repetitions(
    start: int,
    advance: Advance,
    bounds: tuple[int, int | None],
    mode: PathMode,
    used: set[int],
    tick: Tick,
) -> Iterator[tuple[Stretch, ...]]:
    """All runs of repetitions from ``start``, shorter ones before those that go on from them.

    Except in walks, no relationship is taken twice, nor one in ``used``; while a run is out, its own are in there.
    """
    least, most = bounds
    if least == 0:
        yield ()
    if most == 0:
        return
    keeps = mode != "walk"
    known = dict[int, Sequence[Stretch]]()
    run = list[Stretch]()
    waiting = [iter(_look_up(start, advance, known))]
    while waiting:
        stretch = next(waiting[-1], None)
        if stretch is None:
            waiting.pop()
            if run:
                gone = run.pop()
                used.difference_update(gone.links if keeps else ())
            continue
        tick()
        if keeps and not used.isdisjoint(stretch.links):
            continue
        run.append(stretch)
        if mode in ("simple", "acyclic") and not has_lawful_nodes(_nodes(start, run), mode):
            run.pop()
            continue
        if keeps:
            used.update(stretch.links)
        if len(run) >= least:
            yield tuple(run)
        if most is None or len(run) < most:
            waiting.append(iter(_look_up(stretch.nodes[-1], advance, known)))
        else:
            run.pop()
            used.difference_update(stretch.links if keeps else ())


def _look_up(node: int, advance: Advance, known: dict[int, Sequence[Stretch]]) -> Sequence[Stretch]:
    found = known.get(node)
    if found is None:
        found = known[node] = advance(node)
    return found


def _nodes(start: int, run: Sequence[Stretch]) -> list[int]:
    return [start, *(node for stretch in run for node in stretch.nodes)]


def has_lawful_nodes(nodes: Sequence[int], mode: PathMode) -> bool:
    """Whether a path has its nodes as ``mode`` says: with ``acyclic`` none twice, with ``simple`` but the ends."""
    if mode == "acyclic":
        return len(set(nodes)) == len(nodes)
    if mode == "simple":
        return len(set(nodes[1:])) == len(nodes) - 1 and nodes[0] not in nodes[1:-1]
    return True
