"""Rules asked of what the accused committed to; what they read becomes the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.fraud.claim import ClaimedTree, claimed_head
from focusmesh.kernel.fraud.forms import (
    BEFORE,
    EARLIER,
    INWARD,
    OUTWARD,
    RECORDS,
    FraudProof,
    ShownLeaf,
    ShownPage,
    ShownRowPage,
    not_proved,
)
from focusmesh.kernel.fraud.leaves import path_of
from focusmesh.kernel.fraud.rules.rules import breach
from focusmesh.kernel.fraud.verification import verify_fraud
from focusmesh.kernel.fraud.view import MalformedPageError, View
from focusmesh.kernel.state import ROW_PREFIX, WEIGHTS

if TYPE_CHECKING:
    from focusmesh.kernel.focus import TraceHead
    from focusmesh.kernel.fraud.claim import OwnPages
    from focusmesh.kernel.fraud.page_requests import TraceSource
    from focusmesh.kernel.fraud.truth import Truth


class Claims:
    """All trees of the accused, each had when it is first asked for.

    ``own`` are one's own pages, by tree, and ``own_head`` the head of one's own trace.
    """

    def __init__(self, truth: Truth, source: TraceSource) -> None:
        self.truth = truth
        self.own: dict[int, OwnPages] = {}
        self.own_head: TraceHead | None = None
        self._source = source
        self._block = truth.header.id
        self._head: TraceHead | None = None
        self._trees: dict[int, ClaimedTree] = {}

    def head(self, view: View) -> TraceHead:
        """The head of the trace."""
        root = view.certificate.trace_root
        if self._head is None and self.own_head is not None and self.own_head.root == root:
            self._head = self.own_head
        if self._head is None:
            self._head = claimed_head(self._source, self._block, root, view.form)
        return self._head

    def tree(self, view: View, number: int) -> ClaimedTree:
        """One tree."""
        if number not in self._trees:
            root, count = view.root(number), view.page_count(number)
            own = self.own.get(number)
            self._trees[number] = ClaimedTree(self._source, self._block, number, root, count, own)
        return self._trees[number]

    def view(self) -> Recording:
        """A look at it, nothing noted yet."""
        return Recording(self)

    def proof(self, kind: str, *at: int | bytes) -> bytes | None:
        """That a rule is broken there, None where it is not, or cannot be shown to be."""
        view = self.view()
        try:
            what = breach(view, kind, at)
        except MalformedPageError as error:
            return self.proof("form", error.tree, error.index)
        except ProofError:
            return None
        if what is None:
            return None
        proof = view.proof(kind, at).encode()
        truth = self.truth
        verify_fraud(proof, truth.header, truth.parent, truth.parameters)
        return proof


class Recording(View):
    """What the accused committed to, and what of it was read."""

    def __init__(self, claims: Claims) -> None:
        truth = claims.truth
        super().__init__(truth.header, truth.parent, truth.parameters)
        self._claims, self._truth = claims, truth
        self._pages: dict[tuple[int, int], ShownPage] = {}
        self._leaves: dict[tuple[int, bytes], ShownLeaf] = {}
        self._rows: dict[tuple[int, bytes, bytes], ShownRowPage] = {}

    @property
    def head(self) -> TraceHead:
        """See ``View``."""
        return self._claims.head(self)

    def content(self, tree: int, index: int) -> bytes:
        """See ``View``."""
        if tree == BEFORE:
            pages = self._truth.before
            content, path = pages.page(index), b"".join(pages.tree.prove(index))
        else:
            claimed = self._claims.tree(self, tree)
            content, path = claimed.page(index, self.page_bytes(tree, index)), claimed.path(index)
        self._pages[tree, index] = ShownPage(tree, index, content, path)
        return content

    def leaf(self, state: int, key: bytes) -> bytes | None:
        """See ``View``."""
        return self._leaf(state, key).value

    def siblings(self, state: int, key: bytes) -> list[bytes]:
        """See ``View``."""
        return self._truth.trees[state].path(key).siblings

    def axon(self, state: int, source: bytes, target: bytes) -> int:
        """See ``View``."""
        if self.leaf(state, ROW_PREFIX + source) is None:
            return 0
        row = self._truth.rows(state, source)
        assert row is not None
        page = row.prove_axon(target)
        shown = ShownRowPage(state, source, target, page.encode(WEIGHTS))
        self._rows[state, source, target] = shown
        entry = page.entry(WEIGHTS, target)
        return 0 if entry is None else int.from_bytes(entry, "big")

    def proof(self, kind: str, at: tuple[int | bytes, ...]) -> FraudProof:
        """All that was read, as a proof."""
        from_trace = any(tree in (RECORDS, OUTWARD, INWARD) for tree, _ in self._pages)
        head = self.head.encode() if from_trace or kind == "spread" else b""
        states = [state for state, _ in self._leaves]
        earlier = max((state - EARLIER + 1 for state in states if state >= EARLIER), default=0)
        return FraudProof(
            self.header.id,
            kind,
            at,
            head,
            tuple(self._pages[place] for place in sorted(self._pages)),
            tuple(self._leaves[place] for place in sorted(self._leaves)),
            tuple(self._rows[place] for place in sorted(self._rows)),
            self._truth.headers[:earlier],
        )

    def _leaf(self, state: int, key: bytes) -> ShownLeaf:
        if state not in self._truth.trees:
            raise not_proved(f"state {state} is not here")
        way = self._truth.trees[state].path(key)
        path, value, end = path_of(key), None, b""
        if way.leaf is not None and way.leaf.path == path:
            value = way.leaf.value
        elif way.leaf is not None:
            end = way.leaf.path + path_of(way.leaf.value)
        leaf = ShownLeaf(state, key, value, b"".join(way.siblings), end)
        self._leaves[state, key] = leaf
        return leaf
