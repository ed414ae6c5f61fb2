"""Checking a proof of fraud: two headers and the parameters are enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import BlockError, ProofError
from focusmesh.kernel.block import Header
from focusmesh.kernel.focus import TraceHead
from focusmesh.kernel.fraud.forms import EARLIER, GRAPH, PARENT, STATE, FraudProof, not_proved
from focusmesh.kernel.fraud.leaves import hashes_of, root_above
from focusmesh.kernel.fraud.rules.rules import breach
from focusmesh.kernel.fraud.view import View
from focusmesh.kernel.state import (
    ROW_PREFIX,
    WEIGHTS,
    PageProof,
    verify_axon,
    verify_inclusion,
)

if TYPE_CHECKING:
    from focusmesh.kernel.fraud.forms import ShownLeaf
    from focusmesh.kernel.state import Parameters


class Fraud(NamedTuple):
    """A block of ``height`` breaks the rule ``kind``: ``what`` says how."""

    kind: str
    height: int
    what: str


def verify_fraud(proof: bytes, header: Header, parent: Header, parameters: Parameters) -> Fraud:
    """What is wrong with the block of ``header``; raises ProofError ("fraud") where ``proof`` does not show it.

    Who calls trusts ``parameters`` (their digest is in headers) and knows that ``parent`` is right: a block after a
    wrong one needs no proof of its own. Nothing is needed but the bytes. O(bytes).
    """
    read = FraudProof.decode(proof)
    if read.block != header.id or header.parent != parent.id:
        raise not_proved("it is of another block, or of another parent")
    if not parameters.has_trace:
        raise not_proved("blocks of its network commit to no trace")
    try:
        what = breach(Shown(read, header, parent, parameters), read.kind, read.at)
    except (ProofError, BlockError) as error:
        raise not_proved(str(error)) from error
    if what is None:
        raise not_proved(f"rule {read.kind!r} is not broken there")
    return Fraud(read.kind, header.height, what)


class Shown(View):
    """What a proof shows; each thing is held to the headers when it is first asked for."""

    def __init__(
        self, proof: FraudProof, header: Header, parent: Header, parameters: Parameters
    ) -> None:
        super().__init__(header, parent, parameters)
        self._pages = {(page.tree, page.index): page for page in proof.pages}
        self._leaves = {(leaf.state, leaf.key): leaf for leaf in proof.leaves}
        self._rows = {(row.state, row.source, row.target): row for row in proof.rows}
        self._earlier = _read_headers(proof.headers, parent)
        self._head_bytes = proof.head
        self._head: TraceHead | None = None
        self._held: set[tuple[int, int]] = set()

    @property
    def head(self) -> TraceHead:
        """See ``View``."""
        if self._head is None:
            self._head = TraceHead.decode(self._head_bytes, self.form)
            if self._head.root != self.certificate.trace_root:
                raise not_proved("this is not the head of its trace")
        return self._head

    def content(self, tree: int, index: int) -> bytes:
        """See ``View``."""
        page = self._pages.get((tree, index))
        if page is None:
            raise not_proved(f"page {index} of tree {tree} is not shown")
        if (tree, index) not in self._held:
            path, count = hashes_of(page.path), self.page_count(tree)
            verify_inclusion(page.content, index, count, path, self.root(tree))
            self._held.add((tree, index))
        return page.content

    def leaf(self, state: int, key: bytes) -> bytes | None:
        """See ``View``."""
        return self._leaf(state, key).value

    def siblings(self, state: int, key: bytes) -> list[bytes]:
        """See ``View``."""
        return hashes_of(self._leaf(state, key).siblings)

    def axon(self, state: int, source: bytes, target: bytes) -> int:
        """See ``View``."""
        value = self.leaf(state, ROW_PREFIX + source)
        if value is None:
            return 0
        shown = self._rows.get((state, source, target))
        if shown is None:
            raise not_proved("a row of the state is not shown")
        return verify_axon(value, target, PageProof.decode(WEIGHTS, shown.page))

    def _leaf(self, state: int, key: bytes) -> ShownLeaf:
        leaf = self._leaves.get((state, key))
        if leaf is None:
            raise not_proved(f"{key[:16]!r} of state {state} is not shown")
        if root_above(leaf) != self._state_root(state):
            raise not_proved(f"{key[:16]!r} is not so in state {state}")
        return leaf

    def _state_root(self, state: int) -> bytes:
        if state == GRAPH:
            return self.certificate.graph_root
        if state in (STATE, PARENT):
            return (self.header if state == STATE else self.parent).state_root
        if not 0 <= state - EARLIER < len(self._earlier):
            raise not_proved(f"state {state} is of no header that is shown")
        return self._earlier[state - EARLIER].state_root


def _read_headers(headers: tuple[bytes, ...], parent: Header) -> list[Header]:
    """Headers of the blocks before ``parent``, newest first."""
    found: list[Header] = []
    for data in headers:
        header = Header.decode(data)
        if header.id != (found[-1] if found else parent).parent:
            raise not_proved("a header is not of the block before")
        found.append(header)
    return found
