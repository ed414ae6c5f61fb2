"""Amounts that a block asks for are read together: one by one, each would read a hub's whole row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.runtime import (
    ROTATION_DOMAIN,
    Forget,
    Link,
    RotateKey,
    Unlink,
    rotation_digest,
)
from focusmesh.kernel.state import NO_RELATION
from tests.kernel.runtime.world import NETWORK, Ledger, key, particle

if TYPE_CHECKING:
    from collections.abc import Sequence

ANN, BOB, STRANGER, NEW = (key(number) for number in range(4))
HUB = particle(0)
LEAVES = [particle(number) for number in range(1, 9)]


class Counting(Ledger):
    """Notes how many links are read at a time."""

    reads: list[int]

    def amounts(self, links: Sequence[bytes]) -> list[int]:
        self.reads.append(len(links))
        return super().amounts(links)


def ledger() -> Counting:
    here = Counting([(each.public, 100, 1_000) for each in (ANN, BOB)])
    here.reads = []
    for neuron in (ANN.public, BOB.public):
        here.block(here.signal(neuron, *[Link(HUB, leaf, b"", 5) for leaf in LEAVES]))
    return here


def unlinks(numbers: range) -> list[Unlink]:
    return [Unlink(HUB, LEAVES[number], b"") for number in numbers]


def test_links_are_made_without_reading_any() -> None:
    assert ledger().reads == []


def test_a_block_reads_what_it_asks_for_together() -> None:
    here = ledger()
    signals = [
        here.signal(ANN.public, each, nonce=n + 1) for n, each in enumerate(unlinks(range(4)))
    ]
    signals.append(here.signal(BOB.public, *unlinks(range(2, 8))))
    assert here.codes(*signals) == ["ok"] * 5
    assert here.reads == [10]


def test_forgetting_reads_with_the_rest() -> None:
    here = ledger()
    forget = Forget(HUB, HUB + LEAVES[0] + NO_RELATION + HUB + LEAVES[1] + NO_RELATION)
    assert here.codes(
        here.signal(ANN.public, forget), here.signal(BOB.public, *unlinks(range(1)))
    ) == [
        "absent",
        "ok",
    ]
    assert here.reads == [3]


def test_links_of_a_rotated_key_are_read_together_too() -> None:
    here = ledger()
    accepted = NEW.sign(ROTATION_DOMAIN, rotation_digest(NETWORK, ANN.public, NEW.public))
    here.block(here.signal(ANN.public, RotateKey(NEW.public, accepted)))
    signals = [here.signal(NEW.public, each, nonce=n) for n, each in enumerate(unlinks(range(3)))]
    assert here.codes(*signals) == ["ok"] * 3
    assert here.reads == [3]


def test_what_will_be_refused_is_not_read() -> None:
    here = ledger()
    replayed = here.signal(ANN.public, *unlinks(range(3)), nonce=0)
    unknown = here.signal(STRANGER.public, *unlinks(range(3)), nonce=0)
    malformed = here.signal(ANN.public, ("unlink/1", HUB, LEAVES[0]))
    assert len(here.propose(replayed, unknown, malformed).refused) == 3
    assert here.reads == []


def test_a_key_that_is_rotated_to_in_the_block_takes_links_back() -> None:
    here = ledger()
    accepted = NEW.sign(ROTATION_DOMAIN, rotation_digest(NETWORK, ANN.public, NEW.public))
    assert here.codes(
        here.signal(ANN.public, RotateKey(NEW.public, accepted)),
        here.signal(NEW.public, *unlinks(range(8)), nonce=0),
    ) == ["ok", "ok"]
    assert here.links == {HUB + leaf + NO_RELATION + BOB.public: 5 for leaf in LEAVES}
