"""Vote records that are needless are let go: those of what is decided in the store, where a validator begins again."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from focusmesh.errors import StoreError
from focusmesh.kernel.node.voting.engine_start import last_decision

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.voting.engine_run import EngineRun, VoteLogSlot

TRIM_BLOCKS = 16
"""They are let go every so many blocks, or at the next one at which the store is not behind."""


class VotePruning:
    """Of one book. Not for two tasks at once."""

    def __init__(self, chain: Chain, book: VoteLogSlot, workers: Workers) -> None:
        self._chain, self._book, self._workers = chain, book, workers
        self._last = chain.height

    async def note_decided(self, run: EngineRun, height: int) -> None:
        """A block of this height is in the store.

        Nothing is let go while the engine knows of later decisions than the store: were the node to end then, the
        validator would begin with the store's, and vote again where it had voted.
        """
        if height - self._last < TRIM_BLOCKS:
            return
        engine = run.engine
        root = await self._workers.in_slot(partial(last_decision, self._chain, run.epoch))
        if root is None or root.proposal != engine.root:
            return
        self._last = height
        with suppress(StoreError):
            let_go = partial(self._book.book.let_go, run.epoch, root.number, engine.kept_records())
            await self._book.do(let_go)
