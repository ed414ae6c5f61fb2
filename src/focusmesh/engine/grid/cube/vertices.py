"""The nine places of a cube and the edges between them: along these alone do messages go."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERTICES = ("NEU", "NED", "NWU", "NWD", "SEU", "SED", "SWU", "SWD")
"""North or south (y), east or west (x), up or down (z): ``SWD`` is the corner with the lowest coordinates."""

CENTRAL = "CENTRAL"
"""The place in the middle: a spoke leads to each vertex."""

PLACES = (*VERTICES, CENTRAL)

DIAGONALS = {
    "none": frozenset[int](),
    "faces": frozenset({2}),
    "space": frozenset({3}),
    "all": frozenset({2, 3}),
}
"""Which diagonals a cube has beside its edges: in how many letters the ends differ."""


def vertex_offset(vertex: str) -> tuple[int, int, int]:
    """(x, y, z) of a vertex's block, counted from the cube's ``SWD`` block; each 0 or 1."""
    check_vertex(vertex)
    return int(vertex[1] == "E"), int(vertex[0] == "N"), int(vertex[2] == "U")


def check_place(name: str, *, central: bool = True) -> str:
    """``name``, if it is a vertex's or, unless ``central`` is false, CENTRAL. Raises GridError ``"vertex"``."""
    if name in VERTICES or (central and name == CENTRAL):
        return name
    known = PLACES if central else VERTICES
    raise GridError("vertex", f"a cube has no vertex {name!r}; it has {', '.join(known)}")


def check_vertex(name: str) -> str:
    """``name``, if it is one of the eight. Raises GridError ``"vertex"``."""
    return check_place(name, central=False)


@cache
def edges_of(diagonals: str = "none") -> frozenset[frozenset[str]]:
    """12 edges and 8 spokes, with 12 diagonals of faces and 4 of space where they are asked for.

    Raises GridError ``"template"`` for another word than none, faces, space or all.
    """
    if diagonals not in DIAGONALS:
        known = ", ".join(DIAGONALS)
        raise GridError("template", f"a cube's diagonals are one of {known}, not {diagonals!r}")
    lengths = DIAGONALS[diagonals] | {1}
    between = {
        frozenset(pair)
        for pair in combinations(VERTICES, 2)
        if sum(a != b for a, b in zip(*pair, strict=True)) in lengths
    }
    return frozenset(between | {frozenset((CENTRAL, vertex)) for vertex in VERTICES})


@cache
def neighbours_of(diagonals: str = "none") -> Mapping[str, tuple[str, ...]]:
    """For each place those that an edge leads to, in the order of ``PLACES``."""
    edges = edges_of(diagonals)
    return {
        place: tuple(other for other in PLACES if frozenset((place, other)) in edges)
        for place in PLACES
    }


def check_edge(source: str, target: str, diagonals: str) -> None:
    """Raises GridError ``"vertex"`` for an unknown end, ``"edge"`` where no edge joins the two."""
    check_place(source), check_place(target)
    if target not in neighbours_of(diagonals)[source]:
        near = ", ".join(neighbours_of(diagonals)[source])
        raise GridError(
            "edge", f"no edge leads from {source} to {target}; messages go from there to {near}"
        )
