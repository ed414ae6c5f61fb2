"""Proofs that a block's focus is wrong: made where such a block was refused, checked, passed on and kept at hand.

    fraud    [signed header, proof]    by gossip
    trace    ask → chunks              pages of a block's focus (kernel/fraud)

Nobody takes a block whose focus it found wrong; the proofs are for light clients, who find nothing by themselves.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import BlockError, CodecError, FocusmeshError, NetworkError, ProofError
from focusmesh.kernel.block import Header, SignedHeader, check_proof
from focusmesh.kernel.consensus import Decision
from focusmesh.kernel.fraud import (
    ANSWER_BYTES_MAX,
    FRAUD_BYTES_MAX,
    KnownPages,
    LackingError,
    TraceAsk,
    TraceServer,
    fraud_block,
    prosecute,
    verify_fraud,
)
from focusmesh.kernel.replication.wire import chunks, gathered, read
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.gossip import Verdict
from focusmesh.protocol.transport import answers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.replication.fetching import Fetched
    from focusmesh.kernel.replication.peers import Peers
    from focusmesh.kernel.replication.working import Workers
    from focusmesh.protocol.codec import Value
    from focusmesh.protocol.transport import RequestHandler

    Accept = Callable[[Sequence[Fetched], bytes], Awaitable[None]]

FRAUD = "fraud"
_ROUNDS_MAX = 16
"""So often pages are asked for that turn out to be needed; each round carries the block out once more."""
_REST = 4
"""The chain is held up for others' questions for one part in so many and one of its time."""
_KEPT_MAX = 64
_ASK_BYTES_MAX = 256


class Suspect(NamedTuple):
    """A block that was refused, what it published, and who stands by it."""

    fetched: Fetched
    decision: bytes


class Frauds:
    """The proofs of one node. ``on_fraud(block, proof)`` hears of each that is new, once it was checked."""

    def __init__(self, chain: Chain, peers: Peers, workers: Workers) -> None:
        self.on_fraud: Callable[[bytes, bytes], None] = lambda block, proof: None
        self.spread: Callable[[bytes], Awaitable[object]] | None = None
        """Gives a message to everybody."""
        self.proofs: dict[bytes, bytes] = {}
        """By the block that each is against."""
        self._chain, self._peers, self._workers = chain, peers, workers
        self._suspects: asyncio.Queue[Suspect] = asyncio.Queue()
        self._looked_at: set[bytes] = set()
        self._server = TraceServer(chain)
        self._making = asyncio.Lock()
        self._rests_until = 0.0
        self._time = asyncio.get_running_loop().time

    def handlers(self) -> dict[str, RequestHandler]:
        """By name."""
        return {"trace": answers(self._trace, request_bytes_max=_ASK_BYTES_MAX, cost=64)}

    def watched(self, accept: Accept) -> Accept:
        """``accept``, and where it refuses a block that follows the last one a look at that block's focus."""

        async def watch(run: Sequence[Fetched], decision: bytes) -> None:
            try:
                await accept(run, decision)
            except BlockError:
                self._suspect(run[0], decision if len(run) == 1 else b"")
                raise

        return watch

    async def run(self) -> None:
        """Looks at what was refused until it is cancelled. Raises what is no fault of a peer."""
        while True:
            suspect = await self._suspects.get()
            try:
                await self._look(suspect)
            except (BlockError, NetworkError):
                # What is wrong with it is no focus, or nobody gives its pages: it is refused either way.
                continue

    async def judge(self, data: bytes, peer: bytes) -> Verdict:
        """What to do with a message of a peer."""
        try:
            signed, header, proof = _message(data)
            block = fraud_block(proof)
        except (BlockError, CodecError, ProofError):
            return Verdict.REJECT
        if block != header.id or header.network != self._chain.network:
            return Verdict.REJECT
        if self.proofs.get(block) == proof:
            return Verdict.ACCEPT
        if block in self.proofs or len(self.proofs) >= _KEPT_MAX:
            return Verdict.IGNORE
        parent = self._parent(header)
        if parent is None or not self._is_stood_by(signed, header):
            return Verdict.IGNORE
        check = partial(verify_fraud, proof, header, parent, self._chain.parameters)
        try:
            await self._workers.beside(check)
        except ProofError:
            return Verdict.REJECT
        self._keep(block, proof)
        return Verdict.ACCEPT

    def _suspect(self, fetched: Fetched, decision: bytes) -> None:
        header = fetched.block.header
        follows = (header.height, header.parent) == (self._chain.height + 1, self._chain.tip.id)
        if follows and self._chain.parameters.has_trace and header.id not in self._looked_at:
            self._looked_at.add(header.id)
            self._suspects.put_nowait(Suspect(fetched, decision))

    async def _look(self, suspect: Suspect) -> None:
        """Makes a proof where there is one. Raises NetworkError where nobody gives the pages that it takes."""
        block, contents, _ = suspect.fetched
        known = KnownPages()
        work = partial(prosecute, self._chain, block, contents, known)
        for turn in range(_ROUNDS_MAX):
            try:
                proof = await self._workers.in_turn(work)
            except LackingError as lacking:
                for ask in lacking.asks:
                    known.add(ask, await self._asked(ask, turn))
                continue
            if proof is not None and block.header.id not in self.proofs:
                self._keep(block.header.id, proof)
                signed = SignedHeader(block.header_bytes, block.proof, b"", suspect.decision)
                if self.spread is not None:
                    await self.spread(encode([signed.encode(), proof]))
            return

    async def _asked(self, ask: TraceAsk, turn: int) -> bytes:
        """The answer of a peer that gives one; whether it is the block's is found out when it is used.

        An answer that was not is asked of another peer in the next turn.
        """
        peers = self._peers.present()
        at = turn % len(peers) if peers else 0
        for peer in (*peers[at:], *peers[:at]):
            try:
                async with aclosing(self._peers.ask(peer, "trace", ask.encode())) as came:
                    found = await gathered(came, ANSWER_BYTES_MAX)
            except NetworkError as error:
                if error.code in ("form", "size"):
                    self._peers.blame(peer, error.code)
                continue
            if 0 in found:
                return found[0]
        raise NetworkError("unavailable", f"no peer has the trace of {ask.block.hex()[:16]}")

    async def _trace(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        ask = TraceAsk.decode(read(body, bytes, "a question for pages of a trace"))
        for chunk in chunks(0, await self._answered(ask)):
            yield chunk

    async def _answered(self, ask: TraceAsk) -> bytes:
        """Making the pages of another block holds up the chain: whoever asks for that waits for its share."""
        work = partial(self._answer, ask)
        if self._server.has(ask.block):
            return await self._workers.in_turn(work)
        async with self._making:
            if not self._server.has(ask.block):
                await asyncio.sleep(max(self._rests_until - self._time(), 0.0))
            began = self._time()
            try:
                return await self._workers.in_turn(work)
            finally:
                now = self._time()
                self._rests_until = now + _REST * (now - began)

    def _answer(self, ask: TraceAsk) -> bytes:
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

    def _is_stood_by(self, signed: SignedHeader, header: Header) -> bool:
        """Whether somebody vouched for the block that others believe: its proposer, or a quorum of the voters."""
        try:
            if self._chain.electorate is None:
                check_proof(header, signed.proof)
                return header.proposer in self._chain.proposers
            decision = Decision.from_bytes(signed.decision)
            if decision.motion.subject != header.id:
                return False
            decision.verify(self._chain.network, self._chain.electorate_of(header.height))
        except FocusmeshError:
            return False
        return True

    def _keep(self, block: bytes, proof: bytes) -> None:
        self.proofs[block] = proof
        self.on_fraud(block, proof)


def _message(data: bytes) -> tuple[SignedHeader, Header, bytes]:
    """Raises BlockError, CodecError."""
    match decode(data, depth_max=2):
        case [bytes(signed_bytes), bytes(proof)] if len(proof) <= FRAUD_BYTES_MAX:
            signed = SignedHeader.decode(signed_bytes)
            return signed, Header.decode(signed.header), proof
    raise CodecError("this is no proof of fraud with its header")
