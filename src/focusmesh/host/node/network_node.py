"""A node of a network in real time: its key, whom it knows, QUIC, threads, and the loop that runs a replica."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from focusmesh.errors import FileError, ParameterError, StoreError
from focusmesh.host.private_files import write_private
from focusmesh.host.spool import REVIEW_SECONDS, Spool, SpoolReview
from focusmesh.host.storage import keep_fraud, kept_frauds, milliseconds
from focusmesh.kernel.node import (
    AgreementSettings,
    Replica,
    ReplicaSettings,
    fresh_scores,
)
from focusmesh.kernel.state import ROOM_PARTS
from focusmesh.protocol.gossip import Contact
from focusmesh.protocol.identity import KEY_BYTES, SigningKey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence

    from focusmesh.host.storage import Folder
    from focusmesh.kernel.block import Block, Chain
    from focusmesh.kernel.node import AgreedParts, Peers
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.transport import Scores, Transport
    from focusmesh.protocol.world import World

    Keys = Callable[[Collection[bytes]], SigningKey]

ResultT = TypeVar("ResultT")
ANYWHERE = "[::]:0"
"""Where a node listens that nobody dials: any free port."""
_STATE_SECONDS, _COUNTS_SECONDS = 1.0, 10.0
_WARM_BYTES = 1 << 16
"""A body of so many bytes is shared by compiled code."""
_CONTACTS_MAX = 64


class Peer(NamedTuple):
    """Whom to dial, and of which network it is said to be."""

    contact: Contact
    network: bytes | None

    @classmethod
    def parse(cls, text: str) -> Peer:
        """``KEY@ADDRESS``, perhaps with ``#NETWORK`` behind. Raises ParameterError."""
        whole, _, network = text.strip().partition("#")
        key, at, address = whole.partition("@")
        try:
            found = cls(Contact(bytes.fromhex(key), address), bytes.fromhex(network) or None)
        except ValueError:
            found = cls(Contact(b"", ""), None)
        sizes = len(found.contact.key), len(found.network or bytes(KEY_BYTES))
        if not at or not address or sizes != (KEY_BYTES, KEY_BYTES):
            raise ParameterError(
                f"a peer is KEY@ADDRESS, as `focusmesh node address` says where it runs; not {text[:200]!r}"
            )
        return found

    def __str__(self) -> str:
        of = f"#{self.network.hex()}" if self.network is not None else ""
        return f"{self.contact.key.hex()}@{self.contact.address}{of}"


def node_key(folder: Folder) -> SigningKey:
    """The key by which peers know the node of a folder; made when it is first asked for. Raises FileError."""
    path = folder.path / "node.key"
    if not path.exists():
        with suppress(FileExistsError):
            write_private(path, os.urandom(KEY_BYTES).hex().encode() + b"\n")
    try:
        return SigningKey(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except (OSError, ValueError) as error:
        raise FileError(
            f"{path}: the node's key cannot be read: {error}; without the file a new one is made"
        ) from error


def known_peers(folder: Folder) -> list[Peer]:
    """The peers that the file ``peers`` of a folder lists, one a line. Raises FileError, ParameterError."""
    path = folder.peers
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: cannot be read: {error}") from error
    return [Peer.parse(line) for line in lines if line.strip() and not line.startswith("#")]


def remember_peers(folder: Folder, peers: Sequence[Peer]) -> list[Peer]:
    """Adds peers to the file, the newest address of each key; all that are there now. Raises FileError."""
    found = {peer.contact.key: peer for peer in known_peers(folder)}
    new = {peer.contact.key: Peer(peer.contact, None) for peer in peers}
    if any(found.get(key) != peer for key, peer in new.items()):
        found = dict(list({**found, **new}.items())[-_CONTACTS_MAX:])
        text = "".join(f"{peer}\n" for peer in found.values())
        write_private(folder.peers, text.encode(), replace=True)
    return list(found.values())


class ThreadWorkers:
    """Workers: one thread for the chain, two for what does not touch it; limits of who asks hold in them."""

    def __init__(self) -> None:
        self._chain = ThreadPoolExecutor(1, thread_name_prefix="chain")
        self._beside = ThreadPoolExecutor(2, thread_name_prefix="beside")

    async def in_slot(self, work: Callable[[], ResultT]) -> ResultT:
        """See Workers."""
        return await asyncio.get_running_loop().run_in_executor(
            self._chain, copy_context().run, work
        )

    async def beside(self, work: Callable[[], ResultT]) -> ResultT:
        """See Workers."""
        return await asyncio.get_running_loop().run_in_executor(
            self._beside, copy_context().run, work
        )

    def close(self) -> None:
        """Ends the threads; what was begun is ended before."""
        self._chain.shutdown(cancel_futures=True)
        self._beside.shutdown(cancel_futures=True)


@contextmanager
def threads() -> Iterator[ThreadWorkers]:
    """Workers while the block runs."""
    workers = ThreadWorkers()
    try:
        yield workers
    finally:
        workers.close()


@asynccontextmanager
async def listening(
    key: SigningKey,
    network: bytes,
    listen: str,
    scores: Scores | None = None,
    told: str | None = None,
    blame: Callable[[bytes | str, str], None] = lambda who, fault: None,
) -> AsyncIterator[Transport]:
    """QUIC at an address, where nobody is let in whom ``scores`` turn away. Raises NetworkError, MissingExtraError.

    ``told`` is the address that others are told, where that is another one; ``blame`` as QuicTransport has it.
    """
    from focusmesh.host.node.transports import open_quic

    admit = {} if scores is None else {"admit": scores.why_not}
    async with open_quic(key, network, listen, told=told, blame=blame, **admit) as transport:
        yield transport


class LateBlame:
    """What a transport says of keys that break its rules, for the peers of a node that is made after it."""

    def __init__(self) -> None:
        self.peers: Peers | None = None

    def __call__(self, who: bytes | str, fault: str) -> None:
        """Hosts of those without a key are the transport's own concern."""
        if self.peers is not None and isinstance(who, bytes):
            self.peers.blame(who, fault)


@dataclass(frozen=True)
class Running:
    """How the node of a folder is run: where it listens, whom it dials, with which keys it makes blocks, if it does.

    ``told`` is the address that it tells others, where that is not the one at which it listens.
    ``began`` hears where it listens, ``tell`` of every block; ``interval`` seconds lie between its blocks at least.
    """

    folder: Folder
    listen: str
    peers: Sequence[Peer]
    keys: Keys | None
    interval: float
    began: Callable[[Peer], None]
    tell: Callable[[Block], None]
    told: str | None = None
    agreement: AgreementSettings = field(default_factory=AgreementSettings)

    async def run(
        self, chain: Chain, world: World[Store], agreed: AgreedParts | None = None
    ) -> None:
        """Goes on until SIGINT or SIGTERM. ``agreed``: where validators agree, with what."""
        key = node_key(self.folder)
        with interrupts() as interrupted, threads() as workers:
            if agreed is not None:
                await workers.in_slot(partial(_warm, agreed))
            scores, blamed = fresh_scores(), LateBlame()
            parts = scores, self.told, blamed
            async with listening(key, chain.network, self.listen, *parts) as transport:
                replica = Replica(
                    chain,
                    world,
                    transport,
                    keys=self.keys,
                    contacts=_contacts(self.folder, self.peers),
                    settings=ReplicaSettings(block_s=self.interval, agreement=self.agreement),
                    workers=workers,
                    tell=self.tell,
                    scores=scores,
                    agreed=agreed,
                    on_fraud=partial(_keep_proof, self.folder),
                )
                blamed.peers = replica.peers
                replica.frauds.proofs.update(kept_frauds(self.folder))
                self.began(Peer(Contact(transport.key, transport.address), chain.network))
                review = SpoolReview(Spool(self.folder.spool), chain, milliseconds)
                async with _show_state(self.folder, replica), _review_spool(review, workers):
                    await until(interrupted, replica.run())


def _warm(agreed: AgreedParts) -> None:
    """Reads the focus, and loads what is compiled, before others wait for this node's votes. O(n log n + m)."""
    from focusmesh.kernel.availability import SIGNALS, Square, shares_of

    Square.of(shares_of({SIGNALS: bytes(_WARM_BYTES)}))
    candidates = agreed.candidates
    key = agreed.validator(candidates.decided.proposers)
    if key is not None:
        candidates.make(candidates.final.id, [], milliseconds(), key)
        candidates.abandon()


def _keep_proof(folder: Folder, block: bytes, proof: bytes) -> None:
    """A proof of fraud stays beside the ledger; where the disk is full it is in memory alone."""
    with suppress(FileError):
        keep_fraud(folder, proof)


def _contacts(folder: Folder, peers: Sequence[Peer]) -> list[Contact]:
    """The peers that were named, and those that the node had when it last ran: they may know each other no more."""
    last: list[Contact] = []
    # What another program made of the file costs no more than these: the peers that were named are in one of their own.
    with suppress(KeyError, TypeError, ValueError, AttributeError):
        last = [
            Contact(bytes.fromhex(each["key"]), each["address"])
            for each in (network_state(folder) or {"peers": []})["peers"][:_CONTACTS_MAX]
            if not each["address"].startswith(ANYWHERE.removesuffix("0"))
        ]
    return list(
        {contact.key: contact for contact in [*last, *(peer.contact for peer in peers)]}.values()
    )


@asynccontextmanager
async def _review_spool(review: SpoolReview, workers: ThreadWorkers) -> AsyncIterator[None]:
    """What waits in the spool is looked through every second while the block runs."""
    reviewing = asyncio.create_task(_review(review, workers))
    try:
        yield
    finally:
        reviewing.cancel()
        with suppress(asyncio.CancelledError):
            await reviewing


async def _review(review: SpoolReview, workers: ThreadWorkers) -> None:
    while True:
        # A disk that is full is told of where signals are read.
        with suppress(StoreError):
            await workers.in_slot(review.run)
        await asyncio.sleep(REVIEW_SECONDS)


@asynccontextmanager
async def _show_state(folder: Folder, replica: Replica) -> AsyncIterator[None]:
    """Other processes can read how the node stands while the block runs."""
    writing = asyncio.create_task(_write_state(folder, replica))
    try:
        yield
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing


@contextmanager
def interrupts() -> Iterator[asyncio.Event]:
    """An event of the running loop that SIGINT and SIGTERM set, in the place of ending the process at once."""
    loop, event = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, event.set)
    try:
        yield event
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def until(interrupted: asyncio.Event, work: Any) -> bool:
    """Whether ``work`` came to its end before somebody interrupted it; raises what it raises."""
    task, stop = asyncio.ensure_future(work), asyncio.ensure_future(interrupted.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if task.done():
        task.result()
        return True
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return False


async def _write_state(folder: Folder, replica: Replica) -> None:
    """Keeps ``network.json`` as other processes read it."""
    address = replica.peers.transport.address
    path, said, written = folder.path / "network.json", "", 0.0
    while True:
        state, now = _state(replica, address), asyncio.get_running_loop().time()
        text = json.dumps(state)
        # Counts of bytes alone are always others, and no reason to wake a disk.
        if text != said or now - written > _COUNTS_SECONDS:
            with suppress(FileError):
                write_private(path, json.dumps(state | _counts(replica)).encode(), replace=True)
                said, written = text, now
        await asyncio.sleep(_STATE_SECONDS)


def _counts(replica: Replica) -> dict[str, int]:
    """Bytes to and from peers since the node began."""
    stats = replica.peers.transport.stats()
    return {"sent_bytes": stats.bytes_sent, "received_bytes": stats.bytes_received}


def _state(replica: Replica, address: str) -> dict[str, Any]:
    status, told = replica.status(), replica.syncing.told
    return {
        "process": os.getpid(),
        "key": replica.peers.transport.key.hex(),
        "address": address,
        "height": status.height,
        "target": status.target,
        "makes_blocks": status.makes_blocks,
        "waiting": status.waiting,
        "pool_used": replica.mempool.used_share / ROOM_PARTS,
        "pool_refused": replica.mempool.refusals.total(),
        "trouble": status.trouble,
        "peers": [
            {"key": key.hex(), "address": told[key].address, "height": told[key].height}
            for key in status.peers
            if key in told
        ],
        **_agreement(replica),
    }


def _agreement(replica: Replica) -> dict[str, Any]:
    """What a node says besides where validators agree; times in ms since 1970."""
    if replica.agreeing is None or replica.deciding is None:
        return {}
    status = replica.agreeing.status()
    ago = status.decided_ago
    tip = replica.chain.tip
    return {
        "agreement": replica.chain.parameters.kind,
        "epoch": status.epoch,
        "round": status.round,
        "votes": status.votes,
        "own_votes": status.own_votes,
        "voters": [validator.hex() for validator in status.validators],
        "weight": status.weight,
        "weight_present": status.weight_present,
        "equivocations": status.equivocations,
        "jailed": status.jailed,
        "refused": status.refused,
        "decided": {
            "height": tip.height,
            "time": None if ago is None else milliseconds() - round(1_000 * ago),
        },
        "finality": replica.deciding.finality.document(),
    }


def network_state(folder: Folder) -> dict[str, Any] | None:
    """What the node of a folder said last of itself and its peers; None where it has never been in a network."""
    try:
        state: Any = json.loads((folder.path / "network.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return state if isinstance(state, dict) else None
