"""Contents that a ledger claims and this node has not: asked for again and again, until somebody has them."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from focusmesh.errors import NetworkError, StoreError
from focusmesh.kernel.node.wire import CONTENTS_MAX
from focusmesh.kernel.state import BLOB_PREFIX, LeafTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.peers import Peers
    from focusmesh.kernel.node.sync.block_fetch import BlockFetcher

SECONDS_MAX = 30.0
"""The longest that nobody is asked, after many times in vain."""


class MissingContents:
    """What is claimed and missing. A node that was killed finds it out anew."""

    def __init__(
        self,
        chain: Chain,
        peers: Peers,
        fetching: BlockFetcher,
        workers: Workers,
        rng: Callable[[int], bytes],
        every_s: float,
    ) -> None:
        self._chain = chain
        self._peers = peers
        self._fetching = fetching
        self._workers = workers
        self._rng = rng
        self._every_s = every_s
        self._wanted: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._wanted)

    def add(self, contents: Mapping[bytes, int]) -> None:
        """These, digest and size, did not come with their block."""
        self._wanted.update(contents)

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        self.add(await self._workers.beside(self._found))
        wait = self._every_s
        while True:
            await asyncio.sleep(wait * (0.5 + self._rng(1)[0] / 256))
            peers = self._peers.present()
            if not self._wanted or not peers:
                continue
            peer = peers[int.from_bytes(self._rng(4), "big") % len(peers)]
            try:
                came = await self._ask(peer)
            except (NetworkError, StoreError):
                came = 0
            wait = self._every_s if came else min(2 * wait, SECONDS_MAX)

    async def _ask(self, peer: bytes) -> int:
        """Asks one peer for some of them; how many came. Raises NetworkError, StoreError."""
        asked = dict(islice(self._wanted.items(), CONTENTS_MAX))
        claimed = {
            name: size
            for name, size in asked.items()
            if self._chain.state.get(BLOB_PREFIX + name) is not None
        }
        absent = self._fetching.absent(claimed)
        contents = await self._fetching.contents(peer, absent)
        if contents:
            await self._workers.in_slot(partial(self._chain.state.keep, contents))
        for name in asked:
            # Those that were forgotten, and those that came in another way, are not missed any more.
            if name in contents or name not in absent:
                self._wanted.pop(name, None)
        return len(contents)

    def _found(self) -> dict[bytes, int]:
        """All that is claimed and missing. O(n)."""
        with self._chain.reading() as reader:
            claims = LeafTable.read(reader).claims
            kept = reader.get_many("contents", [name for name, _ in claims])
        return {
            name: size
            for (name, size), content in zip(claims, kept, strict=True)
            if content is None
        }
