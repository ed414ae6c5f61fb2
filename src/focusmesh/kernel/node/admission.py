"""Signals of peers on their way into the pool: the admission of the node, their signatures, their contents."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from focusmesh.errors import NetworkError, SignalError
from focusmesh.kernel.admission import PEER_LIMITS, examine
from focusmesh.kernel.node.pool_shares import PoolStanding
from focusmesh.protocol.signal import SIGNAL_DOMAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.admission import Candidate
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.mempool import Mempool
    from focusmesh.kernel.node.sync.block_fetch import BlockFetcher
    from focusmesh.protocol.packet import Packet
    from focusmesh.protocol.world import Checker

FALSE = ("malformed", "size", "signature", "network", "operation", "content")
"""Codes of what no honest peer passes on."""


class SignalAdmission:
    """Takes signals of peers into the pool."""

    def __init__(
        self,
        chain: Chain,
        mempool: Mempool,
        fetching: BlockFetcher,
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
        found: list[tuple[int, Candidate]] = []
        for number, packet in enumerate(packets):
            try:
                found.append((number, await self._examine(peer, packet)))
                errors.append(None)
            except SignalError as error:
                errors.append(error)
        checks = [candidate.signed.check for _, candidate in found]
        right = await self._workers.beside(partial(self._checker.check, SIGNAL_DOMAIN, checks))
        for (number, candidate), good in zip(found, right, strict=True):
            signed, nonce = candidate.signed, candidate.account.nonce
            try:
                if not good:
                    raise SignalError("signature", f"{signed.id.hex()} is not signed by its neuron")
                standing = PoolStanding(candidate.weight, candidate.kind)
                self._mempool.add(
                    candidate.packet, signed, is_local=False, nonce=nonce, standing=standing
                )
            except SignalError as error:
                errors[number] = error
        return errors

    async def _examine(self, peer: bytes, packet: Packet) -> Candidate:
        """The admission of a packet that has its contents; its signature is checked with those of the others."""
        if not self._mempool.wants(packet.id):
            raise SignalError("known", "the signal waits already, or was refused a moment ago")
        candidate = examine(self._chain, packet, PEER_LIMITS, lambda signed: None)
        if not candidate.absent:
            return candidate
        try:
            contents = await self._fetching.contents(peer, candidate.absent)
        except NetworkError as error:
            raise SignalError("later", f"its contents did not arrive: {error}") from error
        return candidate.complete(contents.values())
