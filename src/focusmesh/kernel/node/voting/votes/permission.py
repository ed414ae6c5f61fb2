"""From which epoch on a validator may vote with the book that is here: asked before each epoch's engine begins."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from focusmesh.kernel.consensus import epoch_of_number, order_of_number
from focusmesh.kernel.node.voting.vote_records import NAME_RANDOM_BYTES, BookName
from focusmesh.kernel.node.voting.votes.completeness import bind, is_spared, why_incomplete

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.voting.engine_run import VoteLogSlot
    from focusmesh.kernel.state import Store


class VotePermission:
    """Of one node. ``ledger`` is the store of its chain, ``forgets`` as in AgreementSettings."""

    def __init__(
        self,
        chain: Chain,
        ledger: Store,
        book: VoteLogSlot,
        workers: Workers,
        caught_up: asyncio.Event,
        chance: Callable[[int], bytes],
        *,
        forgets: bool,
    ) -> None:
        self._chain, self._ledger, self._turn = chain, ledger, book
        self._workers, self._caught_up, self._chance = workers, caught_up, chance
        self._forgets = forgets
        self._answered: tuple[int, str] | None = None

    async def refusal(self, number: int) -> str:
        """Why this validator has no vote of a number (an epoch and a turn of it), "" where it has. Raises StoreError.

        A validator whose book lacks votes may have voted in every epoch up to the one that its peers are in: it waits
        for the one after that.
        """
        if self._answered is not None and self._answered[0] == number:
            return self._answered[1]
        self._answered = number, await self._find_refusal(number)
        return self._answered[1]

    async def _find_refusal(self, number: int) -> str:
        book = self._turn.book
        is_first = not self._chain.height
        look = partial(why_incomplete, self._ledger, book, is_first=is_first)
        why = await self._workers.beside(look)
        since = await self._workers.beside(book.since)
        if await self._workers.beside(partial(is_spared, self._ledger, book, number)):
            # A statement of a quorum began this turn behind a promise of its own: no vote of it can be lost.
            since = number
            await self._begin(since, None)
        elif why and not (self._forgets and since is None):
            await self._caught_up.wait()
            since = self._chain.epoch + 1
            await self._begin(since, None)
        else:
            name = await self._workers.beside(book.name)
            since = number if since is None else since
            await self._begin(since, name)
        if order_of_number(since) <= order_of_number(number):
            return ""
        epoch = epoch_of_number(number)
        if epoch_of_number(since) == epoch:
            return (
                f"this validator has promised to vote no more in epoch {epoch} until a recovery is applied here: "
                "`focusmesh recover apply`"
            )
        return (
            f"this validator has no vote records of epoch {epoch} here, and may have voted in it "
            f"({why or 'found when it began before'}): it votes from epoch {since} on"
        )

    async def _begin(self, since: int, name: BookName | None) -> None:
        """The book first, then the ledger: whoever is killed between has not voted yet."""
        again = (
            BookName(self._chance(NAME_RANDOM_BYTES), 1)
            if name is None
            else name._replace(beginnings=name.beginnings + 1)
        )
        await self._turn.do(partial(self._turn.book.begin, since, again))
        await self._workers.in_slot(partial(bind, self._ledger, self._turn.book))
