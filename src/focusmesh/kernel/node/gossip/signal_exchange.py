"""Peers are asked how far they are and what waits with them, one after the other, and give the signals that are new."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from focusmesh.errors import NetworkError, SignalError
from focusmesh.kernel.admission import packet_limits
from focusmesh.kernel.node.admission import FALSE
from focusmesh.kernel.node.wire import PACKETS_MAX, Digests, Hello, gather_parts, read
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.transport import ask_one

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.admission import SignalAdmission
    from focusmesh.kernel.node.mempool import Mempool
    from focusmesh.kernel.node.peers import Peers
    from focusmesh.kernel.node.serving.peer_answers import PeerAnswers
    from focusmesh.kernel.node.sync.block_sync import BlockSync
    from focusmesh.kernel.node.voting.validator_node import ValidatorNode


class SignalExchange:
    """``agreeing``: the part of the node where validators agree. Questions lie ``poll_s`` apart, about."""

    def __init__(
        self,
        chain: Chain,
        peers: Peers,
        mempool: Mempool,
        syncing: BlockSync,
        serving: PeerAnswers,
        admitting: SignalAdmission,
        rng: Callable[[int], bytes],
        poll_s: float,
        agreeing: ValidatorNode | None,
    ) -> None:
        self._chain, self._peers, self._mempool = chain, peers, mempool
        self._syncing, self._serving, self._admitting = syncing, serving, admitting
        self._rng, self._poll_s, self._agreeing = rng, poll_s, agreeing
        self._named: frozenset[bytes] = frozenset()
        """What waited with the peer that was asked last."""

    async def run(self) -> None:
        """Asks until it is cancelled."""
        while True:
            await asyncio.sleep(self._poll_s * (0.5 + self._rng(1)[0] / 256))
            peers = self._peers.present()
            if not peers:
                continue
            peer = peers[int.from_bytes(self._rng(4), "big") % len(peers)]
            try:
                await self._compare(peer)
            except NetworkError as error:
                if error.code in ("form", "size"):
                    self._peers.blame(peer, error.code)

    async def _compare(self, peer: bytes) -> None:
        """What a peer says of itself, and those of its waiting signals that are new here. Raises NetworkError."""
        connection = self._peers.connection(peer)
        hello = self._serving.hello().value()
        said = read(await ask_one(connection, "hello", hello), Hello, "hello")
        self._syncing.hear(peer, said)
        if self._agreeing is not None:
            await self._agreeing.questions.greet(connection)
        if not said.waiting:
            return
        wanted: list[bytes] = []
        async with aclosing(self._peers.ask(peer, "pool", None)) as answers:
            async for answer in answers:
                ids = read(answer, Digests, "ids of signals")
                wanted += [signal for signal in ids if self._mempool.wants(signal)]
                if len(wanted) >= self._mempool.limits.signals_max:
                    break  # A pool of strangers' signals has no more; the rest is asked for next time.
        wanted = self._not_in_batches(wanted)
        for start in range(0, len(wanted), PACKETS_MAX):
            await self.pull(peer, wanted[start : start + PACKETS_MAX])

    def _not_in_batches(self, wanted: list[bytes]) -> list[bytes]:
        """Batches bring a validator what waits with others; it takes what no block had when it hears of it again."""
        if self._agreeing is None or self._agreeing.moving is None:
            return wanted
        before, self._named = self._named, frozenset(wanted)
        return [signal for signal in wanted if signal in before]

    async def pull(self, peer: bytes, wanted: Sequence[bytes]) -> None:
        """Takes signals that a peer has. Raises NetworkError."""
        parameters = self._chain.parameters
        most = len(wanted) * (parameters.signal_bytes_max + parameters.blob_bytes_max)
        async with aclosing(self._peers.ask(peer, "packets", list(wanted))) as answers:
            came = await gather_parts(answers, most, len(wanted))
        try:
            limits = packet_limits(self._chain)
            packets = [Packet.decode(data, limits) for data in came.values()]
        except SignalError as error:
            raise NetworkError("form", str(error)) from error
        for fault in await self._admitting.take(peer, packets):
            if fault is not None and fault.code in FALSE:
                self._peers.blame(peer, "signal")
