"""The packages of the project and who imports whom among them: what the drawing and the READMEs are made from."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tests.tidy.cycles import circles
from tests.tidy.imports import LAYERS, PROJECT, imports, module_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tests.tidy.tree import Source

LEAVES = "leaves"
"""The modules that lie directly in the project and that every layer may import, drawn as one."""

Edges = dict[str, set[str]]


def package_edges(sources: Iterable[Source], depth: int) -> Edges:
    """Which package imports which, names without the project's: ``kernel`` at depth 1, ``kernel.block`` at depth 2.

    Every import counts, lazy ones and those for types alone too. A module beside packages counts as a package.
    """
    listed = list(sources)
    modules = {source.module for source in listed}
    edges: Edges = defaultdict(set)
    for source in listed:
        importer = _cut(source.module, depth)
        if not importer:
            continue
        edges[importer]
        for item in imports(source):
            target = _cut(module_of(item.name, modules) or "", depth)
            if target and target != importer:
                edges[importer].add(target)
    return dict(edges)


def _cut(module: str, depth: int) -> str:
    """The package at a depth; "" for the project itself and for what is not of it."""
    parts = module.split(".")
    if parts[0] != PROJECT or len(parts) == 1:
        return ""
    return LEAVES if parts[1] not in LAYERS else ".".join(parts[1 : depth + 1])


def reduced(edges: Mapping[str, Collection[str]]) -> Edges:
    """The edges less those that a longer way implies."""
    return {
        one: {
            target
            for target in targets
            if not any(target in reachable(edges, other) for other in targets)
        }
        for one, targets in edges.items()
    }


def reachable(edges: Mapping[str, Collection[str]], start: str) -> set[str]:
    """All that lies below ``start``, itself not counted."""
    waiting, found = list(edges.get(start, ())), set[str]()
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += edges.get(one, ())
    return found


def rungs(edges: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Rung over rung, the lowest first: each name stands one above the highest of what it imports.

    Raises ValueError where names import each other in a circle.
    """
    if found := circles(edges):
        raise ValueError(f"no order among {' ⇄ '.join(found[0])}")
    heights: dict[str, int] = {}

    def height(name: str) -> int:
        if name not in heights:
            below = [height(target) for target in edges[name] if target in edges]
            heights[name] = 1 + max(below, default=-1)
        return heights[name]

    rows: dict[int, list[str]] = defaultdict(list)
    for name in sorted(edges):
        rows[height(name)].append(name)
    return [rows[number] for number in sorted(rows)]
