"""HyParView: a small view of neighbours, and a larger one of others to take their places.

J. Leitão, J. Pereira, L. Rodrigues, "HyParView: a membership protocol for reliable gossip-based broadcast", DSN 2007,
algorithms 1 and 2 and sections 4.2–4.5, with these choices where a network of strangers needs more:

- whoever is asked to be a neighbour answers, also after Join and at the end of a walk, so that views stay symmetric
  over connections that fail in between (the paper takes an open TCP connection for the answer);
- a node that has too few neighbours looks for some at intervals too, not only when one fails;
- a full view makes room by dropping its youngest neighbour, not a random one, and the contacts a node was told to join
  by last: whoever has many keys and calls all the time then takes one place of each view, and would else take all;
- peers that were lost are remembered and called again, urgently: of two halves parted for long, each would else forget
  that there was another.

Complexity: every message and tick O(size of the views).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from focusmesh.protocol.gossip.contacts import Contact
from focusmesh.protocol.gossip.messages import (
    Disconnect,
    ForwardJoin,
    Join,
    Neighbour,
    NeighbourAnswer,
    Shuffle,
    ShuffleReply,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.protocol.gossip.draws import Chance
    from focusmesh.protocol.gossip.outbox import Outbox
    from focusmesh.protocol.gossip.settings import GossipSettings


class NeighbourWatch(Protocol):
    """Is told of neighbours that come and go."""

    def neighbour_up(self, contact: Contact) -> None: ...

    def neighbour_down(self, key: bytes) -> None: ...


class _Asked(NamedTuple):
    contact: Contact
    is_urgent: bool
    until: int


class _Gone(NamedTuple):
    contact: Contact
    until: int


class Membership:
    """The views of one node. Messages and ticks go in, what is to be sent goes to the outbox."""

    def __init__(
        self,
        me: Contact,
        chance: Chance,
        outbox: Outbox,
        watch: NeighbourWatch,
        settings: GossipSettings,
    ) -> None:
        self.me = me
        self.active: dict[bytes, Contact] = {}
        self.passive: dict[bytes, Contact] = {}
        self._chance = chance
        self._outbox = outbox
        self._watch = watch
        self._settings = settings
        self._roots: dict[bytes, Contact] = {}
        self._asked: dict[bytes, _Asked] = {}
        self._tried: dict[bytes, None] = {}
        self._gone: dict[bytes, _Gone] = {}
        self._shuffled: tuple[Contact, ...] = ()
        self._now = 0
        self._knocks_again = 0
        self._phase = chance.below(settings.shuffle_ticks)

    def join(self, contacts: Iterable[Contact]) -> None:
        """Into a network, by one of these; the others are asked where that one does not answer."""
        for contact in contacts:
            if contact.key != self.me.key:
                self._roots[contact.key] = contact
        self._knock()

    def leave(self) -> None:
        """Tells the neighbours, who go on without."""
        for contact in self.active.values():
            self._outbox.send(contact, Disconnect())

    def receive_join(self, sender: bytes, message: Join, is_allowed: bool) -> None:
        """Somebody new. Where there were too many it is sent on to others."""
        contact = Contact(sender, message.address)
        if is_allowed:
            self._add_active(contact)
            walk = ForwardJoin(contact, self._settings.active_walk)
            for other in self._neighbours(without=(sender,)):
                self._outbox.send(other, walk)
        else:
            others = [*self._neighbours(without=(sender,)), *self.passive.values()]
            some = self._chance.sample(others, self._settings.shuffle_count)
            self._outbox.send(contact, ShuffleReply(tuple(some)))
        self._outbox.send(contact, NeighbourAnswer(is_allowed))

    def receive_forward(self, sender: bytes, message: ForwardJoin) -> None:
        """One step of a join's walk; at its end the new node is asked."""
        contact, walk = message
        walk = min(walk, self._settings.active_walk)
        if contact.key == self.me.key:
            return
        if walk == self._settings.passive_walk:
            self._add_passive(contact)
        others = self._neighbours(without=(sender, contact.key))
        if walk > 0 and others:
            self._outbox.send(self._chance.choice(others), ForwardJoin(contact, walk - 1))
        elif contact.key not in self.active:
            self._ask(contact, is_urgent=True)

    def receive_question(self, sender: bytes, message: Neighbour) -> None:
        """Somebody wants to be a neighbour; refused only where the view is full and it is not urgent."""
        contact = Contact(sender, message.address)
        has_room = len(self.active) < self._settings.active_size or sender in self.active
        is_accepted = message.urgent or has_room
        if is_accepted:
            self._add_active(contact)
        self._outbox.send(contact, NeighbourAnswer(is_accepted))

    def receive_answer(self, sender: bytes, message: NeighbourAnswer) -> None:
        """The answer to what this node asked; another one is told that it has not been asked."""
        asked = self._asked.pop(sender, None)
        if asked is None:
            if message.accepted and sender not in self.active:
                self._outbox.send(Contact(sender, ""), Disconnect())
        elif not message.accepted:
            self._tried[sender] = None
            self._fill()
        elif asked.is_urgent or len(self.active) < self._settings.active_size:
            self._add_active(asked.contact)
        else:
            self._outbox.send(asked.contact, Disconnect())
            self._add_passive(asked.contact)

    def receive_disconnect(self, sender: bytes) -> None:
        """A neighbour made room for another; it is still there, so it can be one again."""
        contact = self._drop(sender)
        if contact is not None:
            self._add_passive(contact)
            self._tried[sender] = None

    def receive_shuffle(self, sender: bytes, message: Shuffle) -> None:
        """One step of an exchange's walk; at its end the origin gets as many contacts as it sent."""
        origin, contacts, walk = message
        if origin.key == self.me.key:
            return
        walk = min(walk, self._settings.active_walk) - 1
        others = self._neighbours(without=(sender, origin.key))
        if walk > 0 and others:
            self._outbox.send(self._chance.choice(others), Shuffle(origin, contacts, walk))
            return
        limit = self._settings.shuffle_count
        given = self._chance.sample(list(self.passive.values()), min(len(contacts), limit))
        self._outbox.send(origin, ShuffleReply(tuple(given)))
        self._integrate(contacts[:limit], given)

    def shuffle_replied(self, sender: bytes, message: ShuffleReply) -> None:
        """The other half of an exchange that this node began, or whom a busy one sends it to; else nothing."""
        contacts = message.contacts[: self._settings.shuffle_count]
        if sender in self._asked:
            self._integrate(contacts, ())
        elif self._shuffled:
            sent, self._shuffled = self._shuffled, ()
            self._integrate(contacts, sent)

    def lose(self, key: bytes) -> None:
        """The connection with ``key`` is gone: it is no neighbour, and another takes its place at once."""
        asked = self._asked.pop(key, None)
        contact = self._drop(key) or (asked and asked.contact)
        if contact:
            self._remember(contact)
            self._fill()

    def unreachable(self, key: bytes) -> None:
        """``key`` could not be called: it is in no view any more."""
        contact = self.passive.pop(key, None)
        if contact is not None:
            self._remember(contact)
        self.lose(key)

    def tick(self) -> None:
        """Once every ``tick_ms``: what is due is done."""
        self._now += 1
        settings = self._settings
        if self._asked:
            late = [key for key, asked in self._asked.items() if asked.until <= self._now]
            for key in late:
                self.unreachable(key)
        if self._now % settings.fill_ticks == 0:
            self._fill()
            if not self.active and not self._asked and self._now >= self._knocks_again:
                self._knock()
        if (self._now + self._phase) % settings.shuffle_ticks == 0:
            self._tried.clear()
            self._shuffle()
        if (self._now + self._phase) % settings.heal_ticks == 0:
            self._heal()

    def _knock(self) -> None:
        """Asks one of the contacts that this node was told of."""
        roots = [
            root
            for root in self._roots.values()
            if root.key not in self.active and root.key not in self._asked
        ]
        untried = [root for root in roots if root.key not in self._tried]
        wait = self._settings.answer_ticks
        self._knocks_again = self._now + wait + self._chance.below(wait)
        if roots:
            root = self._chance.choice(untried or roots)
            self._tried[root.key] = None
            self._note_asked(root, is_urgent=True)
            self._outbox.send(root, Join(self.me.address))

    def _fill(self) -> None:
        """Asks as many others as there are neighbours missing."""
        missing = self._settings.active_size - len(self.active) - len(self._asked)
        if missing <= 0:
            return
        others = [
            contact
            for key, contact in self.passive.items()
            if key not in self._asked and key not in self._tried
        ]
        for contact in self._chance.sample(others, missing):
            self._ask(contact, is_urgent=not self.active)

    def _heal(self) -> None:
        """Calls one that was lost, as urgently as it takes to be heard by a full view."""
        past = [key for key, gone in self._gone.items() if gone.until <= self._now]
        for key in past:
            if key not in self._roots:
                del self._gone[key]
        absent = [gone.contact for key, gone in self._gone.items() if key not in self._asked]
        if absent:
            self._ask(self._chance.choice(absent), is_urgent=True)

    def _ask(self, contact: Contact, *, is_urgent: bool) -> None:
        if contact.key in self._asked:
            return
        self._note_asked(contact, is_urgent=is_urgent)
        self._outbox.send(contact, Neighbour(self.me.address, is_urgent))

    def _note_asked(self, contact: Contact, *, is_urgent: bool) -> None:
        until = self._now + self._settings.answer_ticks
        self._asked[contact.key] = _Asked(contact, is_urgent, until)

    def _shuffle(self) -> None:
        neighbours = self._neighbours()
        if not neighbours:
            return
        near = self._chance.sample(neighbours, self._settings.shuffle_active)
        far = self._chance.sample(list(self.passive.values()), self._settings.shuffle_passive)
        self._shuffled = (self.me, *near, *far)
        walk = Shuffle(self.me, self._shuffled, self._settings.active_walk)
        self._outbox.send(self._chance.choice(neighbours), walk)

    def _integrate(self, contacts: Iterable[Contact], sent: Iterable[Contact]) -> None:
        """Takes contacts into the passive view; those that were sent away make room first."""
        leaving = [contact.key for contact in sent]
        for contact in contacts:
            if contact.key in self.passive:
                continue
            while leaving and len(self.passive) >= self._settings.passive_size:
                self.passive.pop(leaving.pop(), None)
            self._add_passive(contact)

    def _add_active(self, contact: Contact) -> None:
        if contact.key == self.me.key:
            return
        if contact.key not in self.active:
            while len(self.active) >= self._settings.active_size:
                self._make_room()
        self._asked.pop(contact.key, None)
        self.passive.pop(contact.key, None)
        self._gone.pop(contact.key, None)
        self.active[contact.key] = contact
        self._watch.neighbour_up(contact)

    def _make_room(self) -> None:
        dropped = (self._neighbours(without=self._roots) or self._neighbours())[-1]
        self._outbox.send(dropped, Disconnect())
        self._drop(dropped.key)
        self._add_passive(dropped)

    def _drop(self, key: bytes) -> Contact | None:
        contact = self.active.pop(key, None)
        if contact is not None:
            self._watch.neighbour_down(key)
        return contact

    def _add_passive(self, contact: Contact) -> None:
        if contact.key == self.me.key or contact.key in self.active:
            return
        if contact.key not in self.passive and len(self.passive) >= self._settings.passive_size:
            del self.passive[self._chance.choice(list(self.passive))]
        self._gone.pop(contact.key, None)
        self.passive[contact.key] = contact

    def _remember(self, contact: Contact) -> None:
        if contact.key in self._gone:
            return
        others = [key for key in self._gone if key not in self._roots]
        if len(others) >= self._settings.gone_size:
            del self._gone[self._chance.choice(others)]
        self._gone[contact.key] = _Gone(contact, self._now + self._settings.gone_ticks)

    def _neighbours(self, without: Iterable[bytes] = ()) -> list[Contact]:
        left_out = frozenset(without)
        return [contact for key, contact in self.active.items() if key not in left_out]
