"""The shortest way along links from where a question entered the graph to what it came upon."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from focusmesh.engine.links import LinkView, Structure
    from focusmesh.engine.support.arrays import FloatArray, IndexArray

VISITS_MAX = 200_000
"""Links that are looked at before the search gives up."""


@dataclass(frozen=True, slots=True)
class Path:
    """Particles in a row. ``directions[i]`` is "→", "←" or "↔", as links lead between one and the next.

    ``relations[i]`` are the relations of those links, strongest first, where the graph has any.
    """

    particles: tuple[Hashable, ...]
    directions: tuple[str, ...]
    relations: tuple[tuple[Hashable, ...], ...]

    def __str__(self) -> str:
        from focusmesh.engine.links import label

        text = label(self.particles[0])
        for name, direction, said in zip(
            self.particles[1:], self.directions, self.relations, strict=True
        ):
            relation = f" {label(said[0])} " if said else " "
            text += f" {direction}{relation}{label(name)}"
        return text


def shortest_path(graph: LinkView, starts: Mapping[int, float], target: int) -> Path | None:
    """From one of ``starts`` (index → share) to ``target`` along links of either direction.

    Of several that are as near, the one of the largest share; of several ways from there, that of the strongest links
    next to the target. None where the first ``VISITS_MAX`` links around the target lead to none of them.
    """
    structure = graph.structure
    wanted = {int(structure.position[start]): share for start, share in starts.items()}
    end = int(structure.position[target])
    towards = {end: end}
    for ring in _rings(structure, end, towards):
        near = [at for at in ring if at in wanted]
        if near:
            found = [max(near, key=lambda at: wanted[at])]
            while found[-1] != end:
                found.append(towards[found[-1]])
            return path_of(graph, [graph.particles[int(structure.order[at])] for at in found])
    return None


def path_of(graph: LinkView, particles: list[Hashable]) -> Path:
    """``particles`` with what links each to the next; "·" where nothing does."""
    steps = [_step(graph, one, other) for one, other in pairwise(particles)]
    return Path(
        tuple(particles),
        tuple(direction for direction, _ in steps),
        tuple(relations for _, relations in steps),
    )


def _rings(structure: Structure, end: int, towards: dict[int, int]) -> Iterator[list[int]]:
    """Positions that are 0, 1, 2 … links away from ``end``; ``towards`` says which one is next on the way back."""
    ring, visits = [end], 0
    while ring:
        yield ring
        following: list[int] = []
        for at in ring:
            others, weights = _neighbours(structure, at)
            visits += len(others)
            if visits > VISITS_MAX:
                return
            for other in others[np.argsort(-weights, kind="stable")].tolist():
                if other not in towards:
                    towards[other] = at
                    following.append(other)
        ring = following


def _neighbours(structure: Structure, at: int) -> tuple[IndexArray, FloatArray]:
    sides = structure.out_row(at), structure.in_row(at)
    return np.concatenate([row for row, _ in sides]), np.concatenate([w for _, w in sides])


def _step(graph: LinkView, one: Hashable, other: Hashable) -> tuple[str, tuple[Hashable, ...]]:
    forth, back = graph.between(one, other), graph.between(other, one)
    direction = "↔" if forth and back else "→" if forth else "←" if back else "·"
    ranked = sorted([*forth, *back], key=lambda link: -link.weight)
    return direction, tuple(dict.fromkeys(link.relation for link in ranked if link.relation != ""))
