"""The graphs that are attacked, and whom to trust in them.

``library``: modules, classes and functions of the running Python's standard library, tests left out; real, and a little
different with each version of Python. ``rmat14``: the R-MAT graph of 2¹⁴ particles, the same everywhere.
"""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.data.graphs import Inputs
from focusmesh import Graph

if TYPE_CHECKING:
    from collections.abc import Hashable

SEED = 20
SEEDS_DRAWN = 20
KNOWN = 100
_NOT_THE_LIBRARY = ("test", "tests", "idlelib", "site-packages", "dist-packages", "lib2to3")


@dataclass(frozen=True)
class Honest:
    """A graph whose links all have the author ``"honest"``; ``stake`` is the sum of their weights."""

    name: str
    graph: Graph
    stake: float
    hubs: list[Hashable]
    """Every particle, the one of most focus first."""
    linking: list[Hashable]
    """Particles that link to something, in an order drawn once."""
    dangling: list[Hashable]
    """Particles that link to nothing, the one of most focus first."""

    @classmethod
    def of(cls, name: str, plain: Graph) -> Honest:
        """With the author added, and the particles sorted by what an attacker looks for."""
        links = plain.links()
        weight = np.ones(len(links)) if links.weight is None else links.weight.astype(np.float64)
        graph = Graph.from_edges(
            *(links.source, links.target, weight),
            author="honest",
            particles=len(links.particles),
        ).renamed(f"p{i}" for i in range(len(links.particles)))
        focus, structure = graph.focus(), graph.structure
        places = focus.order()
        links_out = structure.position[places] < structure.linking_count
        particles = focus.particles
        drawn = np.random.default_rng(SEED).permutation(np.sort(places[links_out]))
        return cls(
            name=name,
            graph=graph,
            stake=float(weight.sum()),
            hubs=[particles[int(i)] for i in places],
            linking=[particles[int(i)] for i in drawn],
            dangling=[particles[int(i)] for i in places[~links_out]],
        )

    @property
    def seeds(self) -> list[Hashable]:
        """Particles that are known to be honest."""
        return self.linking[:SEEDS_DRAWN]

    @property
    def known(self) -> Hashable:
        """One that is well known, none of the best, and no seed: the hundredth that links to something."""
        linking = set(self.deceived)
        return [hub for hub in self.hubs if hub in linking][:KNOWN][-1]

    @property
    def deceived(self) -> list[Hashable]:
        """Honest particles from which an attacker may link: others than the seeds."""
        return self.linking[SEEDS_DRAWN:]


def named(name: str) -> Honest:
    """``library`` or ``rmat14``."""
    if name == "library":
        return Honest.of(name, Graph.read(sysconfig.get_path("stdlib"), exclude=_NOT_THE_LIBRARY))
    inputs = Inputs.named(name)
    links = inputs.source, inputs.target, inputs.weight
    return Honest.of(name, Graph.from_edges(*links, particles=inputs.particle_count))
