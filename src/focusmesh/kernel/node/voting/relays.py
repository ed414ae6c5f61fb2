"""Notices for validators whose nodes cannot be reached from here, by way of one that reaches both; never by way of two.

    ["hand", validators, epoch, notice]      to be handed on to these validators
    ["handed", validators, epoch, notice]    handed on, from the node of one of these
    ["unreached", validators]                these cannot be reached from here either

Only what proves itself goes this way: votes, certificates, decisions, proposals, batches. It is taken as nobody's, so
that who hands on can neither say something in another's name nor use up the answers that another is owed; a vote for
having a batch is the one notice that does not name its validator, whose signature is looked up then. What is wrong with
a notice is the fault of who wrote it, and that is not known: who hands on is blamed for its frames alone. A line of its
own carries all this, which a node of before it refuses without harm.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

from focusmesh.errors import CodecError, NetworkError
from focusmesh.kernel.consensus import MESSAGE_BYTES_MAX
from focusmesh.kernel.node.peers import RELAYS
from focusmesh.kernel.node.voting.address_book import CARDS_A_VALIDATOR
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.transport import FRAME_BYTES_MAX, Tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.kernel.node.peers import Peers
    from focusmesh.kernel.node.voting.address_book import AddressBook
    from focusmesh.protocol.codec import Value

AFTER_S = 3.0
"""A validator whose node was not there for so long is spoken to by way of others."""
WAYS_MAX = 2
"""By so many of them at a time: one may keep to itself what it was to hand on."""
TURN_S = 10.0
"""And by others after so long."""
UNREACHED_S = 10.0
"""Who cannot reach a validator is not asked to hand on to it for so long."""
VALIDATORS_MAX = 1_024
WAITING_MAX, WAITING_BYTES_MAX = 512, 1 << 21
"""So many frames and bytes wait for one node; then the oldest is dropped: engines say again what still matters."""
HANDED_BYTES_S, HANDED_BURST = 1 << 20, 1 << 22
"""So many bytes are handed on for one node a second, and at once; what is above that is dropped."""
_LOOK_S = 0.2
_HOLD = b"\x64hold"
_CARRIED = (
    *(b"\x64vote", b"\x6bcertificate", b"\x68decision", b"\x66motion"),
    *(b"\x65batch", _HOLD, b"\x64held"),
)
"""How notices go on after the byte that says how long the array is: those that prove themselves."""


class Relays:
    """``heard(validator, epoch, notice)`` hears what was handed on here; ``counts``: how often what happened."""

    def __init__(
        self, peers: Peers, cards: AddressBook, heard: Callable[[bytes, int, bytes], bool]
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._peers, self._cards, self._heard = peers, cards, heard
        self._seen: dict[bytes, float] = {}
        """By validator: when a node of it was last connected, or when that was first looked for."""
        self._unreached: dict[tuple[bytes, bytes], float] = {}
        """By node and validator: until when that node is not asked to hand on to that validator."""
        self._waiting: dict[bytes, deque[bytes]] = {}
        self._spent: dict[bytes, tuple[float, float]] = {}
        """By node: bytes that were handed on for it and are not paid off, and when that was so."""
        self._time = asyncio.get_running_loop().time
        self._tasks: Tasks
        peers.on_relay = self._hear

    async def run(self) -> None:
        """Watches who is there until it is cancelled."""
        self._tasks = Tasks()
        await self._tasks.run(self._watch())

    def down(self) -> list[bytes]:
        """The validators that are not to be reached from here, and have not been for a while."""
        now = self._time()
        return [validator for validator, seen in self._seen.items() if now - seen > AFTER_S]

    def say(self, validator: bytes | None, epoch: int, notice: bytes) -> None:
        """To a validator, or to all (None): to those of them that are not to be reached from here."""
        wanted = [each for each in self.down() if validator in (None, each)]
        if not wanted or not _is_carried(notice):
            return
        for node, validators in self._ways(wanted).items():
            self.counts["asked"] += 1
            self._put(node, ["hand", list(validators), epoch, notice])

    # Who is there.

    async def _watch(self) -> None:
        while True:
            now, here = self._time(), {*self._peers.present(), self._peers.transport.key}
            self._seen = {
                validator: now
                if not here.isdisjoint(self._cards.nodes_of(validator))
                else self._seen.get(validator, now)
                for validator in self._cards.validators
            }
            self._unreached = {pair: end for pair, end in self._unreached.items() if end > now}
            self._spent = {
                node: spent
                for node, spent in self._spent.items()
                if now - spent[1] < HANDED_BURST / HANDED_BYTES_S
            }
            await asyncio.sleep(_LOOK_S)

    def _ways(self, wanted: Iterable[bytes]) -> dict[bytes, list[bytes]]:
        """Nodes to be asked, each with the validators that it is to hand on to."""
        nodes = sorted(key for key in self._peers.present() if self._cards.validators_at(key))
        turn = int(self._time() / TURN_S)
        found: dict[bytes, list[bytes]] = {}
        for validator in wanted:
            ways = [node for node in nodes if (node, validator) not in self._unreached]
            for at in range(min(WAYS_MAX, len(ways))):
                found.setdefault(ways[(turn + at) % len(ways)], []).append(validator)
        return found

    # What is sent.

    def _put(self, node: bytes, frame: list[Value]) -> None:
        waiting = self._waiting.get(node)
        if waiting is None:
            waiting = self._waiting[node] = deque(maxlen=WAITING_MAX)
            self._tasks.start(self._write(node, waiting))
        waiting.append(encode(frame))
        while sum(map(len, waiting)) > WAITING_BYTES_MAX:
            waiting.popleft()

    async def _write(self, node: bytes, waiting: deque[bytes]) -> None:
        try:
            while waiting:
                await self._peers.tell(node, waiting.popleft(), RELAYS)
        except NetworkError:
            # It is gone, or listens to none of this.
            again = self._time() + UNREACHED_S
            self._unreached.update(
                ((node, validator), again) for validator in self._cards.validators
            )
        finally:
            del self._waiting[node]

    # What comes.

    async def _hear(self, key: bytes, frame: bytes) -> None:
        senders = self._cards.validators_at(key)
        if not senders:
            return
        try:
            kind, validators, *parts = decode(frame, bytes_max=FRAME_BYTES_MAX)
            _check_validators(validators)
            if kind == "unreached" and not parts:
                self._lose(key, validators)
                return
            epoch, notice = parts
            if type(epoch) is not int or type(notice) is not bytes or not _is_carried(notice):
                raise CodecError("a notice that proves itself is handed on, with its epoch")
            if kind == "hand":
                self._hand_on(key, senders, validators, epoch, notice)
            elif kind == "handed" and len(validators) <= CARDS_A_VALIDATOR:
                self._take(validators, epoch, notice)
            else:
                raise CodecError("a frame must have a kind")
        except (CodecError, TypeError, ValueError):
            self._peers.blame(key, "form")

    def _lose(self, key: bytes, validators: list[bytes]) -> None:
        again = self._time() + UNREACHED_S
        known = set(self._cards.validators)
        self._unreached.update(
            ((key, validator), again) for validator in validators if validator in known
        )

    def _hand_on(
        self, key: bytes, senders: list[bytes], validators: list[bytes], epoch: int, notice: bytes
    ) -> None:
        here = [node for node in self._peers.present() if node != key]
        missing: list[Value] = []
        for validator in validators:
            nodes = [node for node in here if node in self._cards.nodes_of(validator)]
            if not nodes:
                missing.append(validator)
            for node in nodes:
                if self._pays(key, len(notice)):
                    self.counts["handed"] += 1
                    self._put(node, ["handed", list(senders[:CARDS_A_VALIDATOR]), epoch, notice])
                else:
                    self.counts["dropped"] += 1
        if missing:
            self._put(key, ["unreached", missing])

    def _pays(self, key: bytes, size: int) -> bool:
        now = self._time()
        spent, at = self._spent.get(key, (0.0, now))
        spent = max(spent - (now - at) * HANDED_BYTES_S, 0.0) + size
        if spent > HANDED_BURST:
            return False
        self._spent[key] = spent, now
        return True

    def _take(self, validators: list[bytes], epoch: int, notice: bytes) -> None:
        self.counts["heard"] += 1
        if not notice.startswith(_HOLD, 1):
            self._heard(b"", epoch, notice)
            return
        known = set(self._cards.validators)
        any(self._heard(validator, epoch, notice) for validator in validators if validator in known)


def _is_carried(notice: bytes) -> bool:
    return len(notice) <= MESSAGE_BYTES_MAX and notice.startswith(_CARRIED, 1)


def _check_validators(validators: Any) -> None:
    """Raises CodecError."""
    if type(validators) is not list or not 0 < len(validators) <= VALIDATORS_MAX:
        raise CodecError("a frame must name validators")
    if any(type(each) is not bytes for each in validators) or len(set(validators)) < len(
        validators
    ):
        raise CodecError("validators must be keys, each once")
