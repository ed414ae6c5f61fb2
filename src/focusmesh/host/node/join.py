"""Joining a network: a folder that has nothing comes to the last block of its peers, and then can be a node."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import TYPE_CHECKING

from focusmesh.engine.support import parallel
from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import AgreementChangedError, FileError, NetworkError, StoreError
from focusmesh.host.node.network_node import (
    ANYWHERE,
    interrupts,
    listening,
    remember_peers,
    threads,
    until,
)
from focusmesh.host.storage import doubt_votes, make_book, making, milliseconds, operations
from focusmesh.kernel.block import Candidates, Chain, restoring_of
from focusmesh.kernel.node import AgreedParts, NetworkJoin, NoUsers, Replica
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.identity import KEY_BYTES, SigningKey
from focusmesh.protocol.world import SignaturePool, World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.node.network_node import Peer, ThreadWorkers
    from focusmesh.host.storage import Folder
    from focusmesh.kernel.state import LmdbStore, Store
    from focusmesh.protocol.transport import Transport
    from focusmesh.protocol.world import Checker

_STALLED_SECONDS = 30.0
"""How long peers may be away, or give nothing of what they promise, before nobody waits for them any more."""
SNAPSHOT_BLOCKS = 64
"""So many blocks are carried out rather than that a snapshot is taken."""


def join_network(
    folder: Folder,
    peers: Sequence[Peer],
    network: bytes,
    by_snapshot: bool | None,
    progress: Progress | None = None,
    *,
    never_voted: bool | None = None,
) -> int:
    """Makes the ledger of a network in a folder, and returns the height that it came to.

    By a snapshot of the last state or by carrying out all blocks; where nobody says, by the number of blocks.
    ``never_voted``: somebody says that the key which will vote here has voted nowhere, or that it may have; where
    nobody says, it has not before the first block, and may have since. Raises FileError where the folder is taken,
    NetworkError where no peer has what is needed. What came is kept, and gone on with the next time.
    """
    with making(folder, resumable=True) as place, SignaturePool(parallel.thread_count()) as pool:
        joined = _Joined(place, peers, network, by_snapshot, pool, progress)
        height = asyncio.run(joined.run())
    if never_voted or (never_voted is None and not height):
        make_book(folder)
    elif never_voted is False:
        doubt_votes(folder.store)
    remember_peers(folder, peers)
    folder.follows.touch()
    return height


class _Joined:
    """One attempt to join."""

    def __init__(
        self,
        place: Path,
        peers: Sequence[Peer],
        network: bytes,
        by_snapshot: bool | None,
        pool: Checker,
        progress: Progress | None,
    ) -> None:
        self._place = place
        self._contacts = [peer.contact for peer in peers]
        self._network = network
        self._by_snapshot = by_snapshot
        self._pool = pool
        self._progress = progress

    async def run(self) -> int:
        """The height that was come to. Raises FileError where somebody interrupts it."""
        key = SigningKey(os.urandom(KEY_BYTES))
        with interrupts() as interrupted, threads() as workers:
            async with listening(key, self._network, ANYWHERE) as transport:
                work = asyncio.ensure_future(self._join(transport, workers))
                if not await until(interrupted, work):
                    raise FileError(
                        "interrupted; what arrived is kept: run the same command again to continue"
                    )
                return work.result()

    async def _join(self, transport: Transport, workers: ThreadWorkers) -> int:
        told = Throttle(self._progress, "joining", None, "pages")
        joining = NetworkJoin(
            transport,
            self._contacts,
            self._network,
            workers,
            lambda what, done, total: told.at(done),
        )
        highest = await joining.connect()
        genesis = await joining.genesis()
        by_snapshot = self._by_snapshot
        if by_snapshot is None:
            by_snapshot = highest > SNAPSHOT_BLOCKS
        from focusmesh.kernel.state import LmdbStore

        store = LmdbStore(self._place)
        try:
            if not self._may_go_on(store, by_snapshot):
                store.close()
                shutil.rmtree(self._place)
                store = LmdbStore(self._place)
            chain = self._chain(store)
            if chain is None and by_snapshot:
                chain = await joining.restore(store, genesis, operations(), self._pool)
            elif chain is None:
                chain = Chain.create(store, genesis, operations(), self._pool)
            await joining.close()
            while True:
                try:
                    followed = self._follow(chain, store)
                    return await self._catch_up(*followed, transport, workers)
                except AgreementChangedError:
                    chain = Chain(store, operations(), self._pool)
        finally:
            # Nothing may be on its way into a store that is closed; what was begun is ended before.
            workers.close()
            store.close()

    def _may_go_on(self, store: LmdbStore, by_snapshot: bool) -> bool:
        """Whether a store is empty, or what an earlier attempt of the same kind left."""
        chain = self._chain(store)
        if chain is not None:
            return chain.network == self._network
        with store.read() as reader:
            begun = restoring_of(reader)
            return (begun is None and not reader.count("meta")) or (
                begun == self._network and by_snapshot
            )

    def _chain(self, store: LmdbStore) -> Chain | None:
        """The chain in a store; None where there is none yet."""
        try:
            return Chain(store, operations(), self._pool)
        except StoreError:
            return None

    def _follow(self, chain: Chain, store: LmdbStore) -> tuple[Chain, AgreedParts | None]:
        """The chain, and what it takes to follow validators, without a key and so without vote records."""
        if chain.validator_set is None:
            return chain, None
        candidates = Candidates(store, operations(), self._pool, lambda: milliseconds() / 1_000)
        return candidates.decided, AgreedParts(candidates, MemoryStore(), lambda _: None)

    async def _catch_up(
        self,
        chain: Chain,
        agreed: AgreedParts | None,
        transport: Transport,
        workers: ThreadWorkers,
    ) -> int:
        """Follows the peers until there is nothing more; the height then."""
        from focusmesh.kernel.state import LmdbStore

        told = Throttle(self._progress, "joining", None, "blocks")
        world: World[Store] = World(milliseconds, os.urandom, LmdbStore, NoUsers(), self._pool)
        replica = Replica(
            chain,
            world,
            transport,
            contacts=self._contacts,
            workers=workers,
            tell=lambda block: told.at(block.header.height),
            agreed=agreed,
        )
        running = asyncio.ensure_future(replica.run())
        caught_up = asyncio.ensure_future(replica.caught_up.wait())
        try:
            while not (running.done() or caught_up.done()):
                before = chain.height
                await asyncio.wait(
                    {running, caught_up},
                    timeout=_STALLED_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if chain.height == before and not caught_up.done():
                    _verify_goes_on(replica)
        finally:
            caught_up.cancel()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        if not replica.caught_up.is_set():
            running.result()
        return chain.height


def _verify_goes_on(replica: Replica) -> None:
    """Raises NetworkError where nothing is to be expected of the peers that are there, if any are."""
    status, rests = replica.status(), replica.syncing.patience.rests
    if not status.trouble and not all(map(rests, status.peers)):
        return
    why = status.trouble or (
        "no peer gives what comes next" if status.peers else "all peers are gone"
    )
    raise NetworkError(
        "unavailable",
        f"the node stopped at height {status.height}: {why}; what arrived is kept: "
        "run the same command again to continue",
    )
