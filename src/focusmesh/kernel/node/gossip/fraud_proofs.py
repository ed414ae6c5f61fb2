"""Proofs that a block's focus is wrong: made where such a block was refused, checked, passed on and kept at hand.

    fraud     a proof with headers (fraud_messages.py)    by gossip
    trace     ask → chunks                                pages of a block's focus, decided or not
    frauds    null → a list of ids                        blocks that there are proofs against here
    proof     id → chunks                                 such a proof

Nobody takes a block whose focus it found wrong; the proofs are for light clients, who find nothing by themselves.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import BlockError, CodecError, NetworkError, ProofError
from focusmesh.kernel.block import SignedHeader, check_decision, check_proof
from focusmesh.kernel.fraud import (
    ANSWER_BYTES_MAX,
    KnownPages,
    LackingError,
    TraceAsk,
    TraceServer,
    prosecute,
    verify_fraud,
)
from focusmesh.kernel.node.gossip.fraud_messages import FraudMessage, fraud_message
from focusmesh.kernel.node.wire import FRAUDS_MAX, Digest, chunks, gather_parts, read
from focusmesh.protocol.gossip import Verdict
from focusmesh.protocol.transport import answers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from focusmesh.kernel.block import Block, Candidates, Chain, Header
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.peers import Peers
    from focusmesh.kernel.node.sync.block_fetch import Fetched
    from focusmesh.kernel.state import Parameters
    from focusmesh.protocol.codec import Value
    from focusmesh.protocol.transport import RequestHandler

    Accept = Callable[[Sequence[Fetched], bytes], Awaitable[None]]

FRAUD = "fraud"
_ROUNDS_MAX = 16
"""So often pages are asked for that turn out to be needed; each round carries the block out once more."""
_REST = 4
"""The chain is held up for others' questions for one part in so many and one of its time."""
_KEPT_MAX = 64
_AGAIN_S = 10.0
"""A block that could not be looked at is looked at again when it is refused again after so long."""
_ASK_BYTES_MAX = 256


class Suspect(NamedTuple):
    """Blocks one of which was refused, what they published, and who stands by the last of them.

    ``name`` is the one that seems to be wrong.
    """

    run: tuple[Fetched, ...]
    decision: bytes
    name: bytes

    @property
    def pairs(self) -> list[tuple[Block, dict[bytes, bytes]]]:
        """Blocks with their contents."""
        return [(fetched.block, fetched.contents) for fetched in self.run]


class Frauds:
    """The proofs of one node. ``on_fraud(block, proof)`` hears of each that is new, once it was checked."""

    def __init__(
        self,
        chain: Chain,
        peers: Peers,
        workers: Workers,
        candidates: Candidates | None = None,
        on_fraud: Callable[[bytes, bytes], None] = lambda block, proof: None,
    ) -> None:
        """``candidates``, where validators agree: the chain's undecided blocks."""
        self.spread: Callable[[bytes], Awaitable[object]] | None = None
        """Gives a message to everybody."""
        self.proofs: dict[bytes, bytes] = {}
        """By the block that each is against."""
        self._chain, self._peers, self._workers = chain, peers, workers
        self._candidates, self._on_fraud = candidates, on_fraud
        self._suspects: asyncio.Queue[Suspect] = asyncio.Queue()
        self._looked_at: dict[bytes, float] = {}
        """By block: until when it is not looked at again."""
        self._server = TraceServer(chain)
        self._open_server: TraceServer | None = None
        self._making = asyncio.Lock()
        self._rests_until = 0.0
        self._time = asyncio.get_running_loop().time

    def handlers(self) -> dict[str, RequestHandler]:
        """By name."""
        return {
            "trace": answers(self._trace, request_bytes_max=_ASK_BYTES_MAX, cost=64),
            "frauds": answers(self._list, cost=4),
            "proof": answers(self._give, cost=8),
        }

    def watch(self, accept: Accept) -> Accept:
        """``accept``, and where it refuses blocks after the last one a look at the focus of the first wrong one."""

        async def watch(run: Sequence[Fetched], decision: bytes) -> None:
            try:
                await accept(run, decision)
            except BlockError:
                self._suspect(run, decision)
                raise

        return watch

    async def run(self) -> None:
        """Looks at what was refused until it is cancelled. Raises what is no fault of a peer."""
        while True:
            suspect = await self._suspects.get()
            try:
                await self._look(suspect)
            except (BlockError, NetworkError, ProofError):
                # What is wrong with it is no focus, or nobody gives its pages now: it is refused either way.
                self._looked_at[suspect.name] = self._time() + _AGAIN_S

    async def judge(self, data: bytes, peer: bytes) -> Verdict:
        """What to do with a message of a peer."""
        try:
            told = FraudMessage.decode(data)
        except BlockError as error:
            return Verdict.IGNORE if error.code == "upgrade" else Verdict.REJECT
        except (CodecError, ProofError):
            return Verdict.REJECT
        block, proof = told.accused_header.id, told.proof
        if told.accused_header.network != self._chain.network:
            return Verdict.REJECT
        if self.proofs.get(block) == proof:
            return Verdict.ACCEPT
        if block in self.proofs or len(self.proofs) >= _KEPT_MAX:
            return Verdict.IGNORE
        before = self._parent(told.run[0])
        if before is None or not self._is_stood_by(told):
            return Verdict.IGNORE
        parent = told.run[told.at - 1] if told.at else before
        parameters = self._parameters_of(told.run[0].height)
        check = partial(verify_fraud, proof, told.accused_header, parent, parameters)
        try:
            await self._workers.beside(check)
        except ProofError:
            return Verdict.REJECT
        self._keep(block, proof)
        return Verdict.ACCEPT

    def _suspect(self, run: Sequence[Fetched], decision: bytes) -> None:
        tip = self._chain.tip
        after = tuple(each for each in run if each.block.header.height > tip.height)
        if not after or after[0].block.header.parent != tip.id:
            return
        suspect = Suspect(after, decision, self._first_unknown(after))
        rests = self._time() < self._looked_at.get(suspect.name, 0.0)
        if self._chain.parameters.has_trace and not rests:
            self._looked_at[suspect.name] = inf
            self._suspects.put_nowait(suspect)

    def _first_unknown(self, run: Sequence[Fetched]) -> bytes:
        """Of blocks that were carried out one after the other, as far as they are right: the wrong one."""
        ids = [fetched.block.id for fetched in run]
        known = self._candidates
        if known is None:
            return ids[0]
        return next((each for each in ids if known.block(each) is None), ids[-1])

    async def _look(self, suspect: Suspect) -> None:
        """Makes a proof where there is one. Raises NetworkError where nobody gives the pages that it takes."""
        count = await self._workers.in_slot(lambda: self._beyond(suspect.pairs)[0])
        if count == len(suspect.run):
            return
        block = suspect.run[count].block
        proof = await self.prove(partial(self._prosecute, suspect, count))
        if proof is not None and block.id not in self.proofs:
            self._keep(block.id, proof)
            await self._tell(suspect, proof)

    async def prove(self, made: Callable[[KnownPages], bytes | None]) -> bytes | None:
        """What ``made`` comes to of pages that peers give, as far as it says that it needs them.

        Raises NetworkError where nobody gives one, and what ``made`` raises.
        """
        known = KnownPages()
        for turn in range(_ROUNDS_MAX):
            try:
                return await self._workers.in_slot(partial(made, known))
            except LackingError as lacking:
                for ask in lacking.asks:
                    known.add(ask, await self._ask(ask, turn))
        return None

    def _prosecute(self, suspect: Suspect, count: int, known: KnownPages) -> bytes | None:
        """Raises BlockError, LackingError."""
        _, chain = self._beyond(suspect.pairs[:count])
        fetched = suspect.run[count]
        return prosecute(chain, fetched.block, fetched.contents, known)

    def _beyond(self, pairs: list[tuple[Block, dict[bytes, bytes]]]) -> tuple[int, Chain]:
        return (0, self._chain) if self._candidates is None else self._candidates.beyond(pairs)

    async def _tell(self, suspect: Suspect, proof: bytes) -> None:
        *before, last = (fetched.block for fetched in suspect.run)
        signed = SignedHeader(last.header_bytes, last.proof, b"", suspect.decision)
        message = fraud_message(signed, proof, [block.header_bytes for block in before])
        if self.spread is not None and message is not None:
            await self.spread(message)

    async def _ask(self, ask: TraceAsk, turn: int) -> bytes:
        """The answer of a peer that gives one; whether it is the block's is found out when it is used.

        An answer that was not is asked of another peer in the next turn.
        """
        peers = self._peers.present()
        at = turn % len(peers) if peers else 0
        for peer in (*peers[at:], *peers[:at]):
            try:
                async with aclosing(self._peers.ask(peer, "trace", ask.encode())) as came:
                    found = await gather_parts(came, ANSWER_BYTES_MAX)
            except NetworkError as error:
                if error.code in ("form", "size"):
                    self._peers.blame(peer, error.code)
                continue
            if 0 in found:
                return found[0]
        raise NetworkError("unavailable", f"no peer has the trace of {ask.block.hex()[:16]}")

    async def _list(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        yield list(self.proofs)[:FRAUDS_MAX]

    async def _give(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        proof = self.proofs.get(read(body, Digest, "a question for a proof of fraud"))
        for chunk in chunks(0, proof) if proof is not None else ():
            yield chunk

    async def _trace(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        ask = TraceAsk.decode(read(body, bytes, "a question for pages of a trace"))
        for chunk in chunks(0, await self._answer_in_turn(ask)):
            yield chunk

    async def _answer_in_turn(self, ask: TraceAsk) -> bytes:
        """Making the pages of another block holds up the chain: whoever asks for that waits for its share."""
        work = partial(self._answer, ask)
        if self._has(ask.block):
            return await self._workers.in_slot(work)
        async with self._making:
            if not self._has(ask.block):
                await asyncio.sleep(max(self._rests_until - self._time(), 0.0))
            began = self._time()
            try:
                return await self._workers.in_slot(work)
            finally:
                now = self._time()
                self._rests_until = now + _REST * (now - began)

    def _has(self, block: bytes) -> bool:
        servers = (self._server, self._open_server)
        return any(server is not None and server.has(block) for server in servers)

    def _answer(self, ask: TraceAsk) -> bytes:
        opened = None if self._candidates is None else self._candidates.block(ask.block)
        if self._candidates is not None and opened is not None:
            chain = self._candidates.at(ask.block)
            self._open_server = self._open_server or TraceServer(chain)
            return self._open_server.answer(ask, opened.header.height)
        for height in range(self._chain.height, max(self._chain.base, 0), -1):
            if self._chain.height - height > self._chain.parameters.history_window:
                break
            if self._chain.header(height).id == ask.block:
                return self._server.answer(ask, height)
        raise BlockError("height", f"block {ask.block.hex()[:16]} is not among the last ones here")

    def _parent(self, header: Header) -> Header | None:
        """The block before, where that is of this chain; before the first one there is none."""
        if not header.height:
            return None
        try:
            parent = self._chain.header(header.height - 1)
        except BlockError:
            return None
        return parent if parent.id == header.parent else None

    def _parameters_of(self, height: int) -> Parameters:
        """What holds for a block up to the next one, and for all of its epoch."""
        chain = self._chain
        return chain.parameters if height > chain.height else chain.parameters_of(height)

    def _is_stood_by(self, told: FraudMessage) -> bool:
        """Whether whom others believe vouched for the blocks: a proposer for one, a quorum of validators for all."""
        chain, header = self._chain, told.run[-1]
        try:
            if chain.validator_set is None:
                check_proof(header, told.signed.proof)
                return len(told.run) == 1 and header.proposer in chain.proposers
            check_decision(
                told.signed.decision,
                header,
                chain.validator_set_of(told.run[0].height),
                self._parameters_of(told.run[0].height),
            )
        except BlockError:
            return False
        return True

    def _keep(self, block: bytes, proof: bytes) -> None:
        self.proofs[block] = proof
        self._on_fraud(block, proof)
