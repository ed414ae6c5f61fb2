"""Peers are asked how far they are and what waits with them, one after the other, and give the signals that are new."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from focusmesh.errors import NetworkError, SignalError
from focusmesh.kernel.replication.admitting import FALSE
from focusmesh.kernel.replication.wire import PACKETS_MAX, Digests, Hello, gathered, read
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.transport import ask_one

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.replication.admitting import Admitting
    from focusmesh.kernel.replication.agreeing import Agreeing
    from focusmesh.kernel.replication.mempool import Mempool
    from focusmesh.kernel.replication.peers import Peers
    from focusmesh.kernel.replication.serving import Serving
    from focusmesh.kernel.replication.syncing import Syncing


class Exchanging:
    """``agreeing`` is set where voters agree; ``poll_s`` seconds lie between two questions, about."""

    def __init__(
        self,
        chain: Chain,
        peers: Peers,
        mempool: Mempool,
        syncing: Syncing,
        serving: Serving,
        admitting: Admitting,
        rng: Callable[[int], bytes],
        poll_s: float,
    ) -> None:
        self.agreeing: Agreeing | None = None
        self._chain, self._peers, self._mempool = chain, peers, mempool
        self._syncing, self._serving, self._admitting = syncing, serving, admitting
        self._rng, self._poll_s = rng, poll_s
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
        if self.agreeing is not None:
            await self.agreeing.questions.greet(connection)
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
        """Batches bring a voter what waits with others; it takes what no block had by the time it hears of it again."""
        if self.agreeing is None or self.agreeing.moving is None:
            return wanted
        before, self._named = self._named, frozenset(wanted)
        return [signal for signal in wanted if signal in before]

    async def pull(self, peer: bytes, wanted: Sequence[bytes]) -> None:
        """Takes signals that a peer has. Raises NetworkError."""
        parameters = self._chain.parameters
        most = len(wanted) * (parameters.signal_bytes_max + parameters.blob_bytes_max)
        async with aclosing(self._peers.ask(peer, "packets", list(wanted))) as answers:
            came = await gathered(answers, most, len(wanted))
        try:
            packets = [Packet.decode(data) for data in came.values()]
        except SignalError as error:
            raise NetworkError("form", str(error)) from error
        for fault in await self._admitting.take(peer, packets):
            if fault is not None and fault.code in FALSE:
                self._peers.blame(peer, "signal")
