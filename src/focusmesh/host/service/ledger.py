"""A ledger's folder as what is served: moments by height, and what only a ledger has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import ParameterError
from focusmesh.host.service.faces.applications import ApplicationQueries
from focusmesh.host.service.moment import Moment
from focusmesh.host.service.networks import Networks
from focusmesh.host.service.paging import Cursor, Page
from focusmesh.host.service.problems import (
    NotThereError,
    UnavailableError,
    WritesRefusedError,
)
from focusmesh.host.service.ranks import committed_ranks
from focusmesh.host.service.records.records import (
    Account,
    Block,
    BlockPage,
    BlockSummary,
    PromisesAnswer,
    ProofAnswer,
    Weight,
)
from focusmesh.host.service.signals import Signals
from focusmesh.host.service.snapshots import SharedSnapshots
from focusmesh.host.service.squares import Squares
from focusmesh.host.service.weights import waiting_room, weight_answer
from focusmesh.host.storage import OpenedChain, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from focusmesh.engine.recall import EntryIndex
    from focusmesh.engine.support.progress import Progress
    from focusmesh.errors import FocusmeshError
    from focusmesh.host.keys import Keyring
    from focusmesh.host.service.ranks import Shelf
    from focusmesh.host.service.records.records import Status
    from focusmesh.host.storage import Folder
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.receipts import Receipt, ReceiptMaker

_KEY_BYTES_MAX = 1_024


class LedgerSource:
    """Blocks, receipts, proofs, contents and signals of a ledger. Safe between threads."""

    kind = "ledger"
    bound_max = 1.0
    """A block whose focus is further off than its network allows is no block: none is served."""

    def __init__(
        self, folder: Folder, keyring: Keyring | None, shelf: Shelf, *, writes: bool = False
    ) -> None:
        """Opens it to read; ``writes``: takes signals though the node beside it votes.

        Raises StoreError, BlockError ("operations").
        """
        from focusmesh.kernel.session import FollowedColumns

        self.folder = folder
        self._keyring = keyring
        self._shelf = shelf
        self._writes = writes
        self._opened = OpenedChain.of(folder)
        self._is_open = True
        self._newest: int | None = None
        self._followed = FollowedColumns()
        self._index: EntryIndex | None = None
        self.signals = Signals(folder, self._opened)
        self.squares = Squares(self._opened)
        self.snapshots = SharedSnapshots(self._opened)
        self.networks = Networks(folder, self._opened)
        self.applications = ApplicationQueries(self._opened)

    @property
    def path(self) -> Path:
        """The folder."""
        return self.folder.path

    def newest(self, *, wait: bool) -> int | None:
        """The height of the last block; as it was last seen where somebody reads and it is not to ``wait``."""
        if not self._opened.lock.acquire(blocking=wait):
            return self._newest
        try:
            self._newest = self._opened.reading().height
        finally:
            self._opened.lock.release()
        return self._newest

    def has_changed(self) -> bool:
        """Moments go by height, and no block changes."""
        return False

    def behind(self, moment: Moment, now: float) -> float:
        """For how many seconds there has been a block that ``moment`` does not have."""
        with self._opened.lock:
            chain = self._opened.reading()
            if moment.height is None or moment.height >= chain.height:
                return 0.0
            return max(0.0, now - chain.header(moment.height + 1).time / 1_000)

    def make_moment(self, at: int | None, progress: Progress | None = None) -> Moment:
        """The ledger as of a block. Raises BlockError ("height") where that state is not kept.

        O(n log n + m) at first and for earlier blocks; the last block is made of the one that was before.
        """
        from focusmesh.engine.graph import Graph
        from focusmesh.kernel.session import columns_of, root_of

        with self._opened.lock:
            chain = self._opened.reading()
            height = chain.height if at is None else at
            is_last = height == chain.height
            columns = self._followed.columns(chain) if is_last else columns_of(chain, height)
            root, name = chain.header(height).state_root.hex(), root_of(chain, height)
            params = chain.parameters.operator.real
        graph = Graph.from_links(columns, progress=progress)
        graph.name_root(name)
        return Moment(
            graph,
            params,
            root=root,
            height=height,
            ranks=lambda: self._shelf.ranks(root, lambda: self._ranks_at(height)),
            index=self._entries if is_last else None,
        )

    def complete_status(self, status: Status) -> Status:
        """The status with what only a ledger has."""
        with self._opened.lock:
            chain = self._opened.reading()
            height = chain.height if status.height is None else status.height
            return msgspec.structs.replace(
                status,
                name=chain.genesis.name,
                network=chain.network.hex(),
                time=chain.header(height).time,
                tip=chain.height,
                can_prove=self._keyring is not None,
                can_write=self.signals.is_taken and self._why_no_writes() is None,
                promises=self._promises(),
            )

    def verify_writes(self) -> None:
        """Raises WritesRefusedError beside a node that votes, unless told to take signals there.

        Raises UnavailableError where the node of a voted network has not said yet whether it votes.
        """
        refusal = self._why_no_writes()
        if refusal is not None:
            raise refusal

    def _why_no_writes(self) -> FocusmeshError | None:
        if self._writes or serving(self.folder) is None:
            return None
        from focusmesh.host.node import votes_here

        votes = votes_here(self.folder)
        if votes:
            return WritesRefusedError(
                "this server stands beside a validator and takes no signals: post to a follower's server, or have the "
                "operator start this one with --writes (serve.writes = true)"
            )
        if votes is None and self._is_voted():
            return UnavailableError("the node has only begun; try again in a moment")
        return None

    def _is_voted(self) -> bool:
        with self._opened.lock:
            return self._opened.reading().validator_set is not None

    def _promises(self) -> PromisesAnswer | None:
        counts = self.signals.promises()
        return None if counts is None else PromisesAnswer(**counts._asdict())

    def blocks(self, limit: int = 20, cursor: str | None = None) -> BlockPage:
        """Blocks, newest first."""
        with self._opened.lock:
            chain = self._opened.reading()
            # Blocks do not change: whoever pages goes on below what was listed, whatever came since.
            tip = chain.tip
            page = Page.of("blocks", chain.network.hex(), None, limit, cursor)
            first = tip.height if cursor is None else min(page.offset, tip.height)
            behind = max(first - limit, chain.base - 1)
            items = [_summary(chain, height) for height in range(first, behind, -1)]
        return BlockPage(
            root=tip.state_root.hex(),
            height=tip.height,
            items=items,
            cursor=None
            if behind < chain.base
            else Cursor(page.root, page.asked, None, behind).write(),
        )

    def block(self, height: int) -> Block:
        """One block; raises BlockError ("height")."""
        with self._opened.lock:
            chain = self._opened.reading()
            found, bytes_max = chain.block(height), chain.parameters.block_bytes_max
        header = found.header
        return Block(
            height=height,
            id=header.id.hex(),
            header={**header.as_json(), "block_id": header.id.hex()},
            header_bytes=found.header_bytes.hex(),
            proof=found.proof.hex(),
            signals=list(self.signals.of_block(found, bytes_max)) if height else [],
        )

    def base_price(self) -> int | None:
        """What a unit costs after the last block, in base units; None in a network without prices."""
        from focusmesh.kernel.state import PRICE_KEY, BasePrice

        with self._opened.lock:
            value = self._opened.reading().state.get(PRICE_KEY)
        return None if value is None else BasePrice.decode(value).price

    def account(self, neuron: str, at: int | None = None) -> Account:
        """What a neuron (a public key in hexadecimal) has; zeros where it has no account."""
        from focusmesh.kernel.state import Account as Held
        from focusmesh.kernel.state import read_account

        key = _from_hex("neuron", neuron, 32)
        with self._opened.lock, self._opened.reading().state.at(at) as view:
            held = read_account(view.get, key) or Held()
            return Account(
                root=view.root.hex(),
                height=view.height,
                neuron=neuron,
                balance=held.balance,
                stake=held.stake,
                locked=held.locked,
                free=held.free_stake,
                burned=held.burned,
                signals=held.nonce,
            )

    def weight(self, neuron: str) -> Weight:
        """By what weight a neuron's signals wait, as of the last block, and how much may still wait.

        O(links) at the first look, then now and then one pass over memory.
        """
        key = _from_hex("neuron", neuron, 32)
        with self._opened.lock:
            chain = self._opened.reading()
            room = waiting_room(self.folder, key)
            return weight_answer(chain, key, self.signals.link_weights, room)

    def proof(self, key: str, at: int | None = None) -> ProofAnswer:
        """The ICS-23 proof of a key of the state (in hexadecimal), there or not."""
        from focusmesh.kernel.state import encode_proof

        raw = _from_hex("key", key)
        with self._opened.lock, self._opened.reading().state.at(at) as view:
            value = view.get(raw)
            proof = encode_proof(view.tree.prove(raw))
            return ProofAnswer(
                root=view.root.hex(),
                height=view.height,
                key=key,
                value=None if value is None else value.hex(),
                proof=proof.hex(),
            )

    def content(self, particle: str) -> bytes:
        """The content of a particle (text, or a CID); raises NotThereError where it is not kept."""
        from focusmesh.kernel.session import particle as meant

        with self._opened.lock, self._opened.reading().state.at() as view:
            found = view.content(meant(particle).id)
        if found is None:
            raise NotThereError(f"the content of {particle[:80]!r} is not kept here")
        return found

    def rank_receipt(
        self, *, top: int | None = None, particles: Sequence[str] = (), at: int | None = None
    ) -> Receipt:
        """Proves the first ``top`` particles of the committed focus, or the scores of some."""
        from focusmesh.kernel.session import particle

        if (top is None) == (not particles):
            raise ParameterError("give either how many from the top, or which particles")
        if top is not None:
            return self._receipt(lambda maker: maker.rank(at, top))
        ids = [particle(name).id for name in particles]
        return self._receipt(lambda maker: maker.scores(at, ids))

    def link_receipt(
        self,
        source: str,
        target: str,
        *,
        relation: str | None = None,
        neuron: str | None = None,
        at: int | None = None,
    ) -> Receipt:
        """Proves the axon between two particles, or the link that ``neuron`` made: there, or not."""
        from focusmesh.kernel.session import particle

        ends = particle(source).id, particle(target).id
        whose = None if neuron is None else _from_hex("neuron", neuron, 32)
        kind = None if relation is None else particle(relation).id
        return self._receipt(lambda maker: maker.link(at, *ends, whose, kind))

    def context_receipt(
        self, seeds: Sequence[str], top: int = 20, *, beta: float = 0.5, at: int | None = None
    ) -> Receipt:
        """Proves what matters from ``seeds``, as far as the rows that travel in the receipt do."""
        from focusmesh.kernel.session import particle

        shares = {particle(seed).id: 1.0 for seed in seeds}
        return self._receipt(lambda maker: maker.context(at, shares, top, beta))

    def close(self) -> None:
        """Gives the store back; closing again does nothing."""
        if self._is_open:
            self._is_open = False
            self.snapshots.close()
            self._opened.release()

    def _receipt(self, make: Callable[[ReceiptMaker], Receipt]) -> Receipt:
        from focusmesh.kernel.receipts import ReceiptMaker

        if self._keyring is None:
            raise NotThereError("no receipts are given here: the server has no key to sign with")
        with self._opened.lock:
            chain = self._opened.reading()
            return make(ReceiptMaker(chain, self._keyring.signer(chain.proposers)))

    def _entries(self) -> EntryIndex:
        """The index of words that goes from one moment to the next. Raises MissingExtraError ("recall")."""
        from focusmesh.engine.recall import EntryIndex

        with self._opened.lock:
            if self._index is None:
                self._index = EntryIndex()
            return self._index

    def _ranks_at(self, height: int) -> Any:
        with self._opened.lock:
            return committed_ranks(self._opened.reading(), height)


def _summary(chain: Chain, height: int) -> BlockSummary:
    from focusmesh.kernel.block import Body

    block = chain.block(height)
    header = block.header
    certificate = header.focus_certificate
    bytes_max = chain.parameters.block_bytes_max
    signals = len(Body.decode(block.body, bytes_max).signals) if height else 0
    return BlockSummary(
        height=height,
        id=header.id.hex(),
        time=header.time,
        proposer=header.proposer.hex(),
        state_root=header.state_root.hex(),
        signals=signals,
        particles=None if certificate is None else certificate.particles,
        bytes=len(block.body),
    )


def _from_hex(name: str, text: str, byte_count: int | None = None) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if (
        data.hex() != text
        or not 0 < len(data) <= _KEY_BYTES_MAX
        or byte_count not in (None, len(data))
    ):
        length = "" if byte_count is None else f"{byte_count} bytes in "
        raise ParameterError(f"{name} must be {length}lower-case hexadecimal, not {text[:80]!r}")
    return data
