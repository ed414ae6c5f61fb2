"""Plumtree: messages go along a tree of neighbours, announcements along the other links, and mend the tree.

J. Leitão, J. Pereira, L. Rodrigues, "Epidemic Broadcast Trees", SRDS 2007, algorithms 1–3. Its names here: GOSSIP is
Push, IHAVE Announce, eagerPushPeers ``eager``, lazyPushPeers ``lazy``, ``round`` hops. Choices where a network of
strangers needs more:

- a message is its content: its id is computed, never believed; nothing is forwarded before it was validated;
- a new neighbour is told of recent messages, so that what was sent while a network was parted comes after it;
- what is remembered is bounded, a message asked for is sent to one peer at most GRAFTS_MAX times, and whoever
  announces messages that nobody has is blamed.

Complexity: a message O(neighbours), a tick O(messages that are missing or past their time).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.protocol.gossip.messages import (
    ANNOUNCED_MAX,
    ROUND_MAX,
    Announce,
    Graft,
    Prune,
    Push,
    message_id,
)
from focusmesh.protocol.gossip.outbox import Arrived, Verdict

if TYPE_CHECKING:
    from focusmesh.protocol.gossip.contacts import Contact
    from focusmesh.protocol.gossip.outbox import Outbox
    from focusmesh.protocol.gossip.settings import GossipSettings

GRAFTS_MAX = 3
"""How often a peer may ask for the same message."""


@dataclass
class _Kept:
    push: Push
    since: int
    grafts: dict[bytes, int] = field(default_factory=dict)


@dataclass
class _Missing:
    """``announced``: by whom, how many hops away; those not asked yet. ``since`` the first announcement.

    ``is_overdue``: all that announced it were asked, in vain so far.
    """

    announced: dict[bytes, int]
    blamable: dict[bytes, None]
    due: int
    since: int
    is_overdue: bool = False


class _Pending(NamedTuple):
    push: Push
    peer: bytes
    hops_announced: dict[bytes, int]


class Broadcast:
    """The tree of one node, of its neighbours as ``neighbour_up`` and ``neighbour_down`` name them."""

    def __init__(self, outbox: Outbox, settings: GossipSettings) -> None:
        self.eager: dict[bytes, Contact] = {}
        self.lazy: dict[bytes, Contact] = {}
        self._outbox = outbox
        self._settings = settings
        self._seen: OrderedDict[bytes, tuple[int, bool]] = OrderedDict()
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._kept_bytes = 0
        self._pending: dict[bytes, _Pending] = {}
        self._pending_bytes = 0
        self._missing: dict[bytes, _Missing] = {}
        self._announced_counts: dict[bytes, int] = {}
        self._queued: dict[bytes, list[tuple[bytes, int]]] = {}
        self._now = 0
        self.duplicate_count = 0

    def neighbour_up(self, contact: Contact) -> None:
        """A new neighbour is pushed to, and told of what it may have missed."""
        self.lazy.pop(contact.key, None)
        self.eager[contact.key] = contact
        recent = islice(reversed(self._kept.items()), self._settings.catch_up_count)
        self._queue(contact.key, [(each, kept.push.hops) for each, kept in recent])

    def neighbour_down(self, key: bytes) -> None:
        """What it announced is asked of others."""
        self.eager.pop(key, None)
        self.lazy.pop(key, None)
        self._queued.pop(key, None)
        self._announced_counts.pop(key, None)
        for missing in self._missing.values():
            missing.announced.pop(key, None)
            missing.blamable.pop(key, None)

    def publish(self, topic: str, data: bytes) -> bytes:
        """A message of this node's own: its id. Nothing is sent where it was seen before."""
        digest = message_id(topic, data)
        if digest not in self._seen:
            self._see(digest)
            self._missing_no_more(digest)
            self._spread(digest, Push(topic, data, 0), without=b"")
        return digest

    def receive_push(self, peer: bytes, push: Push) -> None:
        """A message came. The first of it waits for ``settle``, whoever sends it again is pruned."""
        digest = message_id(push.topic, push.data)
        if digest in self._seen:
            self.duplicate_count += 1
            if self._seen[digest][1]:
                self._outbox.blame(peer, "invalid")
            self._prune(peer)
            return
        if self._pending_bytes + len(push.data) > self._settings.pending_bytes and self._pending:
            if digest in self._missing:
                # It is not here, but whoever announced it told the truth.
                self._missing[digest].since = self._now
            return
        self._see(digest)
        announced = self._missing_no_more(digest)
        self._pending[digest] = _Pending(push, peer, announced)
        self._pending_bytes += len(push.data)
        self._outbox.deliver(Arrived(digest, push.topic, push.data, peer))

    def settle(self, digest: bytes, verdict: Verdict) -> None:
        """What the validation says of a message that arrived. Accepted ones go on along the tree."""
        push, peer, announced = self._pending.pop(digest)
        self._pending_bytes -= len(push.data)
        if verdict is Verdict.REJECT:
            self._see(digest, is_rejected=True)
            self._outbox.blame(peer, "invalid")
        if verdict is not Verdict.ACCEPT:
            return
        hops = min(push.hops + 1, ROUND_MAX)
        self._spread(digest, Push(push.topic, push.data, hops), without=peer)
        self._make_eager(peer)
        self._optimise(announced, hops, peer)

    def receive_announce(self, peer: bytes, message: Announce) -> None:
        """Somebody has messages; those not here are asked for if they do not come by themselves."""
        for digest, hops in message.have:
            if digest in self._seen:
                continue
            if self._announced_counts.get(peer, 0) >= self._settings.announced_count:
                self._outbox.blame(peer, "rate")
                return
            missing = self._missing.get(digest)
            if missing is None:
                due = self._now + self._settings.missing_ticks
                missing = self._missing[digest] = _Missing({}, {}, due, self._now)
            if peer not in missing.blamable:
                if missing.is_overdue:
                    missing.is_overdue = False
                    missing.due = self._now + self._settings.missing_ticks
                missing.announced[peer] = hops
                missing.blamable[peer] = None
                self._announced_counts[peer] = self._announced_counts.get(peer, 0) + 1

    def receive_graft(self, peer: bytes, message: Graft) -> None:
        """``peer`` is pushed to from now on, and gets what it asks for."""
        self._make_eager(peer)
        kept = self._kept.get(message.id) if message.id is not None else None
        if kept is None or peer not in self.eager:
            return
        kept.grafts[peer] = kept.grafts.get(peer, 0) + 1
        if kept.grafts[peer] > GRAFTS_MAX:
            self._outbox.blame(peer, "rate")
        else:
            self._outbox.send(self.eager[peer], kept.push)

    def make_lazy(self, peer: bytes) -> None:
        """``peer`` gets announcements only."""
        contact = self.eager.pop(peer, None)
        if contact is not None:
            self.lazy[peer] = contact

    def tick(self) -> None:
        """Once every ``tick_ms``: announcements go out, missing messages are asked for, old ones forgotten."""
        self._now += 1
        if self._queued:
            self._announce()
        if self._missing:
            due = [key for key, missing in self._missing.items() if missing.due <= self._now]
            for digest in due:
                self._ask_for(digest, self._missing[digest])
        self._forget()

    def _announce(self) -> None:
        queued, self._queued = self._queued, {}
        for key, have in queued.items():
            contact = self.eager.get(key) or self.lazy.get(key)
            if contact is not None:
                for start in range(0, len(have), ANNOUNCED_MAX):
                    part = tuple(have[start : start + ANNOUNCED_MAX])
                    self._outbox.send(contact, Announce(part))

    def _ask_for(self, digest: bytes, missing: _Missing) -> None:
        """Asks the next that announced a message; once all were asked in vain, they promised too much."""
        settings = self._settings
        while missing.announced:
            peer = next(iter(missing.announced))
            hops = missing.announced.pop(peer)
            contact = self.eager.get(peer) or self.lazy.get(peer)
            if contact is not None:
                missing.due = self._now + settings.graft_ticks
                self._make_eager(peer)
                self._outbox.send(contact, Graft(digest, hops))
                return
        missing.is_overdue = True
        missing.due = missing.since + settings.promise_ticks
        if missing.due <= self._now:
            for peer in missing.blamable:
                self._outbox.blame(peer, "promise")
            self._missing_no_more(digest)

    def _spread(self, digest: bytes, push: Push, without: bytes) -> None:
        self._keep(digest, push)
        for key, contact in self.eager.items():
            if key != without:
                self._outbox.send(contact, push)
        for key in self.lazy:
            if key != without:
                self._queue(key, [(digest, push.hops)])

    def _queue(self, key: bytes, have: list[tuple[bytes, int]]) -> None:
        if have:
            self._queued.setdefault(key, []).extend(have)

    def _optimise(self, announced: dict[bytes, int], hops: int, peer: bytes) -> None:
        """Whoever announced a message well before it came makes a shorter tree than who pushed it (section 3.8)."""
        for other, announced_hops in announced.items():
            contact = self.lazy.get(other)
            if contact is None or hops - announced_hops - 1 < self._settings.optimise_rounds:
                continue
            self._outbox.send(contact, Graft(None, announced_hops))
            self._make_eager(other)
            self._prune(peer)
            return

    def _prune(self, peer: bytes) -> None:
        contact = self.eager.get(peer) or self.lazy.get(peer)
        if contact is not None:
            self.make_lazy(peer)
            self._outbox.send(contact, Prune())

    def _make_eager(self, peer: bytes) -> None:
        contact = self.lazy.pop(peer, None)
        if contact is not None:
            self.eager[peer] = contact

    def _see(self, digest: bytes, *, is_rejected: bool = False) -> None:
        self._seen[digest] = (self._now, is_rejected)

    def _missing_no_more(self, digest: bytes) -> dict[bytes, int]:
        """Forgets that a message is missing, and says who announced it but was not asked."""
        missing = self._missing.pop(digest, None)
        if missing is None:
            return {}
        for peer in missing.blamable:
            if peer in self._announced_counts:
                self._announced_counts[peer] -= 1
        return missing.announced

    def _keep(self, digest: bytes, push: Push) -> None:
        self._kept[digest] = _Kept(push, self._now)
        self._kept_bytes += len(push.data)

    def _forget(self) -> None:
        settings = self._settings
        while self._kept:
            kept = next(iter(self._kept.values()))
            is_recent = self._now - kept.since < settings.kept_ticks
            if is_recent and self._kept_bytes <= settings.kept_bytes:
                break
            self._kept.popitem(last=False)
            self._kept_bytes -= len(kept.push.data)
        while self._seen:
            since, _ = next(iter(self._seen.values()))
            is_recent = self._now - since < settings.seen_ticks
            if is_recent and len(self._seen) <= settings.seen_count:
                break
            self._seen.popitem(last=False)
