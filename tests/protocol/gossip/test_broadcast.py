"""Plumtree's core against the paper's algorithms, and what it does to peers that lie."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.protocol.gossip import Arrived, Blamed, Contact, GossipSettings, Send, Verdict
from focusmesh.protocol.gossip.broadcast import GRAFTS_MAX, Broadcast
from focusmesh.protocol.gossip.messages import Announce, Graft, Message, Prune, Push, message_id
from focusmesh.protocol.gossip.outbox import Outbox
from tests.protocol.gossip.paper import PaperPlumtree

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = GossipSettings()
PEERS = 4
MESSAGES = 40
IDS = {message_id("t", bytes([m])): m for m in range(MESSAGES)}
DIGESTS = {m: digest for digest, m in IDS.items()}


def contact(peer: int) -> Contact:
    return Contact(bytes([peer]) * 32, str(peer))


class Node:
    """A Broadcast and its outbox, with numbers for peers and messages."""

    def __init__(self, of: GossipSettings = SETTINGS, peers: int = 0) -> None:
        self.outbox = Outbox()
        self.broadcast = Broadcast(self.outbox, of)
        for peer in range(peers):
            self.broadcast.neighbour_up(contact(peer))

    def push(self, m: int, hops: int, sender: int) -> None:
        self.broadcast.receive_push(contact(sender).key, Push("t", bytes([m]), hops))

    def sent(self, verdict: Verdict = Verdict.ACCEPT) -> list[Any]:
        """What is sent, in the paper's terms; what arrived is settled; blames stand among it."""
        said: list[Any] = []
        while effects := self.outbox.take():
            for effect in effects:
                if isinstance(effect, Arrived):
                    self.broadcast.settle(effect.id, verdict)
                elif isinstance(effect, Blamed):
                    said.append(("BLAME", effect.peer[0], effect.fault))
                else:
                    said += _in_the_papers_words(effect)
        return said


def _in_the_papers_words(effect: Send) -> list[tuple[Any, ...]]:
    to, message = effect.contact.key[0], effect.message
    if isinstance(message, Push):
        return [("GOSSIP", to, message.data[0], message.hops)]
    if isinstance(message, Announce):
        return [("IHAVE", to, IDS[digest], hops) for digest, hops in message.have]
    if isinstance(message, Graft):
        return [("GRAFT", to, message.id and IDS[message.id], message.hops)]
    assert isinstance(message, Prune)
    return [("PRUNE", to)]


def _events(seed: int) -> Iterator[tuple[Any, ...]]:
    """Neighbours, then what they may do, about a few messages at a time, newer and newer ones."""
    chance = random.Random(seed)
    yield from (("up", peer) for peer in range(PEERS))
    for step in range(10 * MESSAGES):
        m = min(MESSAGES - 1, step // 10 + chance.randrange(2))
        peer, hops = chance.randrange(PEERS), chance.randrange(10)
        event = {
            "gossip": (m, hops, peer),
            "i_have": (m, hops, peer),
            "graft": (chance.choice((m, None)), peer),
            "tick": (chance.randrange(1, 4),),
            "prune": (peer,),
            "down": (peer,),
            "up": (peer,),
            "broadcast": (m,),
        }
        kind = chance.choices(list(event), (4, 6, 2, 6, 2, 1, 2, 1))[0]
        yield kind, *event[kind]


@pytest.mark.parametrize("seed", range(30))
def test_it_does_what_the_paper_says(seed: int) -> None:
    check_against_the_paper(seed)


@pytest.mark.parametrize("rule", ["_make_eager", "_optimise", "neighbour_down", "make_lazy"])
def test_a_rule_left_out_is_found(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Broadcast, rule, lambda *given: None)
    with pytest.raises(AssertionError):
        check_against_the_paper(*range(30))


def check_against_the_paper(*seeds: int) -> None:
    for seed in seeds:
        _check_seed(seed)


def _check_seed(seed: int) -> None:
    node = Node()
    paper = PaperPlumtree(SETTINGS.missing_ticks, SETTINGS.graft_ticks, SETTINGS.optimise_rounds)
    grafted: dict[tuple[int, int], int] = {}
    for kind, *what in _events(seed):
        if not _carry_out(node, paper, kind, what, grafted):
            continue
        assert _at_once(node.sent()) == _at_once(paper.sent), kind
        paper.sent.clear()
        assert {key[0] for key in node.broadcast.eager} == paper.eager
        assert {key[0] for key in node.broadcast.lazy} == paper.lazy


def _at_once(sent: list[Any]) -> list[str]:
    """Announcements wait for a tick here, and new neighbours get more of them; the paper blames nobody."""
    return sorted(str(each) for each in sent if each[0] in ("GOSSIP", "GRAFT", "PRUNE"))


def _carry_out(
    node: Node,
    paper: PaperPlumtree,
    kind: str,
    what: list[Any],
    grafted: dict[tuple[int, int], int],
) -> bool:
    """One event at both; False where it is none that a neighbour can cause, or the limits come in."""
    near = paper.eager | paper.lazy
    if kind == "broadcast":
        if what[0] in paper.received:
            return False
        node.broadcast.publish("t", bytes([what[0]]))
        paper.broadcast(what[0])
        paper.missing = [each for each in paper.missing if each[0] != what[0]]
        paper.timers.pop(what[0], None)
    elif kind == "tick":
        for _ in range(what[0]):
            node.broadcast.tick()
            paper.tick()
    elif kind == "up":
        if what[0] in near:
            return False
        node.broadcast.neighbour_up(contact(what[0]))
        paper.neighbour_up(what[0])
    elif what[-1] not in near:
        return False
    elif kind == "gossip":
        node.push(*what)
        paper.gossip(*what)
    elif kind == "i_have":
        if what[2] in _announcers(node, what[0]):
            return False
        have = Announce(((DIGESTS[what[0]], what[1]),))
        node.broadcast.receive_announce(contact(what[2]).key, have)
        paper.i_have(*what)
    elif kind == "graft":
        pair = (what[1], -1 if what[0] is None else what[0])
        grafted[pair] = grafted.get(pair, 0) + 1
        if grafted[pair] > GRAFTS_MAX:
            return False
        digest = None if what[0] is None else DIGESTS[what[0]]
        node.broadcast.receive_graft(contact(what[1]).key, Graft(digest, 0))
        paper.graft(*what)
    elif kind == "prune":
        node.broadcast.make_lazy(contact(what[0]).key)
        paper.prune(what[0])
    else:
        node.broadcast.neighbour_down(contact(what[0]).key)
        paper.neighbour_down(what[0])
    return True


def _announcers(node: Node, m: int) -> set[int]:
    """Those who said once that they have a missing message: saying it again counts for nothing here."""
    missing = node.broadcast._missing.get(DIGESTS[m])
    return {key[0] for key in (missing.blamable if missing else ())}


def test_a_message_goes_along_the_tree_and_is_announced_beside_it() -> None:
    node = Node(peers=3)
    node.broadcast.make_lazy(contact(2).key)
    node.push(1, 4, sender=0)
    assert node.sent() == [("GOSSIP", 1, 1, 5)]
    node.broadcast.tick()
    assert node.sent() == [("IHAVE", 2, 1, 5)]


def test_a_message_that_was_announced_and_does_not_come_is_asked_for() -> None:
    node = Node(peers=2)
    announce(node, 1, sender=0)
    announce(node, 1, sender=1)
    for _ in range(SETTINGS.missing_ticks - 1):
        node.broadcast.tick()
    assert node.sent() == []
    node.broadcast.tick()
    assert node.sent() == [("GRAFT", 0, 1, 3)]
    for _ in range(SETTINGS.graft_ticks):
        node.broadcast.tick()
    assert node.sent() == [("GRAFT", 1, 1, 3)]


def announce(node: Node, m: int, sender: int) -> None:
    node.broadcast.receive_announce(contact(sender).key, Announce(((DIGESTS[m], 3),)))


@pytest.mark.parametrize("comes", [True, False])
def test_who_announces_what_nobody_has_is_blamed(comes: bool) -> None:
    """And who announces what comes from somebody else is not: the must-pass twin."""
    node = Node(peers=3)
    announce(node, 1, sender=0)
    announce(node, 1, sender=1)
    if comes:
        node.push(1, 0, sender=2)
    for _ in range(SETTINGS.promise_ticks + SETTINGS.graft_ticks):
        node.broadcast.tick()
    blames = [each for each in node.sent() if each[0] == "BLAME"]
    assert blames == ([] if comes else [("BLAME", 0, "promise"), ("BLAME", 1, "promise")])
    assert node.broadcast._missing == {}


def test_announcing_without_end_is_blamed_and_bounded() -> None:
    node = Node(GossipSettings(announced_count=10), peers=1)
    have = tuple((number.to_bytes(32, "big"), 0) for number in range(100))
    node.broadcast.receive_announce(contact(0).key, Announce(have))
    assert node.sent() == [("BLAME", 0, "rate")]
    assert len(node.broadcast._missing) == 10


def test_asking_again_and_again_is_blamed_and_not_answered() -> None:
    node = Node(peers=1)
    node.broadcast.publish("t", bytes([1]))
    node.sent()
    for _ in range(GRAFTS_MAX + 2):
        node.broadcast.receive_graft(contact(0).key, Graft(DIGESTS[1], 0))
    said = node.sent()
    assert said == [("GOSSIP", 0, 1, 0)] * GRAFTS_MAX + [("BLAME", 0, "rate")] * 2


def test_a_rejected_message_goes_nowhere_and_whoever_sends_it_is_blamed() -> None:
    node = Node(peers=3)
    node.push(1, 0, sender=0)
    assert node.sent(Verdict.REJECT) == [("BLAME", 0, "invalid")]
    node.push(1, 0, sender=1)
    assert node.sent() == [("BLAME", 1, "invalid"), ("PRUNE", 1)]
    node.broadcast.receive_graft(contact(2).key, Graft(DIGESTS[1], 0))
    node.broadcast.tick()
    assert node.sent() == []


def test_an_ignored_message_goes_nowhere_and_nobody_is_blamed() -> None:
    node = Node(peers=2)
    node.push(1, 0, sender=0)
    assert node.sent(Verdict.IGNORE) == []
    node.push(1, 0, sender=1)
    assert node.sent() == [("PRUNE", 1)]


def test_nothing_is_sent_before_it_was_validated() -> None:
    node = Node(peers=2)
    node.push(1, 0, sender=0)
    (arrived,) = node.outbox.take()
    assert isinstance(arrived, Arrived)
    node.push(1, 0, sender=1)
    node.broadcast.tick()
    assert node.sent() == [("PRUNE", 1)]
    node.broadcast.settle(arrived.id, Verdict.ACCEPT)
    node.broadcast.tick()
    assert node.sent() == [("IHAVE", 1, 1, 1)]


def test_what_waits_for_validation_is_bounded() -> None:
    node = Node(GossipSettings(pending_bytes=2_000), peers=1)
    for number in range(10):
        node.broadcast.receive_push(contact(0).key, Push("t", bytes([number]) * 900, 0))
    arrived = [effect for effect in node.outbox.take() if isinstance(effect, Arrived)]
    assert len(arrived) == 2
    # What was turned away can still come: it counts as never seen.
    for effect in arrived:
        node.broadcast.settle(effect.id, Verdict.IGNORE)
    node.broadcast.receive_push(contact(0).key, Push("t", bytes([9]) * 900, 0))
    assert len(node.outbox.take()) == 1


def test_nobody_is_blamed_for_a_message_that_there_was_no_room_for() -> None:
    node = Node(GossipSettings(pending_bytes=1), peers=3)
    announce(node, 1, sender=0)
    node.push(2, 0, sender=1)
    for _ in range(SETTINGS.promise_ticks - 1):
        node.broadcast.tick()
    node.push(1, 0, sender=2)
    for _ in range(SETTINGS.promise_ticks - 1):
        node.broadcast.tick()
    assert [effect for effect in node.outbox.take() if isinstance(effect, Blamed)] == []


def test_what_is_remembered_is_bounded_and_ends() -> None:
    few = GossipSettings(kept_bytes=500, seen_count=20, kept_ticks=100, seen_ticks=200)
    node = Node(few)
    for number in range(100):
        node.broadcast.publish("t", number.to_bytes(2, "big") * 50)
    node.broadcast.tick()
    assert (len(node.broadcast._kept), len(node.broadcast._seen)) == (5, 20)
    for _ in range(200):
        node.broadcast.tick()
    assert (len(node.broadcast._kept), node.broadcast._kept_bytes) == (0, 0)
    assert len(node.broadcast._seen) == 0


def test_a_new_neighbour_hears_of_recent_messages() -> None:
    node = Node(GossipSettings(catch_up_count=2), peers=1)
    for m in range(4):
        node.broadcast.publish("t", bytes([m]))
    node.sent()
    node.broadcast.neighbour_up(contact(1))
    node.broadcast.tick()
    assert node.sent() == [("IHAVE", 1, 3, 0), ("IHAVE", 1, 2, 0)]


def test_what_a_lost_neighbour_announced_is_asked_of_others() -> None:
    node = Node(peers=2)
    announce(node, 1, sender=0)
    announce(node, 1, sender=1)
    node.broadcast.neighbour_down(contact(0).key)
    for _ in range(SETTINGS.missing_ticks):
        node.broadcast.tick()
    assert node.sent() == [("GRAFT", 1, 1, 3)]


@given(st.integers(0, 8), st.integers(0, 8))
def test_a_much_shorter_way_becomes_the_tree(pushed_hops: int, announced_hops: int) -> None:
    node = Node(peers=2)
    node.broadcast.make_lazy(contact(1).key)
    node.broadcast.receive_announce(contact(1).key, Announce(((DIGESTS[1], announced_hops),)))
    node.push(1, pushed_hops, sender=0)
    changed = pushed_hops - announced_hops >= SETTINGS.optimise_rounds
    assert (("PRUNE", 0) in node.sent()) == changed
    assert list(node.broadcast.eager) == [contact(int(changed)).key]


def test_messages_are_their_content() -> None:
    kinds: list[Message] = [Push("t", b"x", 0), Push("t", b"x", 9)]
    assert len({message_id(each.topic, each.data) for each in kinds if isinstance(each, Push)}) == 1
    assert message_id("tx", b"") != message_id("t", b"x")
