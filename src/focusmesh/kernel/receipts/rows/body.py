"""The body of a context receipt with row proofs: rows that were pushed, committed values, and their proofs as bytes.

    parameters (dag-cbor)       behind its length; its digest is in the header
    size (dag-cbor)             behind its length: the value of /graph/size
    digests                     count, then 32 bytes each, rising: every particle that is named below, once
    rows                        count, sources rising; then for each: y, links, and where there are links the number of
                                axons, the root of the authors tree, targets rising, weights
    leaders                     count; then for each: particle, value u64 BE
    particle pages              count, page numbers rising; then the particles of all of them, rising
    value pages                 count, page numbers rising; then the pages
    hashes                      of the state tree, then those of leaders, particle pages and value pages

Numbers are varints, particles indices into the digests, rising ones distances. A row without links is dangling: its
source has no leaf in the state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.focus import LEADERS_MAX, LEADERS_PAGE, PARTICLES_A_PAGE, VALUES_A_PAGE
from focusmesh.kernel.receipts.push import PushedRow
from focusmesh.kernel.state import WEIGHTS, RowValue, subtree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.kernel.receipts.wire import BodyReader, BodyWriter

_VALUE_BYTES = 8


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A pushed row, and what of its leaf does not follow from its axons."""

    row: PushedRow
    link_count: int
    authors_root: bytes


@dataclass(frozen=True)
class RowBody:
    """All but the hashes. Particles are indices into ``digests``; pages are by number.

    ``value_pages`` are the raw pages; ``particle_pages`` hold up to 16 particles each.
    """

    parameters: bytes
    size: bytes
    digests: Sequence[bytes]
    rows: Sequence[ShownRow]
    leaders: Sequence[tuple[int, int]]
    particle_pages: Mapping[int, Sequence[int]]
    value_pages: Mapping[int, bytes]
    index: dict[bytes, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        places = {digest: at for at, digest in enumerate(self.digests)}
        object.__setattr__(self, "index", places)

    def write(self, out: BodyWriter) -> None:
        """Everything but the hashes, which follow."""
        out.block(self.parameters)
        out.block(self.size)
        out.number(len(self.digests))
        out.raw(b"".join(self.digests))
        out.number(len(self.rows))
        out.rising(shown.row.source for shown in self.rows)
        for shown in self.rows:
            _write_row(shown, out)
        out.number(len(self.leaders))
        for particle, value in self.leaders:
            out.number(particle)
            out.raw(value.to_bytes(_VALUE_BYTES, "big"))
        out.number(len(self.particle_pages))
        out.rising(sorted(self.particle_pages))
        out.rising(at for page in sorted(self.particle_pages) for at in self.particle_pages[page])
        out.number(len(self.value_pages))
        out.rising(sorted(self.value_pages))
        for page in sorted(self.value_pages):
            out.raw(self.value_pages[page])

    @classmethod
    def read(cls, body: BodyReader, particle_count: int) -> RowBody:
        """Reads up to the hashes; raises ProofError ("body")."""
        parameters, size = body.block(), body.block()
        digests = [body.digest() for _ in range(body.count())]
        if any(first >= second for first, second in pairwise(digests)):
            raise ProofError("body", "the digests of a receipt do not rise")
        count = len(digests)
        sources = body.rising(body.count(), count)
        rows = [_read_row(source, count, body) for source in sources]
        leaders = _read_leaders(count, particle_count, body)
        pages = _read_particle_pages(count, particle_count, body)
        values = _read_value_pages(particle_count, body)
        return cls(parameters, size, digests, rows, leaders, pages, values)

    def row_value(self, shown: ShownRow) -> bytes | None:
        """The value in the state that the row comes from, None for a dangling one. O(its axons)."""
        row = shown.row
        if not row.targets:
            return None
        if row.source in row.targets:
            raise ProofError("body", f"row {row.source} links to itself")
        pairs = zip(row.targets, row.weights, strict=True)
        entries = [self.digests[at] + weight.to_bytes(8, "big") for at, weight in pairs]
        root = subtree(WEIGHTS, b"".join(entries))[:DIGEST_BYTES]
        value = RowValue(
            shown.link_count, len(row.targets), sum(row.weights), root, shown.authors_root
        )
        return value.encode()

    def leader_pages(self) -> dict[int, bytes]:
        """The pages that the leaders fill."""
        entries = [
            self.digests[at] + value.to_bytes(_VALUE_BYTES, "big") for at, value in self.leaders
        ]
        return {
            at // LEADERS_PAGE: b"".join(entries[at : at + LEADERS_PAGE])
            for at in range(0, len(entries), LEADERS_PAGE)
        }

    def particle_page_bytes(self) -> dict[int, bytes]:
        """The pages of particles as they are committed."""
        return {
            page: b"".join([self.digests[at] for at in particles])
            for page, particles in self.particle_pages.items()
        }

    def values(self) -> dict[int, int]:
        """Committed values that are shown, by particle."""
        known = dict(self.leaders)
        for page, particles in self.particle_pages.items():
            for at, particle in enumerate(particles, page * PARTICLES_A_PAGE):
                held = self.value_pages.get(at // VALUES_A_PAGE)
                if held is not None:
                    first = at % VALUES_A_PAGE * _VALUE_BYTES
                    known[particle] = int.from_bytes(held[first : first + _VALUE_BYTES], "little")
        return known


def page_length(page: int, per_page: int, count: int) -> int:
    """Entries on a page of ``count`` entries in all."""
    return min(per_page, count - page * per_page)


def _write_row(shown: ShownRow, out: BodyWriter) -> None:
    row = shown.row
    out.number(row.amount)
    out.number(shown.link_count)
    if not shown.link_count:
        return
    out.number(len(row.targets))
    out.raw(shown.authors_root)
    out.rising(row.targets)
    for weight in row.weights:
        out.number(weight)


def _read_row(source: int, count: int, body: BodyReader) -> ShownRow:
    amount, link_count = body.number(), body.number()
    if not link_count:
        return ShownRow(PushedRow(source, amount, (), ()), 0, b"")
    axon_count = body.count()
    authors_root = body.digest()
    targets = body.rising(axon_count, count)
    weights = [body.number() for _ in range(axon_count)]
    if not weights or min(weights) < 1 or max(weights) >= 1 << 32 or link_count >= 1 << 64:
        raise ProofError("body", f"row {source} has no axon, or one of no weight, or too many")
    return ShownRow(PushedRow(source, amount, targets, weights), link_count, authors_root)


def _read_leaders(count: int, particle_count: int, body: BodyReader) -> list[tuple[int, int]]:
    held = min(particle_count, LEADERS_MAX)
    shown = body.count()
    if shown > held or (shown % LEADERS_PAGE and shown != held):
        raise ProofError("body", f"{shown} leaders are not whole pages of {held}")
    leaders = []
    for _ in range(shown):
        particle = body.number()
        leaders.append((particle, int.from_bytes(body.raw(_VALUE_BYTES), "big")))
    if any(particle >= count for particle, _ in leaders):
        raise ProofError("body", "a leader has no digest")
    return leaders


def _read_particle_pages(
    count: int, particle_count: int, body: BodyReader
) -> dict[int, Sequence[int]]:
    page_count = -(-particle_count // PARTICLES_A_PAGE)
    pages = body.rising(body.count(), page_count)
    lengths = [page_length(page, PARTICLES_A_PAGE, particle_count) for page in pages]
    particles = iter(body.rising(sum(lengths), count))
    return {
        page: [next(particles) for _ in range(length)]
        for page, length in zip(pages, lengths, strict=True)
    }


def _read_value_pages(particle_count: int, body: BodyReader) -> dict[int, bytes]:
    page_count = -(-particle_count // VALUES_A_PAGE)
    return {
        page: body.raw(_VALUE_BYTES * page_length(page, VALUES_A_PAGE, particle_count))
        for page in body.rising(body.count(), page_count)
    }
