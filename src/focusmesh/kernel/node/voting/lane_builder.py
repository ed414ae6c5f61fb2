"""Which waiting signals go into this validator's lane: those of its own users, and those of neurons that fall to it.

A signal that nobody's users left with a validator falls to one of the validators by its neuron, so that those of one
neuron stay in their order; where that one does not take it, after a while to the next. What a block passed over waits
again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.admission import first_with_room, order_rules
from focusmesh.kernel.consensus import BATCH_BYTES_MAX
from focusmesh.kernel.node.sync.block_fetch import claimed_contents
from focusmesh.kernel.state import read_account
from focusmesh.protocol.packet import Packet

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.mempool import Entry, Mempool
    from focusmesh.protocol.signal import Signal, SignedSignal

NEXT_MS = 500
"""A validator that should have taken a signal is given so long before the next one does."""
ELSEWHERE_MS = 1_000
"""A signal that another validator's batch has goes into no second one before it has waited so long."""
LATE_MS = 250
"""A signal that is in no lane after so long is told to others: this validator may end."""
LATER_MS = 900
"""So is one that is in this validator's lane, after so long."""
AGAIN_MS = 200
"""So often what waits is looked at, though nothing came and nothing was decided."""
LANED_BYTES_MAX = 1 << 22
"""So much of this validator's is on its way into blocks at most; the rest waits."""
NEURONS_KEPT = 1 << 14
_OVERHEAD_BYTES = 1 << 10


class LaneBuilder:
    """Knows what is in this validator's lane, and in no decided block."""

    def __init__(
        self,
        chain: Chain,
        mempool: Mempool,
        validator: bytes,
        validators: Sequence[bytes],
        clock: Callable[[], int],
        least_ms: int = 0,
        laned: Callable[[bytes, SignedSignal, Packet], None] = lambda data, signed, packet: None,
        present: Callable[[], Iterable[bytes]] | None = None,
        is_elsewhere: Callable[[bytes], bool] = lambda signal: False,
        batched: Callable[[bytes], None] = lambda signal: None,
    ) -> None:
        """``clock`` gives milliseconds and does not go back; between what is due lie at least so many of them.

        ``laned`` hears of each, as bytes and as it was read: its signature was checked. ``present`` gives the
        validators that are connected (by default all): signals fall to none of the others. ``is_elsewhere`` says
        whether a batch of another validator that is in no block has a signal. ``batched`` hears of each of this
        machine's users that goes into the lane.
        """
        self._chain, self._mempool = chain, mempool
        self._validator, self._validators = validator, tuple(validators)
        self._clock, self._least_ms = clock, least_ms
        self._told = laned
        self._laned: dict[bytes, Entry] = {}
        self._bytes = 0
        self._passed: dict[bytes, None] = {}
        self._seen: dict[bytes, int] = {}
        self._nonces: dict[bytes, tuple[int, int | None]] = {}
        """By neuron: the height at which its account was looked up, and its next nonce since."""
        self._looked = (-1, -1, -1)
        self._given = -least_ms
        self._present = (lambda: self._validators) if present is None else present
        self._is_elsewhere, self._batched = is_elsewhere, batched
        self._spread: set[bytes] = set()

    def due(self) -> list[bytes]:
        """Packets that are to go into the lane now, as bytes; they count as being there from now on. O(waiting)."""
        found: list[bytes] = []
        ms = self._clock()
        now = (self._mempool.additions, self._chain.height, ms // AGAIN_MS)
        if now == self._looked or ms - self._given < self._least_ms:
            return found
        self._looked = now
        laned: dict[bytes, set[int]] = {}
        free: list[Entry] = []
        for entry in self._mempool.entries():
            if entry.signed.id in self._laned:
                laned.setdefault(entry.signed.signal.neuron, set()).add(entry.signed.signal.nonce)
            else:
                free.append(entry)
        for signal in [each for each in self._laned if not self._mempool.has(each)]:
            self._let_go(signal)
        self._seen = {each.signed.id: self._seen.get(each.signed.id, ms) for each in free}
        for entry in self._first(free):
            neuron, nonce = entry.signed.signal.neuron, entry.signed.signal.nonce
            there = laned.setdefault(neuron, set())
            wanted = self._next_nonce(neuron, nonce, there)
            if wanted is None or nonce < wanted:
                self._passed[entry.signed.id] = None
                continue
            if nonce != wanted or not self._is_mine(entry):
                continue
            if not self._may_stand(entry) or (whole := self._whole(entry)) is None:
                self._passed[entry.signed.id] = None
            elif self._has_room(whole):
                there.add(nonce)
                found.append(self._lane(whole))
                self._given = ms
        return found

    def _first(self, free: list[Entry]) -> list[Entry]:
        """Those that may go into the lane now, by nonce: where not all have room, the first in their fair order."""
        free.sort(key=lambda each: each.signed.signal.nonce)
        size = sum(entry.packet.size_bytes for entry in free)
        if self._bytes + size <= self._room:
            return free
        laned, mine = list(self._laned.values()), [each for each in free if self._is_mine(each)]
        claims = [entry.claim for entry in (*laned, *mine)]
        rules, seed = order_rules(self._chain), self._chain.tip.id
        chosen = first_with_room(claims, seed, self._room, rules)
        return [mine[at - len(laned)] for at in chosen if at >= len(laned)]

    @property
    def _room(self) -> int:
        """How many bytes of this validator's are on their way into blocks at most: of two blocks, its part."""
        order = self._chain.parameters.order
        if order is None:
            return LANED_BYTES_MAX
        part = 2 * order.cut_bytes // max(len(self._validators), 1)
        return min(LANED_BYTES_MAX, max(part, BATCH_BYTES_MAX))

    def late(self) -> list[Packet]:
        """Signals of this machine's users that no block has had for a while, each once. O(of this machine's users)."""
        local = self._mempool.local_ids()
        self._spread.intersection_update(local)
        found = []
        for signal in local:
            after = LATER_MS if signal in self._laned else LATE_MS
            entry, waited = self._mempool.entry(signal), self._mempool.waiting_seconds(signal)
            is_late = waited is not None and 1_000 * waited >= after
            if entry is not None and is_late and signal not in self._spread:
                self._spread.add(signal)
                found.append(entry.packet)
        return found

    def doubt(self, signals: Iterable[bytes]) -> None:
        """These are in a batch that brings nothing: it is to be seen whether a later block could have them."""
        self._passed.update((signal, None) for signal in signals if self._mempool.has(signal))

    def _may_stand(self, entry: Entry) -> bool:
        """Whether the next block could have a signal whose turn it is: nobody batches what would be refused."""
        signal = entry.signed.signal
        if signal.expires_height <= self._chain.height:
            return False
        if not signal.tip:
            return True
        account = read_account(self._chain.state.get, signal.neuron)
        return account is not None and signal.tip <= account.balance

    def _whole(self, entry: Entry) -> Entry | None:
        """With all contents that its signal claims: validators take none from their ledgers. None where one is lost."""
        came = {digest(content) for content in entry.packet.contents}
        claims = claimed_contents(self._chain, [entry.signed])
        lacking = [name for name in claims if name not in came]
        if not lacking:
            return entry
        with self._chain.state.at() as view:
            kept = view.reader.get_many("contents", lacking)
        contents = [each for each in kept if each is not None]
        if len(contents) < len(lacking):
            return None
        return entry._replace(packet=Packet(entry.packet.wire, (*entry.packet.contents, *contents)))

    def pass_over(self, signals: Iterable[bytes]) -> None:
        """A decided cut had these: those that its block has not may go into the lane again."""
        for signal in signals:
            entry = self._let_go(signal)
            if self._mempool.has(signal):
                self._passed[signal] = None
            elif entry is not None:
                self._is_in_block(entry.signed.signal)

    def passed_over(self) -> list[bytes]:
        """Those of ``passed`` that wait still, since this was last asked, and those whose nonce is in the past."""
        found, self._passed = list(self._passed), {}
        return found

    def restart(self) -> None:
        """It is not known what blocks passed over: all that waits may go into the lane again."""
        self._laned.clear()
        self._bytes, self._looked = 0, (-1, -1, -1)

    def _next_nonce(self, neuron: bytes, nonce: int, laned: Container[int]) -> int | None:
        """The first nonce that is neither in a block nor ``laned``; None where the neuron has no account.

        Accounts are looked up where ``nonce`` is not what is expected, once a block: others may have brought what comes
        before it.
        """
        height, wanted = self._nonces.get(neuron, (-1, None))
        found = _after(wanted, laned)
        if found != nonce and height != self._chain.height:
            account = read_account(self._chain.state.get, neuron)
            wanted = None if account is None else account.nonce
            self._nonces.pop(neuron, None)
            self._nonces[neuron] = self._chain.height, wanted
            found = _after(wanted, laned)
            if len(self._nonces) > NEURONS_KEPT:
                del self._nonces[next(iter(self._nonces))]
        return found

    def _is_in_block(self, signal: Signal) -> None:
        height, wanted = self._nonces.get(signal.neuron, (-1, None))
        if wanted is not None:
            self._nonces[signal.neuron] = height, max(wanted, signal.nonce + 1)

    def _lane(self, entry: Entry) -> bytes:
        self._laned[entry.signed.id] = entry
        self._bytes += entry.packet.size_bytes
        data = entry.packet.encode()
        self._told(data, entry.signed, entry.packet)
        if entry.is_local:
            self._batched(entry.signed.id)
        return data

    def _let_go(self, signal: bytes) -> Entry | None:
        entry = self._laned.pop(signal, None)
        self._bytes -= 0 if entry is None else entry.packet.size_bytes
        return entry

    def _is_mine(self, entry: Entry) -> bool:
        neuron = entry.signed.signal.neuron
        if entry.is_local or neuron == self._validator:
            return True
        waited = self._clock() - self._seen[entry.signed.id]
        if waited < ELSEWHERE_MS and self._is_elsewhere(entry.signed.id):
            return False
        here = {*self._present(), self._validator}
        ranked = sorted(here.intersection(self._validators), key=lambda each: digest(each + neuron))
        return self._validator in ranked[: waited // NEXT_MS + 1]

    def _has_room(self, entry: Entry) -> bool:
        """Whether it may go into the lane now; what no batch has room for is refused."""
        size = entry.packet.size_bytes
        if size > BATCH_BYTES_MAX - _OVERHEAD_BYTES:
            message = (
                f"signal {entry.signed.id.hex()} has {size:,} bytes with its contents; where validators agree at most "
                f"{BATCH_BYTES_MAX - _OVERHEAD_BYTES:,} travel together: publish in several signals"
            )
            self._mempool.refuse(entry.signed.id, SignalError("size", message))
            return False
        return self._bytes + size <= self._room


def _after(wanted: int | None, laned: Container[int]) -> int | None:
    while wanted is not None and wanted in laned:
        wanted += 1
    return wanted
