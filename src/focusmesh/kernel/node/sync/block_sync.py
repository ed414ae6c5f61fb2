"""Following: headers first, then the blocks that they name, until no peer that keeps its word has more."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from focusmesh.errors import BlockError, NetworkError, UpgradeRequiredError
from focusmesh.kernel.block import Header, HeaderChain, SignedHeader, check_proof
from focusmesh.kernel.node.sync.backoff import Backoff
from focusmesh.kernel.node.sync.block_fetch import Known
from focusmesh.kernel.node.wire import HEADERS_A_FRAME, HEADERS_MAX, read

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.peers import Peers
    from focusmesh.kernel.node.sync.block_fetch import BlockFetcher, Fetched
    from focusmesh.kernel.node.wire import Hello

_Headers = Annotated[list[bytes], msgspec.Meta(max_length=HEADERS_A_FRAME)]
ANNOUNCED_MAX = 64
"""How far ahead of this chain announced blocks are kept for."""
FORGED = ("form", "size", "header")
"""Codes of what only a peer that breaks the rules sends."""


class BlockSync:
    """Brings a chain to where its peers are. ``accept`` carries blocks out, or raises BlockError.

    Where validators agree it is given the decision of the last of them, elsewhere one block at a time.
    """

    def __init__(
        self,
        chain: Chain,
        peers: Peers,
        accept: Callable[[Sequence[Fetched], bytes], Awaitable[None]],
    ) -> None:
        self.chain = chain
        self.fetching: BlockFetcher
        self.told: dict[bytes, Hello] = {}
        """What each peer said of itself last."""
        self.invalid: BlockError | None = None
        """Why the block that its proposer signed cannot follow: then nobody can go on."""
        self.is_forked = False
        """Whether somebody who may make blocks signed two of one height."""
        self.promised = 0
        """The greatest height of a header that was checked: who may make blocks has signed it."""
        self.news = asyncio.Event()
        self.patience = Backoff(asyncio.get_running_loop().time)
        self._peers = peers
        self._accept = accept
        self._announced: dict[int, SignedHeader] = {}
        self._heard = asyncio.Event()
        """Set with every block that is passed on."""

    @property
    def target(self) -> int:
        """The greatest height that a peer speaks of; nobody has proved that."""
        return max([self.chain.height, *(said.height for said in self.told.values())])

    @property
    def is_level(self) -> bool:
        """Whether there are peers that keep their word, and none of them speaks of more."""
        heights = [said.height for key, said in self.told.items() if not self.patience.rests(key)]
        return bool(heights) and max(heights) <= self.chain.height

    def hear(self, peer: bytes, said: Hello) -> None:
        """A peer said how far it is."""
        self.told[peer] = said
        if said.height > self.chain.height:
            self.news.set()

    def note_block(self, peer: bytes, signed: SignedHeader, header: Header, body: bytes) -> None:
        """Somebody passed on a block that this node has not, and that who made it stands by."""
        said = self.told.get(peer)
        if said is not None and said.height < header.height:
            self.told[peer] = msgspec.structs.replace(said, height=header.height)
        if header.height - self.chain.height > ANNOUNCED_MAX:
            return
        self._announced[header.height] = signed
        if body:
            self.fetching.keep(header.id, body)
        self._heard.set()
        self.news.set()

    def conflict(self, header: Header) -> None:
        """Another block of a height that is here, which its proposer, or a quorum of the validators, stands by."""
        same = header.proposer == self.chain.header(header.height).proposer
        self.is_forked |= same or self.chain.validator_set is not None

    def lose(self, peer: bytes) -> None:
        """A peer is gone."""
        self.told.pop(peer, None)

    def sources(self, height: int) -> list[bytes]:
        """The peers that may have the body of a block; another one is first for the next.

        Those that gave what they were asked for come first, those that were asked in vain a moment ago last.
        """
        having = [key for key in self._peers.present() if self._may_have(key, height)]
        at = height % len(having) if having else 0
        return sorted(having[at:] + having[:at], key=self.patience.rank)

    def _may_have(self, peer: bytes, height: int) -> bool:
        said = self.told.get(peer)
        return said is not None and said.base <= height <= said.height

    async def catch_up(self) -> None:
        """Goes on until no peer has more, or the one that has does not give it.

        Raises UpgradeRequiredError where the next block needs a newer focusmesh.
        """
        failed: dict[bytes, None] = {}
        await self._take_announced()
        while (peer := self._ahead(failed)) is not None:
            before, gave = self.chain.height, False
            try:
                gave = await self._advance(peer)
            except NetworkError as error:
                if error.code in FORGED:
                    self._peers.blame(peer, error.code)
                self.is_forked = self.is_forked or error.code == "fork"
                self.patience.note_failure(peer)
            except BlockError as error:
                self.invalid = error
            if self.chain.height == before or not gave:
                failed[peer] = None
            else:
                self.patience.note_success(peer)

    async def _take_announced(self) -> None:
        """Goes on with what came by gossip: that needs no question."""
        while (announced := self._next_announced()) and not self._lacks_decision(announced):
            try:
                headers = HeaderChain.of(self.chain)
                known = [_check(headers, signed) for signed in announced]
                await self._carry_out(self._final(headers, known))
            except NetworkError:
                return
            except BlockError as error:
                self.invalid = error
                return
        for height in [each for each in self._announced if each <= self.chain.height]:
            del self._announced[height]

    def _next_announced(self, takes: bool = True) -> list[SignedHeader]:
        """What follows this chain, up to a block with a decision of its own where blocks have such; it is taken."""
        found: list[SignedHeader] = []
        while (signed := self._announced.get(self.chain.height + 1 + len(found))) is not None:
            found.append(signed)
            if self.chain.validator_set is None or signed.decision:
                break
        for at in range(len(found)) if takes and not self._lacks_decision(found) else ():
            del self._announced[self.chain.height + 1 + at]
        return found

    def _lacks_decision(self, announced: list[SignedHeader]) -> bool:
        return self.chain.validator_set is not None and not (announced and announced[-1].decision)

    def _final(self, headers: HeaderChain, known: list[Known]) -> list[Known]:
        """Those of checked headers that are final."""
        final = headers.final
        self.promised = max(self.promised, final.height)
        return [each for each in known if each.header.height <= final.height]

    def _ahead(self, without: dict[bytes, None]) -> bytes | None:
        """The peer that says that it is furthest, of those that were not asked in vain a moment ago.

        First those that gave what they said they had: a promise alone is cheap.
        """
        ahead = [
            (-self.patience.rank(key), said.height, key)
            for key, said in self.told.items()
            if said.height > self.chain.height
            and key not in without
            and not self.patience.rests(key)
        ]
        return max(ahead)[2] if ahead else None

    async def _advance(self, peer: bytes) -> bool:
        """A portion of headers of one peer, and their blocks of all that have them; whether it gave any."""
        known = await self._unless_announced(self._headers(peer))
        if known is None:
            self.patience.note_failure(peer)
            await self._take_announced()
            return False
        if not known:
            self._doubt(peer)
            return False
        await self._carry_out(known)
        return True

    async def _unless_announced(
        self, asking: Coroutine[Any, Any, list[Known]]
    ) -> list[Known] | None:
        """What a peer gives; None as soon as the next block is here another way: a silent peer holds up nobody."""
        task = asyncio.get_running_loop().create_task(asking)
        try:
            while not task.done():
                self._heard.clear()
                announced = self._announced.get(self.chain.height + 1)
                if announced is not None and not self._lacks_decision(self._next_announced(False)):
                    return None
                waiting = asyncio.get_running_loop().create_task(self._heard.wait())
                try:
                    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    waiting.cancel()
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _carry_out(self, known: list[Known]) -> None:
        decisions = {each.header.height: each.decision for each in known}
        run: list[Fetched] = []
        async with aclosing(self.fetching.blocks(known)) as blocks:
            async for fetched in blocks:
                height = fetched.block.header.height
                if height <= self.chain.height:
                    continue
                run.append(fetched)
                if self.chain.validator_set is None or decisions[height]:
                    await self._accept(run, decisions[height])
                    run, self.invalid = [], None

    async def _headers(self, peer: bytes) -> list[Known]:
        """The headers of a peer that follow this chain. Raises NetworkError ``"header"`` for forged ones.

        Where one comes that only a newer focusmesh reads, those before it; as ``_check`` where there is none.
        """
        headers = HeaderChain.of(self.chain)
        known: list[Known] = []
        question = [headers.tip.height + 1, HEADERS_MAX]
        async with aclosing(self._peers.ask(peer, "headers", question)) as answers:
            async for answer in answers:
                if not answer or len(known) >= HEADERS_MAX:
                    raise NetworkError("form", f"an answer must have 1 to {HEADERS_MAX} headers")
                for each in read(answer, _Headers, "headers"):
                    try:
                        known.append(_check(headers, _decode(each)))
                    except UpgradeRequiredError:
                        if final := self._final(headers, known):
                            return final
                        raise
                    except NetworkError as error:
                        final = self._final(headers, known) if error.code == "upgrade" else []
                        if not final:
                            raise
                        return final
        return self._final(headers, known)

    def _doubt(self, peer: bytes) -> None:
        """A peer has not what it said it had."""
        said = self.told.get(peer)
        if said is not None:
            self.told[peer] = msgspec.structs.replace(said, height=self.chain.height)


def _decode(data: bytes) -> SignedHeader:
    try:
        return SignedHeader.decode(data)
    except BlockError as error:
        raise NetworkError("header", str(error)) from error


def _check(headers: HeaderChain, signed: SignedHeader) -> Known:
    """Raises NetworkError: ``"header"`` for a forged one, ``"fork"`` on another branch, ``"upgrade"`` for a newer one.

    Raises UpgradeRequiredError where a header that only a newer focusmesh reads is truly that of the next block.
    """
    try:
        header = headers.add(signed)
    except BlockError as error:
        if error.code == "upgrade":
            if headers.is_newer(signed):
                raise UpgradeRequiredError("", f"this node cannot go on: {error}") from error
            raise NetworkError("upgrade", f"nobody shows who made it: {error}") from error
        code = "fork" if error.code == "parent" and _is_signed(headers, signed) else "header"
        raise NetworkError(code, f"a header that does not follow: {error}") from error
    return Known(header, signed.header, signed.proof, signed.decision, headers.parameters)


def _is_signed(headers: HeaderChain, signed: SignedHeader) -> bool:
    """Whether one who may make blocks stands by a header: then who has passed it on has done nothing wrong."""
    header = Header.decode(signed.header)
    try:
        check_proof(header, signed.proof)
    except BlockError:
        return False
    return header.proposer in headers.proposers
