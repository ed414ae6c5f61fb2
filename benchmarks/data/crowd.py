"""A crowd of gossiping nodes in one thread and virtual time: their cores, and lines with latencies between them."""

from __future__ import annotations

import heapq
import random
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from focusmesh.protocol.gossip import Arrived, Contact, GossipCore, Send, Verdict
from focusmesh.protocol.gossip.messages import (
    Join,
    Neighbour,
    NeighbourAnswer,
    Push,
    encode_message,
    message_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.protocol.gossip import GossipSettings
    from focusmesh.protocol.gossip.messages import Message

LATENCY_S = (0.005, 0.095)
"""One way between two nodes: even, and the same for a pair at all times."""
LOST_S = 10.0
"""After which a connection with a dead node is given up, as a QUIC connection that is idle."""
_GROUPS = 50
UNREACHABLE_S = 5.0
"""After which calling a dead node is given up."""


@dataclass
class Spread:
    """How one message went: who has it at what time, and what that took."""

    begun_s: float
    reached_s: dict[int, float] = field(default_factory=dict)
    hops: dict[int, int] = field(default_factory=dict)
    pushes: int = 0
    pushed_bytes: int = 0

    def redundancy(self) -> float:
        """Relative message redundancy of the Plumtree paper: pushes for each node reached, less 1."""
        return self.pushes / max(1, len(self.reached_s) - 1) - 1

    def share(self, nodes: Iterable[int]) -> float:
        """The part of the nodes that it reached (reliability)."""
        listed = list(nodes)
        return sum(node in self.reached_s for node in listed) / len(listed)

    def last_hop(self) -> int:
        return max(self.hops.values())

    def seconds(self, quantile: float = 1.0) -> float:
        """From its beginning until that part of those whom it reached had it."""
        times = sorted(self.reached_s.values())
        return times[max(0, round(quantile * len(times)) - 1)] - self.begun_s


class Crowd:
    """``count`` nodes, each of which joins by an earlier one. A function of its seed."""

    def __init__(self, count: int, seed: int, settings: GossipSettings) -> None:
        self.now_s = 0.0
        self.chance = random.Random(seed)
        self.settings = settings
        self.cores: dict[int, GossipCore] = {}
        self.spreads: dict[bytes, Spread] = {}
        self.control_bytes = 0
        self.control_counts: dict[str, int] = {}
        self.blames: dict[str, int] = {}
        self.blamed: dict[bytes, int] = {}
        self.contacts = [
            Contact(number.to_bytes(32, "big"), f"sim:{number}") for number in range(count)
        ]
        self.hostile: dict[int, None] = {}
        self.is_mute: Callable[[int, Message], bool] | None = None
        self._side: list[int] = [0] * count
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._numbers = 0
        self._groups: list[dict[int, GossipCore]] = [{} for _ in range(_GROUPS)]
        for number in range(_GROUPS):
            self.after(number / _GROUPS * self._tick_s, self._tick, number)
        self._sizes: tuple[Message, int] | None = None

    def after(self, seconds: float, act: Callable[..., None], *given: Any) -> None:
        """``act(*given)`` is carried out so many seconds from now."""
        self._numbers += 1
        heapq.heappush(self._events, (self.now_s + seconds, self._numbers, act, given))

    def turn(self, nodes: Iterable[int], calls_per_s: float) -> None:
        """Makes nodes hostile: they call honest ones all the time, accept whoever calls, and say no more."""
        self.hostile |= dict.fromkeys(nodes)
        for node in self.hostile:
            self.after(self.chance.random() / calls_per_s, self._strike, node, 1 / calls_per_s)

    def _strike(self, node: int, wait_s: float) -> None:
        honest = [other for other in self.cores if other not in self.hostile]
        call = Neighbour(self.contacts[node].address, urgent=True)
        self._deliver(node, self.chance.choice(honest), call)
        self.after(wait_s, self._strike, node, wait_s)

    def copy(self) -> Crowd:
        """The same crowd at the same moment, which goes its own way."""
        return deepcopy(self)

    def run(self, seconds: float) -> None:
        """Lets so much time go by."""
        until = self.now_s + seconds
        while self._events and self._events[0][0] <= until:
            self.now_s, _, act, given = heapq.heappop(self._events)
            act(*given)
        self.now_s = until

    def begin(self, node: int, by: int | None = None) -> None:
        """Starts a node, which joins by another."""
        core = GossipCore(
            self.contacts[node], random.Random(self.chance.random()).randbytes, self.settings
        )
        self.cores[node] = core
        self._groups[self.chance.randrange(_GROUPS)][node] = core
        if by is not None:
            core.join([self.contacts[by]])
            self.carry_out(node)

    def kill(self, nodes: Iterable[int]) -> None:
        """Ends nodes without a word; the others find out."""
        dead = list(nodes)
        for node in dead:
            del self.cores[node]
        keys = [self.contacts[node].key for node in dead]
        self.after(LOST_S, self._lose, keys)

    def part(self, sides: dict[int, int]) -> None:
        """Cuts the lines between nodes of different sides."""
        for node, side in sides.items():
            self._side[node] = side
        for node, core in list(self.cores.items()):
            far = [c.key for c in core.neighbours if self._side[_number(c.key)] != self._side[node]]
            self.after(LOST_S, self._lose_some, node, core, far)

    def heal(self) -> None:
        """Joins all lines again."""
        self._side = [0] * len(self._side)

    def publish(self, node: int, topic: str, data: bytes) -> Spread:
        """A broadcast of one node's."""
        digest = message_id(topic, data)
        spread = self.spreads[digest] = Spread(self.now_s, {node: self.now_s}, {node: 0})
        self.cores[node].publish(topic, data)
        self.carry_out(node)
        return spread

    def neighbours(self, node: int) -> list[int]:
        """The numbers of a node's neighbours."""
        return [_number(contact.key) for contact in self.cores[node].neighbours]

    def pieces(self) -> list[int]:
        """How many nodes each part of the overlay has that nothing leads out of, the largest first."""
        left, sizes = dict.fromkeys(self.cores), []
        while left:
            waiting, size = [left.popitem()[0]], 1
            while waiting:
                near = [each for each in self.neighbours(waiting.pop()) if each in left]
                for each in near:
                    del left[each]
                waiting += near
                size += len(near)
            sizes.append(size)
        return sorted(sizes, reverse=True)

    def latency_s(self, one: int, other: int) -> float:
        """Between two nodes, always the same."""
        mixed = (min(one, other) * 2_654_435_761 + max(one, other) * 40_503) & 0xFFFF_FFFF
        low, high = LATENCY_S
        return low + (high - low) * ((mixed ^ mixed >> 15) % 10_007) / 10_007

    def carry_out(self, node: int) -> None:
        """Does what a core wants done."""
        core = self.cores[node]
        while effects := core.take():
            for effect in effects:
                if isinstance(effect, Send):
                    self._send(node, _number(effect.contact.key), effect.message)
                elif isinstance(effect, Arrived):
                    self._arrived(node, effect)
                    core.settle(effect.id, Verdict.ACCEPT)
                else:
                    self.blames[effect.fault] = self.blames.get(effect.fault, 0) + 1
                    self.blamed[effect.peer] = self.blamed.get(effect.peer, 0) + 1

    def _arrived(self, node: int, effect: Arrived) -> None:
        self.spreads[effect.id].reached_s[node] = self.now_s

    def _send(self, node: int, other: int, message: Message) -> None:
        if node in self.hostile or (self.is_mute is not None and self.is_mute(node, message)):
            return
        self._deliver(node, other, message)

    def _deliver(self, node: int, other: int, message: Message) -> None:
        self._count(message)
        if other in self.cores and self._side[node] == self._side[other]:
            self.after(self.latency_s(node, other), self._receive, node, other, message)
        else:
            core = self.cores[node]
            self.after(UNREACHABLE_S, self._fail, node, core, self.contacts[other].key)

    def _count(self, message: Message) -> None:
        if self._sizes is None or self._sizes[0] is not message:
            self._sizes = message, len(encode_message(message))
        if isinstance(message, Push):
            spread = self.spreads[message_id(message.topic, message.data)]
            spread.pushes += 1
            spread.pushed_bytes += self._sizes[1]
        else:
            name = type(message).__name__
            self.control_counts[name] = self.control_counts.get(name, 0) + 1
            self.control_bytes += self._sizes[1]

    def _receive(self, node: int, other: int, message: Message) -> None:
        core = self.cores.get(other)
        if core is None or self._side[node] != self._side[other]:
            return
        if other in self.hostile:
            if isinstance(message, Neighbour | Join):
                self._deliver(other, node, NeighbourAnswer(accepted=True))
            return
        if isinstance(message, Push):
            spread = self.spreads[message_id(message.topic, message.data)]
            spread.hops.setdefault(other, message.hops + 1)
        core.receive(self.contacts[node].key, message)
        self.carry_out(other)

    def _fail(self, node: int, core: GossipCore, key: bytes) -> None:
        if self.cores.get(node) is core:
            core.unreachable(key)
            self.carry_out(node)

    def _lose(self, keys: list[bytes]) -> None:
        for node, core in list(self.cores.items()):
            for key in keys:
                core.lose(key)
            self.carry_out(node)

    def _lose_some(self, node: int, core: GossipCore, keys: list[bytes]) -> None:
        if self.cores.get(node) is core:
            for key in keys:
                core.lose(key)
            self.carry_out(node)

    @property
    def _tick_s(self) -> float:
        return self.settings.tick_ms / 1_000

    def _tick(self, number: int) -> None:
        """One tick of some of the nodes, which have theirs together; all of them would march in step."""
        group = self._groups[number]
        for node, core in list(group.items()):
            if self.cores.get(node) is core:
                core.tick()
                self.carry_out(node)
            else:
                del group[node]
        self.after(self._tick_s, self._tick, number)


def spread_plainly(
    crowd: Crowd, node: int, peers: Callable[[int, int | None], Iterable[int]]
) -> Spread:
    """A message that whoever gets it for the first time sends to ``peers(node, from whom)``, over the same lines."""
    spread = Spread(0.0)
    arriving: list[tuple[float, int, int | None, int]] = [(0.0, node, None, 0)]
    while arriving:
        at_s, here, source, hops = heapq.heappop(arriving)
        if here not in crowd.cores or here in spread.reached_s:
            continue
        spread.reached_s[here], spread.hops[here] = at_s, hops
        for other in peers(here, source):
            spread.pushes += 1
            delay_s = crowd.latency_s(here, other)
            heapq.heappush(arriving, (at_s + delay_s, other, here, hops + 1))
    return spread


def crowd_of(count: int, seed: int, settings: GossipSettings, joins_per_s: float = 50.0) -> Crowd:
    """A crowd that has joined one after the other, each by the first node as in the papers, and has settled."""
    crowd = Crowd(count, seed, settings)
    crowd.begin(0)
    for node in range(1, count):
        crowd.begin(node, by=0)
        crowd.run(1 / joins_per_s)
    crowd.run(30)
    return crowd


def _number(key: bytes) -> int:
    return int.from_bytes(key, "big")
