"""Whether a signal may wait in this node: what it says of itself, what the chain says of its neuron, its contents."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from focusmesh.errors import NetworkError, SignalError
from focusmesh.ids import digest
from focusmesh.kernel.replication.fetching import claimed
from focusmesh.kernel.runtime import no_account
from focusmesh.kernel.state import read_account
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import SIGNAL_DOMAIN, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.replication.fetching import Fetching
    from focusmesh.kernel.replication.mempool import Mempool
    from focusmesh.kernel.replication.working import Workers
    from focusmesh.protocol.signal import SignedSignal
    from focusmesh.protocol.world import Checker

FALSE = ("malformed", "size", "signature", "network", "operation", "content")
"""Codes of what no honest peer passes on."""


def read_packet(chain: Chain, packet: Packet) -> SignedSignal:
    """The signal of a packet, within the network's limits; its signature is not checked. Raises SignalError."""
    parameters = chain.parameters
    signed = parse(
        packet.wire,
        # One that no block has room for would be read first for ever.
        bytes_max=min(parameters.signal_bytes_max, chain.signals_bytes_max),
        operations_max=parameters.operations_max,
    )
    if signed.signal.network != chain.network:
        raise SignalError("network", f"signal {signed.id.hex()} is for another network")
    return signed


def check_standing(chain: Chain, signed: SignedSignal, nonces_ahead_max: int) -> None:
    """That a signal's neuron could pay for it now or soon. O(log n).

    Raises SignalError: ``"expired"``, ``"account"``, ``"rotated"``, ``"nonce"``, ``"tip"``.
    """
    signal = signed.signal
    if signal.expires_height <= chain.height:
        raise SignalError("expired", f"signal {signed.id.hex()} expired at {signal.expires_height}")
    account = read_account(chain.state.get, signal.neuron)
    if account is None:
        raise no_account(chain.state.get, signal.neuron)
    if not account.nonce <= signal.nonce < account.nonce + nonces_ahead_max:
        raise SignalError(
            "nonce",
            f"signal {signed.id.hex()} has nonce {signal.nonce}, the next one of its neuron is {account.nonce}",
        )
    if signal.tip > account.balance:
        raise SignalError("tip", f"signal {signed.id.hex()} offers more than its neuron has")


class Admitting:
    """Takes signals of peers into the pool."""

    def __init__(
        self,
        chain: Chain,
        mempool: Mempool,
        fetching: Fetching,
        workers: Workers,
        checker: Checker,
    ) -> None:
        self._chain = chain
        self._mempool = mempool
        self._fetching = fetching
        self._workers = workers
        self._checker = checker

    async def take(self, peer: bytes, packets: Sequence[Packet]) -> list[SignalError | None]:
        """What speaks against each packet of a peer; those that nothing speaks against wait now.

        Raises NetworkError where the peer went away while it was asked for contents.
        """
        errors: list[SignalError | None] = []
        found: list[tuple[int, Packet, SignedSignal]] = []
        for number, packet in enumerate(packets):
            try:
                found.append((number, *await self._standing(peer, packet)))
                errors.append(None)
            except SignalError as error:
                errors.append(error)
        checks = [signed.check for _, _, signed in found]
        right = await self._workers.beside(partial(self._checker.check, SIGNAL_DOMAIN, checks))
        for (number, whole, signed), good in zip(found, right, strict=True):
            try:
                if not good:
                    raise SignalError("signature", f"{signed.id.hex()} is not signed by its neuron")
                self._mempool.add(whole, signed, is_local=False)
            except SignalError as error:
                errors[number] = error
        return errors

    async def _standing(self, peer: bytes, packet: Packet) -> tuple[Packet, SignedSignal]:
        if not self._mempool.wants(packet.id):
            raise SignalError("known", "it waits already, or was refused a moment ago")
        signed = read_packet(self._chain, packet)
        check_standing(self._chain, signed, self._mempool.limits.nonces_ahead_max)
        return await self._completed(peer, packet, signed), signed

    async def _completed(self, peer: bytes, packet: Packet, signed: SignedSignal) -> Packet:
        """The packet with every content that its signal claims and the ledger lacks, and no other."""
        claims = claimed(self._chain, [signed])
        for content in packet.contents:
            if claims.get(digest(content)) != len(content):
                raise SignalError(
                    "content", f"signal {signed.id.hex()} came with what it does not claim"
                )
        came = {digest(content) for content in packet.contents}
        absent = self._fetching.absent(
            {name: size for name, size in claims.items() if name not in came}
        )
        if not absent:
            return packet
        try:
            contents = await self._fetching.contents(peer, absent)
        except NetworkError as error:
            raise SignalError("later", f"its contents did not come: {error}") from error
        if len(contents) < len(absent):
            raise SignalError("later", "its contents are not to be had now")
        return Packet(packet.wire, (*packet.contents, *contents.values()))
