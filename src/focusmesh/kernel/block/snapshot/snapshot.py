"""Snapshots of a chain's state: pages of one moment of its store, for whoever begins there instead of at the genesis.

The same state gives the same pages on every node, whatever order links came in. Blocks can be made meanwhile: a moment
of the store stays as it is, but for contents that were forgotten since.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import BlockError, ProofError
from focusmesh.kernel.block.records import read_header, read_vector
from focusmesh.kernel.block.snapshot.manifest import (
    MANIFEST_BYTES_MAX,
    PARTICLES_AT_ONCE,
    VALUES_AT_ONCE,
    LongRow,
    Manifest,
    ManifestPages,
    encode_parts,
)
from focusmesh.kernel.focus import particles_of, values_of
from focusmesh.kernel.state import (
    AUTHORS,
    LONG_ROW_LINKS,
    ROW_PREFIX,
    LeafTable,
    LinkTable,
    PageMaker,
    cut,
    encode_cut,
    encode_proof,
    entries_of,
    pack,
    subtree,
)

if TYPE_CHECKING:
    from typing import Self

    from focusmesh.engine.support.arrays import ByteArray, IndexArray, MassArray
    from focusmesh.kernel.block.chain.chain import Chain
    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.state import PageLinks, PageReader, Span, StateView

CONTENTS_AT_ONCE = 1_000_000
"""Bytes of contents in a page, before they are compressed."""
CONTENT_BYTES_MAX = 1 << 19
"""What is larger is in no page: it is asked for by its digest."""


class ContentsPage(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Contents in the order of their digests; null for one that is not there."""

    contents: tuple[bytes | None, ...]

    @classmethod
    def read(cls, count: int, reader: PageReader) -> ContentsPage:
        """A page of so many. Raises CodecError."""
        reader.array(len(cls.__struct_fields__))
        return cls(tuple(reader.string_or_null() for _ in range(reader.array(count))))


class Snapshots:
    """The snapshot of the last block with a focus of its own, to serve while others are made.

    It holds a moment of the store until ``close``: what blocks replace meanwhile takes room until then. Not for several
    threads at once.
    """

    def __init__(self, chain: Chain, height: int | None = None) -> None:
        """``height`` is that of an earlier block with a focus of its own.

        Raises BlockError ("height") where it has none, or is before the history window: particles that came since the
        focus have no root. Raises BlockError ("too-large") for a state of more than some 30,000 pages. O(n): every leaf
        is read once, and about 100 bytes of memory taken for it; 40 for each particle are kept.
        """
        if height is None:
            certificate = chain.tip.focus_certificate
            height = chain.height if certificate is None else certificate.height
        with ExitStack() as opening:
            view = opening.enter_context(chain.state.at(height))
            if not has_own_focus(chain.header(height)) and view.sizes()[0]:
                raise BlockError("height", f"block {height} has particles and no focus of its own")
            self._begin(chain, view)
            self._opened = opening.pop_all()

    def _begin(self, chain: Chain, view: StateView) -> None:
        self.height = view.height
        self.header = read_header(view.reader, view.height)
        self._view = view
        # Its own: the chain's is in use while blocks are made.
        records = view.records()
        table = LinkTable(chain.parameters.weight_unit)
        self._maker = PageMaker(records, table, view.sizes()[0])
        self._vector = read_vector(view.reader, self.height, self._maker.digests, chain.parameters)
        leaves = LeafTable.read(records)
        self._digests = self._maker.digests[self._maker.order]
        rows, self._spans = self._long_rows(leaves.long)
        manifest = Manifest(
            version=1,
            header=self.header.encode(),
            particles=b"".join(particles_of(part).root for part in _parts(self._digests)),
            values=b"".join(values_of(part).root for part in _values(self._vector)),
            state=encode_cut(leaves.cut()),
            rows=tuple(rows),
        )
        self.manifest = manifest.encode()
        if len(self.manifest) > MANIFEST_BYTES_MAX:
            raise BlockError(
                "too-large", f"a snapshot of block {self.height} has too many pages to be served"
            )
        self._pages = ManifestPages(manifest, self.header)
        self._contents = content_pages(leaves.claims)

    @property
    def particle_ids(self) -> IndexArray:
        """The store's own ids of particles, by their ranks."""
        return self._maker.order

    def __len__(self) -> int:
        """How many pages there are."""
        return self._pages.first_content + len(self._contents)

    def page(self, number: int) -> bytes:
        """A page, less than 1 MiB. Raises ProofError ("snapshot-page") where there is no such page."""
        pages = self._pages
        if not 0 <= number < len(self):
            raise ProofError("snapshot-page", f"there is no page {number} among {len(self)}")
        if number < pages.first_value:
            return _parts(self._digests)[number].tobytes()
        if number < pages.first_leaves:
            return _values(self._vector)[number - pages.first_value].astype("<u8").tobytes()
        if number < pages.first_part:
            return self._maker.leaves(pages.leaves[number - pages.first_leaves])
        if number < pages.first_content:
            source, span = self._spans[number - pages.first_part]
            return self._maker.part(self._maker.row(source, (span.first, span.stop)))
        names = self._contents[number - pages.first_content]
        return pack(ContentsPage(tuple(self._view.reader.get_many("contents", names))))

    def close(self) -> None:
        """Lets the moment of the store go. Closing again does nothing."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _long_rows(
        self, long: list[tuple[bytes, bytes]]
    ) -> tuple[list[LongRow], list[tuple[bytes, Span]]]:
        rows, spans = [], []
        for source, value in long:
            links = self._maker.row(source)
            found = _cut_row(self._maker.keys(links))
            entries = row_entries(self._maker, links)
            width = AUTHORS.entry_bytes
            nodes = [
                (
                    span.depth,
                    subtree(AUTHORS, entries[span.first * width : span.stop * width], span.depth),
                )
                for span in found
            ]
            proof = encode_proof(self._view.tree.prove(ROW_PREFIX + source))
            rows.append(LongRow(source, value, proof, encode_parts(nodes)))
            spans += [(source, span) for span in found if span.stop > span.first]
        return rows, spans


def has_own_focus(header: Header) -> bool:
    """Whether all particles there are at this block are under its roots."""
    certificate = header.focus_certificate
    return certificate is not None and certificate.height == header.height


def content_pages(claims: list[tuple[bytes, int]]) -> list[list[bytes]]:
    """The digests of each page of contents, from all claims (digest, size), ascending. O(claims)."""
    pages: list[list[bytes]] = []
    room = 0
    for name, size in claims:
        if size > CONTENT_BYTES_MAX:
            continue
        if size + len(name) > room or not pages:
            pages.append([])
            room = CONTENTS_AT_ONCE
        pages[-1].append(name)
        room -= size + len(name)
    return pages


def row_entries(maker: PageMaker, links: PageLinks) -> bytes:
    """The entries of an authors tree for these links."""
    return entries_of(maker.keys(links), links.links["amount"], links.links["height"])


def _cut_row(keys: ByteArray) -> list[Span]:
    def middle(first: int, stop: int, depth: int, _: int) -> int:
        bits = keys[first:stop, depth // 8] >> (7 - depth % 8) & 1
        return first + int((bits == 0).sum())

    return cut(
        len(keys),
        lambda first, stop: stop - first <= LONG_ROW_LINKS,
        middle,
        8 * AUTHORS.key_bytes,
    )


def _parts(digests: ByteArray) -> list[ByteArray]:
    return [
        digests[at : at + PARTICLES_AT_ONCE] for at in range(0, len(digests), PARTICLES_AT_ONCE)
    ]


def _values(vector: MassArray) -> list[MassArray]:
    return [vector[at : at + VALUES_AT_ONCE] for at in range(0, len(vector), VALUES_AT_ONCE)]
