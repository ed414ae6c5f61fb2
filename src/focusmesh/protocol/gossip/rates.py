"""How often a peer may say what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.protocol.gossip.messages import (
    Announce,
    Disconnect,
    ForwardJoin,
    Graft,
    Join,
    Neighbour,
    NeighbourAnswer,
    Prune,
    Push,
    Shuffle,
    ShuffleReply,
)
from focusmesh.protocol.transport import Allowances

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.protocol.gossip.messages import Message


class Rate(NamedTuple):
    """``burst`` at once and ``per_s`` in the long run; ``is_own``: what is too much is the peer's own doing."""

    burst: int
    per_s: float
    is_own: bool = True


# Walks are relayed: who passes on the walks of a thousand newcomers has done nothing wrong, they only end here.
RATES: dict[type[Any], Rate] = {
    Join: Rate(4, 0.2),
    ForwardJoin: Rate(100, 20, is_own=False),
    Neighbour: Rate(20, 2),
    NeighbourAnswer: Rate(100, 20),
    Disconnect: Rate(20, 5),
    Shuffle: Rate(100, 20, is_own=False),
    ShuffleReply: Rate(100, 20, is_own=False),
    Push: Rate(5_000, 2_000),
    Announce: Rate(1_000, 200),
    Graft: Rate(5_000, 2_000),
    Prune: Rate(5_000, 2_000),
}
JOINS = Rate(100, 20)
"""All peers' joins together: each costs a neighbour its place, and any number of keys can be made."""


class Rates:
    """What is left of each peer's rates, and of joins. ``clock()`` is in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._of_kind = {
            kind: Allowances(rate.per_s, rate.burst, clock) for kind, rate in RATES.items()
        }
        self._joins = Allowances(JOINS.per_s, JOINS.burst, clock)

    def spend(self, peer: bytes, message: Message) -> bool:
        """Takes one of what ``peer`` may send of this kind; False where there is none. O(1)."""
        return self._of_kind[type(message)].try_take(peer)

    def spend_join(self) -> bool:
        """Takes one of all joins; False where there is none."""
        return self._joins.try_take("all")

    def is_blamable(self, message: Message) -> bool:
        """Whether too much of this kind is the doing of who sends it."""
        return RATES[type(message)].is_own
