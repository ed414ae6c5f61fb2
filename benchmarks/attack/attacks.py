"""Attacks as links that are added to an honest graph. A unit of stake is a link of weight 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from benchmarks.attack.honest import Honest
    from focusmesh import Graph

    Link: TypeAlias = tuple[Hashable, Hashable, float, None, str]

TARGET = "target"
STAKE = 100.0
THIN = 1e-6
SIZES = (10, 100, 1000)


@dataclass(frozen=True)
class Attack:
    """``links`` (source, target, weight, no relation, author) are added; what ``owned`` particles score is the gain.

    ``weighed``: links then count by the karma of their authors, of which the attacker's have none.
    """

    name: str
    size: int
    links: Sequence[Link]
    owned: Sequence[Hashable]
    weighed: bool = False

    @property
    def stake(self) -> float:
        """Weight of all links that the attacker adds."""
        return sum(link[2] for link in self.links)

    def on(self, graph: Graph) -> Graph:
        """The attacked graph; nothing is done to ``graph`` itself."""
        attacked = graph.copy()
        attacked.update(self.links)
        return attacked.weighed({"honest": 1.0}) if self.weighed else attacked


def all_attacks(honest: Honest, sizes: Sequence[int] = SIZES) -> Iterator[Attack]:
    """Each kind in each size."""
    for size in sizes:
        yield link_farm("link farm", size)
        yield link_farm("link farm of next to no stake", size, THIN)
        yield link_farm("link farm, one honest link", size, bridge=honest.known)
    for size in sizes:
        yield sybil_authors("Sybil authors", size, honest.hubs[0])
        yield sybil_authors("Sybil authors, karma counts", size, honest.hubs[0], weighed=True)
    yield stake_split("stake on one link", [honest.known])
    yield stake_split("stake split over authors", [honest.known] * 100)
    for size in sizes:
        yield stake_split("stake split over particles", honest.deceived[:size])
        yield stake_split("stake split over dangling hubs", honest.dangling[:size])
    for size in sizes:
        yield spam_particle("spam particle", honest.hubs[:size], 1.0)
        yield spam_particle("spam particle, heavy", honest.hubs[:size], STAKE)


def link_farm(name: str, size: int, weight: float = 1.0, bridge: Hashable | None = None) -> Attack:
    """``size`` new particles and the target link to each other; ``bridge`` is deceived into one link of weight 1."""
    farm = [f"farm {i}" for i in range(size)]
    links = [_link(page, TARGET, weight) for page in farm]
    links += [_link(TARGET, page, weight) for page in farm]
    if bridge is not None:
        links.append(_link(bridge, TARGET, 1.0))
    return Attack(name, size, links, [TARGET, *farm])


def sybil_authors(name: str, size: int, hub: Hashable, weighed: bool = False) -> Attack:
    """``size`` authors, all one person, each say once that the hub links to the target."""
    links = [_link(hub, TARGET, 1.0, f"sybil {i}") for i in range(size)]
    return Attack(name, size, links, [TARGET], weighed)


def stake_split(name: str, sources: Sequence[Hashable]) -> Attack:
    """The same stake in all, in equal parts: a link by an author of its own from each of ``sources`` to the target."""
    part = STAKE / len(sources)
    links = [_link(source, TARGET, part, f"part {i}") for i, source in enumerate(sources)]
    return Attack(name, len(sources), links, [TARGET])


def spam_particle(name: str, hubs: Sequence[Hashable], weight: float) -> Attack:
    """A new particle links to each hub; nothing links to it."""
    return Attack(name, len(hubs), [_link(TARGET, hub, weight) for hub in hubs], [TARGET])


def _link(source: Hashable, target: Hashable, weight: float, author: str = "attacker") -> Link:
    return source, target, weight, None, author
