"""The signals of this machine's users: taken from the World's net, answered there by what the chain says of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.admission import kind_of, known_weight, order_rules, read_packet
from focusmesh.kernel.node.pool_shares import PoolStanding
from focusmesh.kernel.node.recent_signals import RecentSignals
from focusmesh.kernel.state import read_account
from focusmesh.protocol.signal import SIGNAL_DOMAIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.mempool import Entry, Mempool
    from focusmesh.protocol.packet import Packet
    from focusmesh.protocol.signal import SignedSignal
    from focusmesh.protocol.world import Checker

READ_BYTES = 1 << 24
"""How much of what is new is read at a time, about."""
_JUDGED_MAX = 64
_WAITING = ("nonce", "crowded", "price")


class LocalSignals:
    """Moves signals from the net of this machine's users into the pool."""

    def __init__(self, chain: Chain, mempool: Mempool, workers: Workers, checker: Checker) -> None:
        self._chain = chain
        self._recent = RecentSignals()
        self._mempool = mempool
        self._workers = workers
        self._checker = checker

    async def look(self) -> list[Packet]:
        """What is new and may wait, and waits now; what cannot be in a block is refused, what is in one is removed."""
        net, known = self._mempool.local, self._mempool.local_ids()
        packets = net.read(READ_BYTES, set(known))
        if not packets:
            return []
        found: list[tuple[Packet, SignedSignal]] = []
        for packet in packets:
            try:
                found.append((packet, read_packet(self._chain, packet)))
            except SignalError as error:
                net.refuse(packet.id, error)
        checks = [signed.check for _, signed in found]
        right = await self._workers.beside(partial(self._checker.check, SIGNAL_DOMAIN, checks))
        new = []
        for (packet, signed), good in zip(found, right, strict=True):
            if not good:
                message = f"signal {signed.id.hex()} is not signed by its neuron"
                net.refuse(signed.id, SignalError("signature", message))
            else:
                standing = self._standing(signed)
                self._mempool.add(packet, signed, is_local=True, standing=standing)
                new.append(packet)
        return new

    def _standing(self, signed: SignedSignal) -> PoolStanding:
        account = read_account(self._chain.state.get, signed.signal.neuron)
        if account is None:
            return PoolStanding()
        weight = known_weight(self._chain, signed.signal.neuron, account)
        return PoolStanding(weight, kind_of(signed.signal, account, order_rules(self._chain)))

    async def judge(self, signals: Iterable[bytes] | None = None) -> None:
        """Refuses what the next block could not have, removes what an earlier one has.

        Of ``signals``, whosoever left them, or of all of this machine's users.
        """
        due = self._due(self._mempool.local_ids() if signals is None else signals)
        if due:
            await self._workers.in_slot(partial(self._judge, due))

    def _due(self, signals: Iterable[bytes]) -> list[Entry]:
        """The signals whose turn it is, or was."""
        due = []
        for signal in signals:
            entry = self._mempool.entry(signal)
            if entry is None:
                continue
            account = read_account(self._chain.state.get, entry.signed.signal.neuron)
            if account is None or entry.signed.signal.nonce <= account.nonce:
                due.append(entry)
        return due[:_JUDGED_MAX]

    def _judge(self, due: list[Entry]) -> None:
        for entry in due:
            error = self._verdict(entry)
            if error is None or self._may_wait(entry, error):
                continue
            if not entry.is_local:
                self._mempool.refuse(entry.signed.id, error)
            elif error.code in ("nonce", "rotated") and self._is_placed(entry.signed.id):
                self._mempool.remove([entry.signed.id])
            else:
                self._mempool.refuse(entry.signed.id, error)

    def _verdict(self, entry: Entry) -> SignalError | None:
        """Why the next block could not have a signal, if it could not; carried out, and let go of again."""
        chain = self._chain
        working = chain.state.begin(chain.height + 1, chain.tip.time, b"")
        contents = {digest(each): each for each in entry.packet.contents}
        try:
            refused = chain.runtime.propose(working, [entry.signed], contents).refused
        finally:
            for finish in working.finishers:
                finish()
        return refused[0][1] if refused else None

    def _may_wait(self, entry: Entry, error: SignalError) -> bool:
        if error.code == "nonce":
            account = read_account(self._chain.state.get, entry.signed.signal.neuron)
            return account is not None and entry.signed.signal.nonce > account.nonce
        return error.code in _WAITING

    def _is_placed(self, signal: bytes) -> bool:
        """Whether one of the last blocks has a signal."""
        return self._recent.height_of(signal, self._chain) is not None
