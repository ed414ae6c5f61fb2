"""Many cores together, simulated: what reaches everybody, and what does not once a defence is taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.data.crowd import Crowd, crowd_of
from focusmesh.protocol.gossip import GossipSettings
from focusmesh.protocol.gossip.broadcast import Broadcast
from focusmesh.protocol.gossip.membership import Membership
from focusmesh.protocol.gossip.messages import Announce, Message

if TYPE_CHECKING:
    from benchmarks.data.crowd import Spread

COUNT = 80


def crowd(seed: int, count: int = COUNT) -> Crowd:
    return crowd_of(count, seed, GossipSettings(), joins_per_s=20)


def publish(among: Crowd, number: int, by: int | None = None, wait_s: float = 3) -> Spread:
    node = among.chance.choice(list(among.cores)) if by is None else by
    spread = among.publish(node, "t", number.to_bytes(4, "big"))
    among.run(wait_s)
    return spread


@pytest.mark.parametrize("seed", [1, 2])
def test_the_overlay_is_one_piece_of_symmetric_views(seed: int) -> None:
    among = crowd(seed)
    assert among.pieces() == [COUNT]
    near = {node: among.neighbours(node) for node in among.cores}
    assert all(node in near[other] for node, others in near.items() for other in others)
    sizes = [len(others) for others in near.values()]
    assert max(sizes) == 5
    assert sum(sizes) / COUNT > 4.8
    assert among.blames == {}


def test_at_rest_a_message_is_a_tree() -> None:
    among = crowd(1)
    flooded = publish(among, 0)
    assert flooded.redundancy() > 2
    later = [publish(among, number) for number in range(1, 12)][4:]
    assert all(spread.share(among.cores) == 1 for spread in later)
    assert sum(spread.redundancy() for spread in later) / len(later) < 0.05
    assert among.blames == {}


def after_deaths(part: float) -> Spread:
    """A message in the moment in which part of the nodes dies, after half a minute."""
    among = crowd(3)
    for number in range(8):
        publish(among, number)
    among.kill(among.chance.sample(range(1, COUNT), round(part * COUNT)))
    spread = publish(among, 99, wait_s=30)
    spread.reached_s = {node: at for node, at in spread.reached_s.items() if node in among.cores}
    assert among.pieces() == [len(among.cores)]
    return spread


@pytest.mark.parametrize("part", [0.3, 0.6])
def test_the_dead_keep_no_message_from_the_living(part: float) -> None:
    assert len(after_deaths(part).reached_s) == COUNT - round(part * COUNT)


def test_without_announcements_the_dead_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Broadcast, "_queue", lambda *given: None)
    assert len(after_deaths(0.6).reached_s) < COUNT - round(0.6 * COUNT)


def parted(seconds: float) -> tuple[Crowd, Spread]:
    among = crowd(4)
    among.part({node: node % 2 for node in range(COUNT)})
    among.run(seconds)
    spread = publish(among, 0, by=1, wait_s=20)
    assert spread.share(among.cores) == 0.5
    among.heal()
    among.run(30)
    return among, spread


def test_halves_find_each_other_again_and_tell_what_they_missed() -> None:
    among, spread = parted(60)
    assert among.pieces() == [COUNT]
    assert spread.share(among.cores) == 1


def test_without_a_memory_of_the_lost_they_would_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Membership, "_heal", lambda self: None)
    among, spread = parted(60)
    assert among.pieces() == [COUNT // 2, COUNT // 2]
    assert spread.share(among.cores) == 0.5


def test_nodes_that_forward_nothing_hide_nothing() -> None:
    among = crowd(5)
    liars = dict.fromkeys(among.chance.sample(range(COUNT), COUNT // 10))
    honest = [node for node in among.cores if node not in liars]
    among.is_mute = lambda node, message: node in liars and _spreads(message)
    for number in range(8):
        spread = publish(among, number, by=among.chance.choice(honest))
        assert spread.share(honest) == 1


def _spreads(message: Message) -> bool:
    return type(message).__name__ in ("Push", "Announce")


def crowded() -> float:
    """What part of the honest nodes a message reaches, after a minute of calls by a tenth of the nodes."""
    among = crowd(8)
    among.turn(among.chance.sample(range(1, COUNT), COUNT // 10), calls_per_s=2)
    among.run(60)
    honest = [node for node in among.cores if node not in among.hostile]
    shares = [
        publish(among, number, by=among.chance.choice(honest)).share(honest) for number in range(8)
    ]
    return sum(shares) / len(shares)


def test_whoever_calls_all_the_time_takes_few_places() -> None:
    assert crowded() > 0.9


def test_where_a_random_neighbour_gives_way_it_takes_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper's rule: the must-fail twin."""

    def make_room(self: Membership) -> None:
        dropped = self._chance.choice(self._neighbours())
        self._drop(dropped.key)
        self._add_passive(dropped)

    monkeypatch.setattr(Membership, "_make_room", make_room)
    assert crowded() < 0.5


def test_only_liars_are_blamed_for_what_nobody_has() -> None:
    among = crowd(6, 20)
    liar, victim = 3, among.neighbours(3)[0]
    false = Announce(tuple((bytes([number]) * 32, 0) for number in range(10)))
    among.cores[victim].receive(among.contacts[liar].key, false)
    among.run(20)
    assert among.blames == {"promise": 10}
    assert among.blamed == {among.contacts[liar].key: 10}


def test_a_crowd_is_a_function_of_its_seed() -> None:
    def story(seed: int) -> list[object]:
        among = crowd(seed, 30)
        spread = publish(among, 0)
        return [[among.neighbours(node) for node in among.cores], spread.reached_s, spread.hops]

    assert story(7) == story(7) != story(8)
