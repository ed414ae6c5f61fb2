"""A node's views under anything that peers may send, and the settings that bound them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import InputError, ParameterError
from focusmesh.protocol.gossip import Arrived, Blamed, Contact, GossipCore, GossipSettings, Verdict
from focusmesh.protocol.gossip.messages import (
    Announce,
    Disconnect,
    ForwardJoin,
    Graft,
    Join,
    Message,
    Neighbour,
    NeighbourAnswer,
    Prune,
    Push,
    Shuffle,
    ShuffleReply,
)
from focusmesh.protocol.gossip.rates import JOINS, RATES

SETTINGS = GossipSettings(active_size=3, passive_size=6, gone_size=4)


def contact(number: int) -> Contact:
    return Contact(number.to_bytes(32, "big"), f"at {number}")


ME = contact(0)


def core(settings: GossipSettings = SETTINGS) -> GossipCore:
    return GossipCore(ME, random.Random(1).randbytes, settings)


numbers = st.integers(0, 12)
contacts = numbers.map(contact)
several = st.lists(contacts, max_size=8).map(tuple)
walks = st.integers(0, 16)
messages = st.one_of(
    st.builds(Join, st.just("a")),
    st.builds(ForwardJoin, contacts, walks),
    st.builds(Neighbour, st.just("a"), st.booleans()),
    st.builds(NeighbourAnswer, st.booleans()),
    st.builds(Disconnect),
    st.builds(Shuffle, contacts, several, walks),
    st.builds(ShuffleReply, several),
    st.builds(Push, st.just("t"), st.binary(max_size=1), st.integers(0, 9)),
    st.builds(Announce, numbers.map(lambda n: ((n.to_bytes(32, "big"), 1),))),
    st.builds(Graft, numbers.map(lambda n: n.to_bytes(32, "big")), st.just(0)),
    st.builds(Prune),
)
events = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), st.integers(1, 12), messages),
        st.tuples(st.just("lose"), numbers),
        st.tuples(st.just("unreachable"), numbers),
        st.tuples(st.just("tick"), st.sampled_from([1, 10, 100])),
        st.tuples(st.just("join"), several),
        st.tuples(st.just("publish"), st.binary(max_size=2)),
    ),
    min_size=5,
    max_size=60,
)


@given(events)
def test_views_stay_views_whatever_happens(happened: list[tuple[Any, ...]]) -> None:
    node = core()
    for kind, *what in happened:
        _happen(node, kind, what)
        for effect in node.take():
            if isinstance(effect, Arrived):
                node.settle(effect.id, Verdict.ACCEPT)
        active = [each.key for each in node.neighbours]
        passive = [each.key for each in node.known_contacts]
        assert len(active) <= SETTINGS.active_size
        assert len(passive) <= SETTINGS.passive_size
        assert len({*active, *passive, ME.key}) == len(active) + len(passive) + 1
        tree = [*node._broadcast.eager, *node._broadcast.lazy]
        assert sorted(tree) == sorted(active)
        assert len(node._members._gone) <= SETTINGS.gone_size + len(node._members._roots)


def _happen(node: GossipCore, kind: str, what: list[Any]) -> None:
    if kind == "receive":
        node.receive(contact(what[0]).key, what[1])
    elif kind == "tick":
        for _ in range(what[0]):
            node.tick()
    elif kind == "join":
        node.join(what[0])
    elif kind == "publish":
        node.publish("t", what[0])
    else:
        getattr(node, kind)(contact(what[0]).key)


def said(node: GossipCore) -> list[tuple[int, Message]]:
    """To whom it says what."""
    return [
        (int.from_bytes(effect.contact.key, "big"), effect.message)
        for effect in node.take()
        if not isinstance(effect, Arrived | Blamed)
    ]


def befriend(node: GossipCore, *others: int) -> None:
    for other in others:
        node.receive(contact(other).key, Neighbour(f"at {other}", urgent=True))
    node.take()


def test_a_join_is_answered_and_told_to_the_neighbours() -> None:
    node = core()
    befriend(node, 1, 2)
    node.receive(contact(3).key, Join("at 3"))
    walk = ForwardJoin(contact(3), SETTINGS.active_walk)
    assert said(node) == [(1, walk), (2, walk), (3, NeighbourAnswer(True))]
    assert contact(3) in node.neighbours


def test_a_full_view_makes_room_for_who_joins_at_the_cost_of_the_youngest() -> None:
    node = core()
    befriend(node, 1, 2, 3)
    node.receive(contact(4).key, Join("at 4"))
    assert said(node)[0] == (3, Disconnect())
    assert node.neighbours == (contact(1), contact(2), contact(4))
    assert node.known_contacts == (contact(3),)


def test_a_walk_leaves_the_new_node_in_a_passive_view_and_ends_in_an_active_one() -> None:
    node = core()
    befriend(node, 1, 2)
    node.receive(contact(1).key, ForwardJoin(contact(9), SETTINGS.passive_walk))
    assert said(node) == [(2, ForwardJoin(contact(9), SETTINGS.passive_walk - 1))]
    assert node.known_contacts == (contact(9),)
    node.receive(contact(1).key, ForwardJoin(contact(9), 0))
    assert said(node) == [(9, Neighbour(ME.address, urgent=True))]
    node.receive(contact(9).key, NeighbourAnswer(True))
    assert contact(9) in node.neighbours


def test_only_an_urgent_request_is_accepted_by_a_full_view() -> None:
    node = core()
    befriend(node, 1, 2, 3)
    node.receive(contact(4).key, Neighbour("at 4", urgent=False))
    assert said(node) == [(4, NeighbourAnswer(False))]
    node.receive(contact(4).key, Neighbour("at 4", urgent=True))
    assert said(node)[-1] == (4, NeighbourAnswer(True))


def test_a_lost_neighbour_is_replaced_at_once_and_the_next_asked_if_that_fails() -> None:
    node = core()
    befriend(node, 1)
    node.receive(contact(1).key, Shuffle(contact(5), (contact(6), contact(7)), 0))
    said(node)
    node.lose(contact(1).key)
    asked = said(node)
    assert sorted(asked) == [(number, Neighbour(ME.address, urgent=True)) for number in (6, 7)]
    node.unreachable(contact(6).key)
    node.receive(contact(7).key, NeighbourAnswer(True))
    assert (node.neighbours, node.known_contacts) == ((contact(7),), ())


def test_an_exchange_gives_as_many_as_it_takes() -> None:
    node = core()
    befriend(node, 1)
    first = tuple(contact(number) for number in (5, 6, 7))
    node.receive(contact(1).key, Shuffle(contact(5), first, 0))
    assert said(node) == [(5, ShuffleReply(()))]
    node.receive(contact(1).key, Shuffle(contact(8), (contact(8), contact(9)), 0))
    ((_, reply),) = said(node)
    assert isinstance(reply, ShuffleReply)
    assert len(reply.contacts) == 2
    assert {*reply.contacts} < {*first}


def test_contacts_that_nobody_asked_for_are_not_taken() -> None:
    node = core()
    befriend(node, 1)
    node.receive(contact(1).key, ShuffleReply(tuple(contact(number) for number in range(2, 8))))
    assert node.known_contacts == ()


def test_an_answer_to_no_question_makes_no_neighbour() -> None:
    node = core()
    node.receive(contact(1).key, NeighbourAnswer(True))
    assert node.neighbours == ()
    assert said(node) == [(1, Disconnect())]


def test_who_takes_this_node_for_a_neighbour_learns_that_it_is_none() -> None:
    node = core()
    for message in (Announce(((bytes(32), 1),)), Graft(bytes(32), 0), Prune()):
        node.receive(contact(1).key, message)
        assert said(node) == [(1, Disconnect())]
    assert node._broadcast._missing == {}


@pytest.mark.parametrize("limited", [True, False])
def test_a_flood_of_joins_costs_few_neighbours(
    limited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any number of keys can be made; without the limit each of them takes a neighbour's place."""
    if not limited:
        monkeypatch.setattr("focusmesh.protocol.gossip.rates.Rates.spend_join", lambda self: True)
    node = core()
    befriend(node, 1, 2, 3)
    for number in range(1_000):
        node.receive(contact(100 + number).key, Join("a"))
    accepted = sum(message == NeighbourAnswer(True) for _, message in said(node))
    assert accepted == (JOINS.burst if limited else 1_000)


def test_who_is_told_to_join_elsewhere_does() -> None:
    node = core()
    node.join([contact(1)])
    assert said(node) == [(1, Join(ME.address))]
    node.receive(contact(1).key, ShuffleReply((contact(5),)))
    node.receive(contact(1).key, NeighbourAnswer(False))
    assert said(node) == [(5, Neighbour(ME.address, urgent=True))]


def test_the_contacts_one_was_told_are_the_last_to_give_way() -> None:
    node = core()
    node.join([contact(1)])
    node.receive(contact(1).key, NeighbourAnswer(True))
    befriend(node, *range(2, 12))
    assert contact(1) in node.neighbours


def test_a_lost_peer_is_called_again_but_not_for_ever() -> None:
    node = core(replace(SETTINGS, gone_ticks=500, heal_ticks=50))
    befriend(node, 1)
    node.lose(contact(1).key)
    calls = []
    for tick in range(2_000):
        node.tick()
        for to, message in said(node):
            assert (to, message) == (1, Neighbour(ME.address, urgent=True))
            calls.append(tick)
            node.unreachable(contact(1).key)
    assert 8 <= len(calls) <= 11
    assert max(calls) <= 500


def test_one_that_does_not_answer_is_given_up() -> None:
    node = core()
    node.join([contact(1)])
    for _ in range(SETTINGS.answer_ticks):
        node.tick()
    assert node._members._asked == {}


@pytest.mark.parametrize("message", [Join("a"), Prune(), ForwardJoin(contact(5), 3)])
def test_too_much_of_a_kind_is_dropped_and_blamed_on_whom_it_comes_from(message: Message) -> None:
    rate = RATES[type(message)]
    node = core()
    befriend(node, 1)
    for _ in range(rate.burst + 5):
        node.receive(contact(1).key, message)
    blames = [effect for effect in node.take() if isinstance(effect, Blamed)]
    assert blames == [Blamed(contact(1).key, "rate")] * (5 if rate.is_own else 0)


def test_topics_and_data_have_limits() -> None:
    for topic, data in (("", b""), ("t" * 65, b""), ("t", bytes(1 << 20))):
        with pytest.raises(InputError, match=r"at most|1 to"):
            core().publish(topic, data)


@pytest.mark.parametrize(
    "change",
    [
        {"active_size": 0},
        {"passive_walk": 9},
        {"active_walk": 20},
        {"graft_ticks": 9},
        {"kept_ticks": 50_000},
        {"shuffle_active": 4},
        {"shuffle_passive": 7},
        {"optimise_rounds": 1},
        {"queue_bytes": 1_000_000},
        {"shuffle_passive": 40, "passive_size": 40},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(ParameterError):
        core(replace(SETTINGS, **change))
