"""What a block commits to about its focus, read one thing at a time: rules are written over this.

``Shown`` reads what a proof shows and holds it to the headers; ``Recording`` reads what the accused gave and notes it,
so that whoever makes a proof and whoever checks it go through the same lines.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from focusmesh.errors import CodecError, ProofError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.focus import (
    LEADER_BYTES,
    LEADERS_MAX,
    LEADERS_PAGE,
    LINKS_A_PAGE,
    PARTICLES_A_PAGE,
    RECORDS_A_PAGE,
    VALUES_A_PAGE,
    TraceForm,
    TraceHead,
)
from focusmesh.kernel.fraud.forms import (
    BEFORE,
    FOCUS,
    INWARD,
    LEADERS,
    OUTWARD,
    PARTICLES,
    RECORDS,
    not_proved,
)
from focusmesh.kernel.state import ROW_PREFIX, SIZE_KEY, RowValue
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from focusmesh.engine.focus import ProtocolParams
    from focusmesh.kernel.block import FocusCertificate, Header
    from focusmesh.kernel.state import Parameters

_WORD_BYTES = 8
_LOW = (1 << 32) - 1


class MalformedPageError(ProofError):
    """A page whose length is not what a page there has: this is fraud by itself."""

    def __init__(self, tree: int, index: int) -> None:
        self.tree, self.index = tree, index
        super().__init__("fraud", f"page {index} of tree {tree} has a wrong length: show that")

    def __reduce__(self) -> tuple[type[MalformedPageError], tuple[int, int]]:  # type: ignore[override]
        return type(self), (self.tree, self.index)


class LinkWord(NamedTuple):
    """The other end of a link, by rank, and its weight."""

    end: int
    weight: int


@dataclass(frozen=True)
class RecordPage:
    """Sums over all particles before a page, and the records on it, by column."""

    before: dict[str, int]
    records: list[dict[str, int]]


@dataclass(frozen=True)
class LinkPage:
    """Sums over all links before a page, by column, and the links on it."""

    before: dict[str, int]
    links: list[LinkWord]


class View(ABC):
    """A block, its parent, and the network's parameters; pages and leaves come from whoever implements it.

    Everything raises ProofError ("fraud") for what is not there to be read.
    """

    def __init__(self, header: Header, parent: Header, parameters: Parameters) -> None:
        self.header, self.parent, self.parameters = header, parent, parameters
        self._records: dict[int, RecordPage] = {}
        self._links: dict[tuple[int, int], LinkPage] = {}

    @abstractmethod
    def content(self, tree: int, index: int) -> bytes:
        """A page as it is committed to, whatever its length."""

    @abstractmethod
    def leaf(self, state: int, key: bytes) -> bytes | None:
        """The value of a key in a state."""

    @abstractmethod
    def siblings(self, state: int, key: bytes) -> list[bytes]:
        """The siblings of a key's way in a state, from the root down."""

    @abstractmethod
    def axon(self, state: int, source: bytes, target: bytes) -> int:
        """The weight of an axon in a state, 0 where there is none."""

    @property
    @abstractmethod
    def head(self) -> TraceHead:
        """The head of the trace."""

    @property
    def certificate(self) -> FocusCertificate:
        """The block's."""
        certificate = self.header.focus_certificate
        if certificate is None or certificate.height != self.header.height:
            raise not_proved("it carries no focus of its own")
        return certificate

    @property
    def count(self) -> int:
        """n."""
        return self.certificate.particles

    @cached_property
    def operator(self) -> ProtocolParams:
        """The coefficients."""
        return self.parameters.operator

    @cached_property
    def form(self) -> TraceForm:
        """The columns of a trace."""
        return TraceForm(self.operator.terms)

    @property
    def leader_count(self) -> int:
        """How many lead."""
        return min(self.count, LEADERS_MAX)

    def page_count(self, tree: int) -> int:
        """How many pages a tree has."""
        if tree in (PARTICLES, BEFORE):
            return -(-self._particles(tree) // PARTICLES_A_PAGE)
        if tree == FOCUS:
            return -(-self.count // VALUES_A_PAGE)
        if tree == LEADERS:
            return -(-self.leader_count // LEADERS_PAGE)
        if tree == RECORDS:
            return self.count // RECORDS_A_PAGE + 1
        if tree in (OUTWARD, INWARD):
            return self.head.links // LINKS_A_PAGE + 1
        raise not_proved(f"there is no tree {tree}")

    def page_bytes(self, tree: int, index: int) -> int:
        """How long a page is."""
        form = self.form

        def rest(count: int, a_page: int) -> int:
            return min(a_page, count - index * a_page)

        if tree in (PARTICLES, BEFORE):
            return DIGEST_BYTES * rest(self._particles(tree), PARTICLES_A_PAGE)
        if tree == FOCUS:
            return _WORD_BYTES * rest(self.count, VALUES_A_PAGE)
        if tree == LEADERS:
            return LEADER_BYTES * rest(self.leader_count, LEADERS_PAGE)
        if tree == RECORDS:
            cells = len(form.record) * rest(self.count, RECORDS_A_PAGE)
            return _WORD_BYTES * (len(form.summed_columns) + cells)
        sums = len(self.link_columns(tree))
        return _WORD_BYTES * (sums + rest(self.head.links, LINKS_A_PAGE))

    def root(self, tree: int) -> bytes:
        """The root of a tree."""
        certificate = self.certificate
        if tree == BEFORE:
            return self._focus_before().particles_root
        if tree in (RECORDS, OUTWARD, INWARD):
            head = self.head
            return {RECORDS: head.records, OUTWARD: head.outward, INWARD: head.inward}[tree]
        return {
            PARTICLES: certificate.particles_root,
            FOCUS: self.header.focus_root,
            LEADERS: certificate.leaders_root,
        }[tree]

    def link_columns(self, tree: int) -> list[str]:
        """What is summed over the links of a side."""
        return self.form.outward if tree == OUTWARD else self.form.inward

    def page(self, tree: int, index: int) -> bytes:
        """A page of the length that it has to have; raises MalformedPageError for another."""
        if not 0 <= index < self.page_count(tree):
            raise not_proved(f"tree {tree} has no page {index}")
        content = self.content(tree, index)
        if len(content) != self.page_bytes(tree, index):
            raise MalformedPageError(tree, index)
        return content

    def particle(self, rank: int, tree: int = PARTICLES) -> bytes:
        """A particle by its place."""
        if not 0 <= rank < self._particles(tree):
            raise not_proved(f"there is no particle {rank}")
        page, at = divmod(rank, PARTICLES_A_PAGE)
        return self.page(tree, page)[at * DIGEST_BYTES : (at + 1) * DIGEST_BYTES]

    def lacks(self, digest: bytes, at: int) -> bool:
        """Whether a particle would stand at ``at`` and does not: those beside are before and behind it."""
        before = at == 0 or self.particle(at - 1) < digest
        return before and (at == self.count or digest < self.particle(at))

    def value(self, rank: int) -> int:
        """An entry of the committed vector."""
        self._require_rank(rank)
        page, at = divmod(rank, VALUES_A_PAGE)
        return int(struct.unpack_from("<Q", self.page(FOCUS, page), _WORD_BYTES * at)[0])

    def leader(self, at: int) -> tuple[int, bytes]:
        """What leaders are ordered by: the value, falling, as its negative; then the particle."""
        if not 0 <= at < self.leader_count:
            raise not_proved(f"there is no leader {at}")
        page, place = divmod(at, LEADERS_PAGE)
        entry = self.page(LEADERS, page)[place * LEADER_BYTES : (place + 1) * LEADER_BYTES]
        return -int.from_bytes(entry[DIGEST_BYTES:], "big"), entry[:DIGEST_BYTES]

    def record_page(self, index: int) -> RecordPage:
        """A page of records."""
        if index not in self._records:
            words = _words(self.page(RECORDS, index))
            summed, record = self.form.summed_columns, self.form.record
            before = dict(zip(summed, words, strict=False))
            starts = range(len(summed), len(words), len(record))
            records = [dict(zip(record, words[at:], strict=False)) for at in starts]
            self._records[index] = RecordPage(before, records)
        return self._records[index]

    def record(self, rank: int) -> dict[str, int]:
        """The record of a particle."""
        self._require_rank(rank)
        page, at = divmod(rank, RECORDS_A_PAGE)
        return self.record_page(page).records[at]

    def row(self, tree: int, rank: int) -> tuple[int, int]:
        """Where the links of a particle begin and end on a side."""
        self._require_rank(rank)
        column = "outs" if tree == OUTWARD else "ins"
        page, at = divmod(rank, RECORDS_A_PAGE)
        shown = self.record_page(page)
        first = shown.before[column] + sum(record[column] for record in shown.records[:at])
        return first, first + shown.records[at][column]

    def link_page(self, tree: int, index: int) -> LinkPage:
        """A page of links."""
        if (tree, index) not in self._links:
            words, columns = _words(self.page(tree, index)), self.link_columns(tree)
            links = [LinkWord(word & _LOW, word >> 32) for word in words[len(columns) :]]
            before = dict(zip(columns, words, strict=False))
            self._links[tree, index] = LinkPage(before, links)
        return self._links[tree, index]

    def link(self, tree: int, at: int) -> LinkWord:
        """A link of a side by its place."""
        if not 0 <= at < self.head.links:
            raise not_proved(f"there is no link {at}")
        page, place = divmod(at, LINKS_A_PAGE)
        return self.link_page(tree, page).links[place]

    def kept_row(self, state: int, source: bytes) -> RowValue | None:
        """What a state has of a particle's links."""
        value = self.leaf(state, ROW_PREFIX + source)
        return None if value is None else RowValue.decode(value)

    def size(self, state: int) -> int:
        """How many particles there are in a state."""
        value = self.leaf(state, SIZE_KEY)
        if value is None:
            return 0
        try:
            return msgspec.convert(decode(value), tuple[int, int])[0]
        except (CodecError, msgspec.ValidationError) as error:
            raise not_proved("the size of its graph is not a pair") from error

    def _particles(self, tree: int) -> int:
        return self.count if tree == PARTICLES else self._focus_before().particles

    def _focus_before(self) -> FocusCertificate:
        certificate = self.parent.focus_certificate
        if certificate is None:
            raise not_proved("there is no focus before it")
        return certificate

    def _require_rank(self, rank: int) -> None:
        if not 0 <= rank < self.count:
            raise not_proved(f"there is no particle {rank}")


def _words(page: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(page) // _WORD_BYTES}Q", page)
