"""A flood of signals against the pool of a node: how many blocks honest signals wait, in virtual time.

The pool is the node's own (``Mempool``), block by block: what comes is shuffled, what is refused comes again with the
next block, and each block takes what it has room for. Waits are counted in blocks from when a signal was first sent.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.admission import NEWCOMER, ORDINARY, SHARE_ONE
from focusmesh.kernel.node.mempool import Mempool, MempoolLimits, NoUsers
from focusmesh.kernel.node.pool_shares import PoolStanding
from focusmesh.kernel.state import OrderRules
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, SignedSignal

if TYPE_CHECKING:
    from collections.abc import Iterable

SIGNAL_BYTES = 256
STAKE = 10**12
"""Base units of stake in all."""


@dataclass(frozen=True)
class FloodCase:
    """``capacity`` signals fit a block, ``room`` wait at most. Honest signals take ``load`` of the capacity.

    ``flood`` times the capacity comes besides for each block, from ``keys`` keys that have ``share`` of all stake.
    ``newcomers`` first signals of new neurons come for each block, each with a deposit, and no stake to speak of.
    """

    capacity: int = 400
    room: int = 16_000
    blocks: int = 90
    neurons: int = 40
    load: float = 0.4
    newcomers: int = 4
    flood: int = 0
    keys: int = 1_000
    share: float = 0.0
    is_fair: bool = True
    seed: int = 0


class Waits(NamedTuple):
    """Blocks that honest signals waited, 95 of 100 of them no longer: of old neurons, and of new ones."""

    old: int
    new: int


class _Sent(NamedTuple):
    """A signal on its way; ``since`` is the block for which it came first."""

    signed: SignedSignal
    standing: PoolStanding
    since: int


class FifoPool(Mempool):
    """The pool as it was: whoever comes first is first, and only a full room refuses."""

    def read(self, bytes_max: int, without: Iterable[bytes] = ()) -> list[Packet]:
        """The oldest that fit."""
        return [entry.packet for entry in self.entries()[: bytes_max // SIGNAL_BYTES]]


class _World:
    """The pool, and those who send."""

    def __init__(self, case: FloodCase) -> None:
        self.case, self.random, self.block = case, Random(case.seed), 0
        limits = MempoolLimits(case.room, case.room * SIGNAL_BYTES)
        form = Mempool if case.is_fair else FifoPool
        self.pool = form(
            NoUsers(), lambda: 0, limits, OrderRules, lambda: digest(bytes([self.block % 256]))
        )
        # The richest has four times as much as the poorest.
        parts = [self.random.uniform(1, 4) for _ in range(case.neurons)]
        whole = STAKE * (1 - case.share) / sum(parts)
        self._stakes = {f"old {at}": int(part * whole) for at, part in enumerate(parts)}
        self._light = int(STAKE * case.share / case.keys)
        self._nonces: Counter[str] = Counter()
        self._open: dict[bytes, tuple[str, int]] = {}
        self._again: list[_Sent] = []
        self.waits: dict[str, list[int]] = {"old": [], "new": []}

    def step(self) -> None:
        """One block: what comes for it, and what it takes."""
        coming = [*self._again, *self._honest(), *self._flood()]
        self._again = []
        self.random.shuffle(coming)
        for sent in coming:
            self._send(sent)
        self.block += 1
        taken = self.pool.read(self.case.capacity * SIGNAL_BYTES)
        names = [packet.wire[:32] for packet in taken]
        for name in names:
            kind, since = self._open.pop(name, ("flood", 0))
            if kind != "flood":
                self.waits[kind].append(self.block - since)
        self.pool.remove(names)

    def unfinished(self) -> None:
        """Counts what still waits as if the next block had it."""
        for kind, since in self._open.values():
            self.waits[kind].append(self.block + 1 - since)

    def _send(self, sent: _Sent) -> None:
        standing = sent.standing if self.case.is_fair else None
        packet = Packet(sent.signed.wire)
        try:
            self.pool.add(packet, sent.signed, is_local=False, standing=standing)
        except SignalError:
            if sent.signed.id in self._open:
                self._again.append(sent)

    def _honest(self) -> Iterable[_Sent]:
        names = list(self._stakes)
        for _ in range(round(self.case.load * self.case.capacity) - self.case.newcomers):
            name = self.random.choice(names)
            yield self._signal(name, "old", PoolStanding(self._stakes[name] * SHARE_ONE, ORDINARY))
        for number in range(self.case.newcomers):
            name = f"new {self.block} {number}"
            yield self._signal(name, "new", PoolStanding(SHARE_ONE, NEWCOMER), tip=10)

    def _flood(self) -> Iterable[_Sent]:
        for _ in range(self.case.flood * self.case.capacity):
            name = f"flood {self.random.randrange(self.case.keys)}"
            is_first = not self._nonces[name]
            kind = NEWCOMER if is_first else ORDINARY
            yield self._signal(name, "flood", PoolStanding(self._light * SHARE_ONE, kind))

    def _signal(self, name: str, kind: str, standing: PoolStanding, tip: int = 0) -> _Sent:
        nonce = self._nonces[name]
        self._nonces[name] += 1
        neuron = digest(name.encode())
        signal = Signal(
            network=bytes(32),
            neuron=neuron,
            nonce=nonce,
            expires_height=1 << 20,
            operations=(),
            tip=tip,
        )
        id_ = digest(neuron + nonce.to_bytes(8, "big"))
        if kind != "flood":
            self._open[id_] = kind, self.block
        signed = SignedSignal(id_, signal, b"", id_ + bytes(SIGNAL_BYTES - len(id_)))
        return _Sent(signed, standing, self.block)


def waits_in(case: FloodCase) -> Waits:
    """The waits of honest signals. Those of the first tenth of the blocks, before the pool is full, count too."""
    world = _World(case)
    for _ in range(case.blocks):
        world.step()
    world.unfinished()
    return Waits(*(_percentile(world.waits[kind]) for kind in ("old", "new")))


def _percentile(waits: list[int]) -> int:
    """The wait that 95 of 100 do not exceed."""
    ordered = sorted(waits)
    return ordered[max(-(-95 * len(ordered) // 100) - 1, 0)] if ordered else 0
