"""Circles of imports among modules and among packages."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tests.tidy.imports import imports, module_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tests.tidy.tree import Source

LAYERS = tuple(
    f"focusmesh.{layer}" for layer in ("engine", "protocol", "kernel", "apps", "host", "interface")
)
"""What is below these is checked at every depth."""
Edges = dict[str, set[str]]


def module_circles(sources: Iterable[Source], roots: Collection[str]) -> list[str]:
    """Modules below ``roots`` that import each other in a circle, as one line a circle.

    Imports inside functions count. Those for types alone count too, except where all modules of a circle lie in one
    folder: there a pair may name each other's types.
    """
    listed = _below(sources, roots)
    real = [f"a circle of imports: {_named(one)}" for one in circles(_edges(listed, types=False))]
    typed = [
        f"a circle of imports for types: {_named(one)}"
        for one in circles(_edges(listed, types=True))
        if len({module.rpartition(".")[0] for module in one}) > 1
    ]
    return real + typed


def package_circles(sources: Iterable[Source], roots: Collection[str]) -> list[str]:
    """Packages beside each other that import each other in a circle, at every depth below ``roots``.

    What lies in a package counts as the package, a module beside it as itself; every import counts.
    """
    edges = _edges(_below(sources, roots), types=True)
    beside: dict[str, Edges] = defaultdict(lambda: defaultdict(set))
    for importer, targets in edges.items():
        for target in targets:
            parent, one, other = _parted(importer, target)
            if any(parent == root or parent.startswith(f"{root}.") for root in roots):
                beside[parent][one].add(other)
    packages = {module.rpartition(".")[0] for module in edges}
    return [
        f"a circle of packages: {_named(circle)}"
        for parent in sorted(beside)
        for circle in circles(beside[parent])
        if any(name in packages for name in circle)
    ]


def circles(edges: Mapping[str, Collection[str]]) -> list[list[str]]:
    """The strongly connected sets of more than one node, each sorted (Tarjan's algorithm, without recursion)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []
    for start in sorted(edges):
        work = [] if start in order else [(start, iter(sorted(edges[start])))]
        while work:
            node, waiting = work[-1]
            if node not in order:
                order[node] = low[node] = len(order)
                stack.append(node)
            following = next((one for one in waiting if one in edges), None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    circle = stack[stack.index(node) :]
                    del stack[stack.index(node) :]
                    found += [sorted(circle)] if len(circle) > 1 else []
            elif following not in order:
                work.append((following, iter(sorted(edges[following]))))
            elif following in stack:
                low[node] = min(low[node], order[following])
    return sorted(found)


def _below(sources: Iterable[Source], roots: Collection[str]) -> list[Source]:
    return [
        source
        for source in sources
        if any(source.module == root or source.module.startswith(f"{root}.") for root in roots)
    ]


def _edges(sources: list[Source], *, types: bool) -> Edges:
    """Which module imports which; with ``types`` those for types alone too. Importing a package is its ``__init__``."""
    modules = {source.module for source in sources}
    edges: Edges = {source.module: set() for source in sources}
    for source in sources:
        for item in imports(source):
            target = module_of(item.name, modules)
            if target is None or target == source.module:
                continue
            if types or not item.is_for_types:
                edges[source.module].add(target)
    return edges


def _parted(importer: str, target: str) -> tuple[str, str, str]:
    """The package in which the ways to two modules part, and what lies directly in it on either way."""
    one, other = importer.split("."), target.split(".")
    depth = 0
    while depth < min(len(one), len(other)) - 1 and one[depth] == other[depth]:
        depth += 1
    parent = ".".join(one[:depth])
    return parent, ".".join(one[: depth + 1]), ".".join(other[: depth + 1])


def _named(circle: list[str]) -> str:
    return " ⇄ ".join(circle)
