"""Proposals with a wrong focus: who voted for them, and the proof, which together are evidence.

A proof takes the pages that whoever made the block committed to, so its peers are asked for them. Meanwhile others go
on: the state that the block would follow is held for as long.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, NetworkError, ProofError, StoreError
from focusmesh.kernel.block import Block, Chain, parameters_bytes
from focusmesh.kernel.consensus import epoch_of_number
from focusmesh.kernel.fraud import FOCUS, WrongBlock, prosecute
from focusmesh.kernel.node.voting.proposal_data import Moved, split_carried
from focusmesh.kernel.state import LayeredStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from focusmesh.kernel.block import Candidates, Header
    from focusmesh.kernel.consensus import BatchedEngine, Proposal, ValidationRequest, Vote
    from focusmesh.kernel.fraud import KnownPages
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.voting.packet_reader import PacketReader
    from focusmesh.kernel.node.voting.proposals import Proposals
    from focusmesh.kernel.state import HeldStore, Parameters

    Prove = Callable[[Callable[[KnownPages], bytes | None]], Awaitable[bytes | None]]
    """Calls what makes a proof until it has the pages that this takes: ``Frauds.prove``."""

LOOKS_MAX = 4
"""So many proposals of one validator and epoch are looked at, of which none was proved wrong."""
OPEN_MAX = 16
"""The votes for so many wrong proposals are kept, the newest."""
PROVE_S = 30.0
"""So long the state under a proposal is held, and pages are asked for."""


class WrongProposal:
    """One that was found wrong, with the votes for it; it has a ``proof`` once that is made."""

    def __init__(
        self, proposal: Proposal, block: Block, parent: Header, parameters: Parameters
    ) -> None:
        self.proposal, self.block, self.parent, self.parameters = (
            proposal,
            block,
            parent,
            parameters,
        )
        self.votes: dict[bytes, Vote] = {}
        self.proof: bytes | None = None
        self.shown: set[bytes] = set()
        """Whose votes were told of."""

    def evidence(self) -> list[WrongBlock]:
        """Against each whose vote was not told of before."""
        if self.proof is None:
            return []
        new = [vote for signer, vote in self.votes.items() if signer not in self.shown]
        self.shown.update(self.votes)
        parts = self.proposal, self.block.header, self.parent.encode(), self.proof
        return [WrongBlock.of(FOCUS, vote, *parts) for vote in new]


class WrongBlocks:
    """Those of one node. ``tell(evidence, parameters)`` hears of each who voted for one, and the rules it broke."""

    def __init__(
        self,
        candidates: Candidates,
        workers: Workers,
        reader: PacketReader,
        prove: Prove,
        tell: Callable[[WrongBlock, bytes], None],
    ) -> None:
        self._candidates, self._workers, self._reader = candidates, workers, reader
        self._prove, self._tell = prove, tell
        self._open: dict[bytes, WrongProposal] = {}
        self._looks: Counter[tuple[int, bytes]] = Counter()

    def look(self, engine: BatchedEngine) -> None:
        """Notes the votes that came since for wrong proposals, whose round is let go of when it is over."""
        for wrong in self._open.values():
            for vote in engine.votes_on(wrong.proposal):
                wrong.votes.setdefault(vote.signer, vote)
            self._show(wrong)

    async def judge(
        self, moving: Proposals, inquiry: ValidationRequest, datas: list[bytes] | None
    ) -> None:
        """As ``moving.judge``; proves what was found bad, if its focus is wrong."""
        if await moving.judge(inquiry, datas) is False and datas is not None:
            body = moving.body(inquiry.proposal.subject)
            await self._suspect(moving.run.engine, inquiry, body, datas)

    async def _suspect(
        self,
        engine: BatchedEngine,
        inquiry: ValidationRequest,
        body: bytes | None,
        datas: list[bytes],
    ) -> None:
        parameters = self._candidates.parameters
        epoch = epoch_of_number(inquiry.proposal.epoch)
        self._looks = Counter({at: n for at, n in self._looks.items() if at[0] == epoch})
        at = epoch, inquiry.proposer
        if parameters.staking is None or not parameters.has_trace or self._looks[at] >= LOOKS_MAX:
            return
        self._looks[at] += 1
        try:
            wrong, held, contents = await self._workers.in_slot(
                partial(self._hold, inquiry, body, datas)
            )
        except (BlockError, ProofError, StoreError):
            return
        try:
            self._open[inquiry.digest] = wrong
            self.look(engine)
            made = partial(self._prosecute, wrong.block, held, contents)
            async with asyncio.timeout(PROVE_S):
                wrong.proof = await self._prove(made)
        except (BlockError, NetworkError, ProofError, StoreError, TimeoutError):
            # What is wrong with it is no focus, or nobody gives its pages: it is refused either way.
            wrong.proof = None
        finally:
            held.close()
            self._let_go(inquiry.digest)
        if wrong.proof is not None:
            self._looks[at] = LOOKS_MAX
            self._show(wrong)

    def _hold(
        self, inquiry: ValidationRequest, body: bytes | None, datas: list[bytes]
    ) -> tuple[WrongProposal, HeldStore, dict[bytes, bytes]]:
        """Raises BlockError where what the proposal follows is let go of, ProofError for one without a block."""
        moved, candidates = Moved.read(inquiry.data).block, self._candidates
        block = Block(moved.header, moved.header_bytes, moved.proof, moved.body or body or b"")
        _, contents = split_carried(self._reader.read(datas))
        parent = candidates.at(inquiry.parent).tip
        wrong = WrongProposal(inquiry.proposal, block, parent, candidates.parameters)
        return wrong, candidates.hold(inquiry.parent), contents

    def _prosecute(
        self, block: Block, held: HeldStore, contents: dict[bytes, bytes], known: KnownPages
    ) -> bytes | None:
        chain = Chain(LayeredStore(held), self._candidates.registry)
        return prosecute(chain, block, contents, known)

    def _show(self, wrong: WrongProposal) -> None:
        """What proves nothing to others is not told: then this node errs, or was told so by pages that are false."""
        rules = wrong.parameters
        for evidence in wrong.evidence():
            try:
                evidence.verify(self._candidates.decided.network, rules)
            except ProofError:
                continue
            self._tell(evidence, parameters_bytes(rules))

    def _let_go(self, digest: bytes) -> None:
        if self._open[digest].proof is None:
            del self._open[digest]
        while len(self._open) > OPEN_MAX:
            del self._open[next(iter(self._open))]
