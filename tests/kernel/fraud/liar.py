"""Blocks whose focus is wrong in one thing and right in all that does not follow from it, and who has their pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from focusmesh.errors import ProofError
from focusmesh.kernel.block import focus_entry, rehearsed
from focusmesh.kernel.focus import FocusTrace, TraceForm, TraceHead, WordPages, columns_of
from focusmesh.kernel.fraud import LackingError, TraceAsk
from focusmesh.kernel.fraud.serving import FocusPages
from focusmesh.kernel.fraud.truth import BytePages
from focusmesh.kernel.state import FOCUS_KEY, MerkleTree
from tests.kernel.block.ledger import Ledger, particle, sealed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.block import Block
    from focusmesh.kernel.fraud.claim import OwnPages

VERSION = 4


@dataclass
class Lie:
    """A focus that is being falsified: pages as lists of bytes by tree, and fields of head and certificate."""

    ledger: Ledger
    block: Block
    honest: FocusPages
    pages: dict[int, list[bytes]]
    head: dict[str, Any] = field(default_factory=dict)
    certificate: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)

    @property
    def form(self) -> TraceForm:
        """The columns."""
        return TraceForm(self.ledger.chain.parameters.operator.terms)

    def words(self, tree: int, page: int) -> list[int]:
        """A page as words."""
        return np.frombuffer(self.pages[tree][page], dtype="<u8").tolist()

    def put(self, tree: int, page: int, words: list[int]) -> None:
        """Other words on a page."""
        self.pages[tree][page] = np.array(words, dtype="<u8").tobytes()

    def told(self) -> tuple[Block, Liar]:
        """The block, signed, and who answers for it."""
        trees = {at: Listed(pages) for at, pages in self.pages.items()}
        roots = {
            name: trees[at].tree.root for name, at in (("records", 3), ("outward", 4), ("inward", 5))
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
        certificate = msgspec.structs.replace(
            before.focus_certificate, **(said | self.certificate)
        )
        fields = {"focus_certificate": certificate, "focus_root": trees[1].tree.root}
        fields |= {"state_root": self.state_root(certificate, fields["focus_root"])} | self.header
        header = msgspec.structs.replace(before, **fields)
        block = sealed(header, self.block.body)
        return block, Liar(header.id, FocusPages(head, dict(trees)))

    def state_root(self, certificate: Any, focus_root: bytes) -> bytes:
        """Of the state with this certificate in it."""
        with rehearsed(self.ledger.chain, self.block) as made:
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


def ledger_of(blocks: Sequence[Sequence[tuple[object, object, int]]], **parameters: Any) -> Ledger:
    """A solo network that commits to traces, with a block for each list of links."""
    from tests.kernel.block.ledger import KEYS

    made = Ledger(version=VERSION, **parameters)
    for links in blocks:
        made.block(signal(made, links, KEYS[1]))
    return made


def signal(ledger: Ledger, links: Sequence[tuple[object, object, int]], key: Any) -> Any:
    listed = [["link/1", particle(a), particle(b), b"", amount] for a, b, amount in links]
    return ledger.signed(key, *listed)


def lie_about(ledger: Ledger, links: Sequence[tuple[object, object, int]]) -> Lie:
    """The next block of a ledger, not taken in, ready to be falsified."""
    from tests.kernel.block.ledger import KEYS

    twin = twin_of(ledger)
    block = twin.block(signal(twin, links, KEYS[1]))
    held = twin.chain.focus.ahead(no_edits())
    trace = FocusTrace.of(held.operator(twin.chain.parameters.operator), held.vector)
    assert block.header.focus_certificate is not None
    assert trace.root == block.header.focus_certificate.trace_root
    honest = FocusPages.of(held.vector, held.order.digests, trace)
    pages = {at: [tree.page(k) for k in range(len(tree))] for at, tree in honest.trees.items()}
    return Lie(ledger, block, honest, pages)


def twin_of(ledger: Ledger) -> Ledger:
    """A ledger with the same blocks."""
    twin = ledger.twin()
    for height in range(1, ledger.chain.height + 1):
        twin.chain.accept(ledger.chain.block(height))
    twin.nonces = dict(ledger.nonces)
    return twin


def no_edits() -> Any:
    from focusmesh.kernel.focus import FocusEdits

    return FocusEdits.of([], [], [], [])
