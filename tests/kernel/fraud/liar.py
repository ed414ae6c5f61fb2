"""Blocks whose focus is wrong in one thing and right in all that does not follow from it, and who has their pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from focusmesh.kernel.block import dry_run_block, focus_entry
from focusmesh.kernel.focus import FocusEdits, FocusTrace, TraceForm, TraceHead
from focusmesh.kernel.fraud import TraceAsk
from focusmesh.kernel.fraud.page_server import FocusPages
from focusmesh.kernel.fraud.truth import BytePages
from focusmesh.kernel.state import FOCUS_KEY, MerkleTree
from tests.kernel.block.ledger import KEYS, Ledger, particle, sealed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import MassArray
    from focusmesh.kernel.block import Block
    from focusmesh.kernel.focus import Held
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.signal import SignedSignal
    from tests.kernel.block.voted import Voted

    Links = Sequence[tuple[object, object, int]]

VERSION = 4


@dataclass
class Lie:
    """A focus that is being falsified: pages as lists of bytes by tree, and fields of head and certificate."""

    ledger: Ledger | Voted
    block: Block
    held: Held
    honest: FocusPages
    pages: dict[int, list[bytes]]
    head: dict[str, Any] = field(default_factory=dict)
    certificate: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> SigningKey:
        """Who made the block."""
        proposer = self.block.header.proposer
        return next(key for key in KEYS if key.public == proposer)

    @property
    def form(self) -> TraceForm:
        """The columns."""
        return TraceForm(self.ledger.chain.parameters.operator.terms)

    def words(self, tree: int, page: int) -> list[int]:
        """A page as words."""
        found: list[int] = np.frombuffer(self.pages[tree][page], dtype="<u8").tolist()
        return found

    def put(self, tree: int, page: int, words: list[int]) -> None:
        """Other words on a page."""
        self.pages[tree][page] = np.array(words, dtype="<u8").tobytes()

    def take(self, trace: FocusTrace) -> None:
        """The pages of another trace."""
        for tree, pages in ((3, trace.records), (4, trace.outward), (5, trace.inward)):
            self.pages[tree] = [pages.page(at) for at in range(len(pages))]
        names = ("links", "missing", "leftover")
        self.head |= {name: getattr(trace.head, name) for name in names}
        self.certificate["rise"] = trace.rise

    def take_vector(self, vector: MassArray) -> None:
        """The pages of another vector, and of its leaders."""
        trees = {1: BytePages.values(vector), 2: BytePages.leaders(vector, self.held.order.digests)}
        for tree, pages in trees.items():
            self.pages[tree] = [pages.page(at) for at in range(len(pages))]

    def told(self) -> tuple[Block, Liar]:
        """The block, signed, and who answers for it."""
        trees = {at: Listed(pages) for at, pages in self.pages.items()}
        roots = {
            name: trees[at].tree.root
            for name, at in (("records", 3), ("outward", 4), ("inward", 5))
        }
        names = ("links", "missing", "leftover")
        was = {name: getattr(self.honest.head, name) for name in names}
        head = TraceHead(**(was | roots | self.head))
        said = {
            "particles_root": trees[0].tree.root,
            "leaders_root": trees[2].tree.root,
            "trace_root": head.root,
        }
        before = self.block.header
        assert before.focus_certificate is not None
        certificate = msgspec.structs.replace(before.focus_certificate, **(said | self.certificate))
        root = trees[1].tree.root
        fields: dict[str, Any] = {"focus_certificate": certificate, "focus_root": root}
        fields |= {"state_root": self.state_root(certificate, root)} | self.header
        header = msgspec.structs.replace(before, **fields)
        block = sealed(header, self.block.body, self.key)
        return block, Liar(header.id, FocusPages(head, dict(trees)))

    def state_root(self, certificate: Any, focus_root: bytes) -> bytes:
        """Of the state with this certificate in it."""
        with dry_run_block(self.ledger.chain, self.block) as made:
            made.moved.put_entry(FOCUS_KEY, focus_entry(certificate, focus_root))
            return made.moved.root


class Listed:
    """Pages in a list."""

    def __init__(self, pages: list[bytes]) -> None:
        self.pages = pages
        self.tree = MerkleTree.of(pages)

    def page(self, index: int) -> bytes:
        return self.pages[index]

    def __len__(self) -> int:
        return len(self.pages)


class Liar:
    """Answers for a block with the pages that it committed to."""

    def __init__(self, block: bytes, pages: FocusPages) -> None:
        self.block, self.pages = block, pages
        self.asked = 0

    def answers(self, asks: Sequence[TraceAsk]) -> list[bytes]:
        self.asked += len(asks)
        assert all(ask.block == self.block for ask in asks)
        return [self.pages.answer(TraceAsk.decode(ask.encode())) for ask in asks]

    def refuse(self, ask: TraceAsk) -> None:
        raise AssertionError(f"a true answer was refused: {ask}")


def ledger_of(blocks: Sequence[Links], **parameters: Any) -> Ledger:
    """A solo network that commits to traces, with a block for each list of links."""
    made = Ledger(version=VERSION, **parameters)
    for links in blocks:
        made.block(signal(made, links))
    return made


def signal(ledger: Ledger | Voted, links: Links, key: SigningKey = KEYS[1]) -> SignedSignal:
    """A signal that links names with amounts; below 0 it takes them back."""
    listed = [
        ["link/1", particle(a), particle(b), b"", amount]
        if amount > 0
        else ["unlink/1", particle(a), particle(b), b""]
        for a, b, amount in links
    ]
    return ledger.signed(key, *listed)


def lie_about(ledger: Ledger, links: Links) -> Lie:
    """The next block of a ledger, not taken in, ready to be falsified."""
    twin = twin_of(ledger)
    block = twin.block(signal(twin, links))
    held = twin.chain.focus.ahead(FocusEdits.of([], [], [], []))
    return lie_of(ledger, block, held)


def lie_of(ledger: Ledger | Voted, block: Block, held: Held) -> Lie:
    """A right block, with its particles, axons and vector, ready to be falsified."""
    operator = held.operator(ledger.chain.parameters.operator)
    trace = FocusTrace.of(operator, held.vector)
    assert block.header.focus_certificate is not None
    assert trace.root == block.header.focus_certificate.trace_root
    honest = FocusPages.of(held.vector, held.order.digests, trace)
    pages = {at: [tree.page(k) for k in range(len(tree))] for at, tree in honest.trees.items()}
    return Lie(ledger, block, held, honest, pages)


def twin_of(ledger: Ledger) -> Ledger:
    """A ledger with the same blocks."""
    twin = ledger.twin()
    for height in range(1, ledger.chain.height + 1):
        twin.chain.accept(ledger.chain.block(height))
    twin.nonces = dict(ledger.nonces)
    return twin
