"""What goes to everybody at once, by gossip: new blocks, and signals for whoever may make the next one.

    block    [signed header, body]    the body where it is short; else whoever wants it asks for it
    signal   a packet                 where it is short
    offer    a signal's id            of a longer one
    fraud    a proof of it            see fraud_proofs.py

Each is checked before it is passed on. All of it is for speed alone: whoever missed something asks for it later.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from focusmesh.errors import BlockError, CodecError, FocusmeshError, ProofError, SignalError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.admission import packet_limits
from focusmesh.kernel.block import (
    Header,
    HeaderChain,
    SignedHeader,
    check_data_root,
    check_proof,
    read_signed_headers,
)
from focusmesh.kernel.consensus import Decision
from focusmesh.kernel.node.admission import FALSE
from focusmesh.kernel.node.gossip.fraud_proofs import FRAUD
from focusmesh.kernel.node.sync.block_sync import ANNOUNCED_MAX
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.gossip import Contact, Gossip, Verdict
from focusmesh.protocol.packet import Packet

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from focusmesh.kernel.block import Block, Chain
    from focusmesh.kernel.node.admission import SignalAdmission
    from focusmesh.kernel.node.executors import Workers
    from focusmesh.kernel.node.gossip.fraud_proofs import Frauds
    from focusmesh.kernel.node.mempool import Mempool
    from focusmesh.kernel.node.peers import Peers
    from focusmesh.kernel.node.sync.block_sync import BlockSync

    Pull = Callable[[bytes, list[bytes]], Awaitable[None]]

BLOCK, SIGNAL, OFFER = "block", "signal", "offer"
PUSHED_BYTES_MAX = 1 << 16
"""Bodies and packets up to here go along; of what is longer each node asks for one copy."""


class NodeGossip:
    """Gossip of one node. ``pull(peer, ids)`` takes waiting signals of a peer into the pool."""

    def __init__(
        self,
        chain: Chain,
        peers: Peers,
        mempool: Mempool,
        syncing: BlockSync,
        admitting: SignalAdmission,
        workers: Workers,
        pull: Pull,
        frauds: Frauds,
    ) -> None:
        self._chain = chain
        self._peers = peers
        self._mempool = mempool
        self._syncing = syncing
        self._admitting = admitting
        self._workers = workers
        self._pull = pull
        self._frauds = frauds
        self._gossip: Gossip | None = None
        self._open: dict[tuple[int, bytes], bytes] = {}
        """By height and validator: the block that is not known to be decided, and was passed on."""

    async def run(self, contacts: tuple[Contact, ...], rng: Callable[[int], bytes]) -> None:
        """Takes part until it is cancelled. Raises what a check raised that is no fault of a peer."""
        transport = self._peers.transport
        # Whoever listens everywhere is at no address that others could dial.
        is_anywhere = transport.address.startswith(("[::]:", "0.0.0.0:"))
        me = Contact(transport.key, "" if is_anywhere else transport.address)
        gossip = Gossip(me, self._peers, rng, validate=self._judge, blame=self._peers.blame)
        async with gossip:
            self._gossip = gossip
            self._frauds.spread = partial(gossip.broadcast, FRAUD)
            self._peers.on_message = gossip.hear
            await gossip.join(contacts)
            async for _ in gossip.messages:
                pass  # What there was to do with it was done when it was checked.

    def lose(self, peer: bytes) -> None:
        """A peer is gone."""
        if self._gossip is not None:
            self._gossip.lose(peer)

    async def block(self, block: Block) -> None:
        """Tells everybody of a block that was made here."""
        if self._gossip is None:
            return
        height = block.header.height
        (signed,) = read_signed_headers(self._chain, height, height)
        body = block.body if len(block.body) <= PUSHED_BYTES_MAX else b""
        await self._gossip.broadcast(BLOCK, encode([signed.encode(), body]))

    async def signal(self, packet: Packet) -> None:
        """Tells everybody of a signal that was left here."""
        if self._gossip is None:
            return
        if packet.size_bytes <= PUSHED_BYTES_MAX:
            await self._gossip.broadcast(SIGNAL, packet.encode())
        else:
            await self._gossip.broadcast(OFFER, packet.id)

    async def _judge(self, topic: str, data: bytes, peer: bytes) -> Verdict:
        judge = {
            BLOCK: self._judge_block,
            SIGNAL: self._judge_signal,
            OFFER: self._judge_offer,
            FRAUD: self._frauds.judge,
        }
        if topic not in judge:
            return Verdict.REJECT
        try:
            return await judge[topic](data, peer)
        except FocusmeshError:
            # A peer that went away, a disk that is full: nothing that whoever passed it on is to blame for.
            return Verdict.IGNORE

    async def _judge_signal(self, data: bytes, peer: bytes) -> Verdict:
        try:
            packet = Packet.decode(data, packet_limits(self._chain))
        except SignalError:
            return Verdict.REJECT
        known = self._mempool.entry(packet.id)
        if known is not None:
            # A copy with another signature or other contents has not been checked: who has not the signal would find it
            # false, and blame who passed it on.
            return Verdict.ACCEPT if _is_part(packet, known.packet) else Verdict.IGNORE
        (error,) = await self._admitting.take(peer, [packet])
        if error is None:
            return Verdict.ACCEPT
        return Verdict.REJECT if error.code in FALSE else Verdict.IGNORE

    async def _judge_offer(self, data: bytes, peer: bytes) -> Verdict:
        if len(data) != DIGEST_BYTES:
            return Verdict.REJECT
        if self._mempool.wants(data):
            await self._pull(peer, [data])
        return Verdict.ACCEPT if self._mempool.has(data) else Verdict.IGNORE

    async def _judge_block(self, data: bytes, peer: bytes) -> Verdict:
        try:
            signed, header, body = _read_block(data)
            check_proof(header, signed.proof)
        except BlockError as error:
            # A newer node may have passed on what only a newer one reads.
            return Verdict.IGNORE if error.code == "upgrade" else Verdict.REJECT
        except CodecError:
            return Verdict.REJECT
        if header.network != self._chain.network:
            return Verdict.REJECT
        if header.height <= self._chain.height:
            return self._judge_past(signed, header)
        verdict = self._judge_proposer(signed, header)
        if verdict is not Verdict.ACCEPT:
            return verdict
        if body:
            check = partial(check_data_root, header, body, self._chain.parameters)
            try:
                await self._workers.beside(check)
            except BlockError:
                return Verdict.REJECT
        self._syncing.note_block(peer, signed, header, body)
        return Verdict.ACCEPT

    def _judge_proposer(self, signed: SignedHeader, header: Header) -> Verdict:
        """Whether a header is of one who may make it, as far as that can be known here."""
        headers = HeaderChain.of(self._chain)
        follows = (header.height, header.parent) == (headers.tip.height + 1, headers.tip.id)
        if self._chain.validator_set is not None:
            return self._judge_voted(headers, signed, header, follows)
        if not signed.rotation and header.proposer in headers.proposers:
            return Verdict.ACCEPT
        if not follows or not signed.rotation:
            # A proposer that this node does not know yet, or nobody.
            return Verdict.IGNORE
        try:
            headers.add(signed)
        except BlockError:
            return Verdict.REJECT
        return Verdict.ACCEPT

    def _judge_voted(
        self, headers: HeaderChain, signed: SignedHeader, header: Header, follows: bool
    ) -> Verdict:
        """Whether a block of a validator is decided, as far as that is known of what follows this node's last block.

        Of what is not known to be, one block of a validator and height is passed on: it could sign any number. Nobody
        is blamed: who is a block behind passes on what it cannot find wrong.
        """
        if follows:
            try:
                headers.add(signed)
            except BlockError:
                return Verdict.IGNORE
            if signed.decision:
                return Verdict.ACCEPT
        here, at = self._chain.height, (header.height, header.proposer)
        if header.proposer not in headers.proposers or header.height - here > ANNOUNCED_MAX:
            return Verdict.IGNORE
        self._open = {key: name for key, name in self._open.items() if key[0] > here}
        is_first = self._open.setdefault(at, header.id) == header.id
        return Verdict.ACCEPT if is_first else Verdict.IGNORE

    def _judge_past(self, signed: SignedHeader, header: Header) -> Verdict:
        """Of what is here already; another block of a height that is here is for nobody."""
        if not header.height:
            # The genesis, which nobody signs, and of which there is one.
            return Verdict.REJECT
        if self._chain.header(header.height).id == header.id:
            return Verdict.ACCEPT
        if self._chain.validator_set is None or self._is_decided(signed, header):
            self._syncing.conflict(header)
        return Verdict.IGNORE

    def _is_decided(self, signed: SignedHeader, header: Header) -> bool:
        """Whether the validators decided another block of a height that is decided here."""
        try:
            validator_set = self._chain.validator_set_of(header.height)
            decision = Decision.from_bytes(signed.decision)
            if decision.proposal.subject != header.id:
                return False
            decision.verify(self._chain.network, validator_set)
        except (BlockError, ProofError):
            return False
        return True


def _is_part(packet: Packet, whole: Packet) -> bool:
    """Whether a packet is one that was checked, as it came: before contents that it lacked were fetched."""
    came = len(packet.contents)
    return packet.wire == whole.wire and packet.contents == whole.contents[:came]


def _read_block(data: bytes) -> tuple[SignedHeader, Header, bytes]:
    """Raises BlockError, CodecError."""
    match _values(data):
        case [bytes(signed_bytes), bytes(body)] if len(body) <= PUSHED_BYTES_MAX:
            signed = SignedHeader.decode(signed_bytes)
            return signed, Header.decode(signed.header), body
    raise CodecError("this is not an announcement of a block")


def _values(data: bytes) -> Any:
    return decode(data, depth_max=2)
