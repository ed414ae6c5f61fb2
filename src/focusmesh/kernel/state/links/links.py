"""Links in the store: one record a source, changed by a block at a time.

``undo`` records of a block lead back to the rows before it; a row of a past height is its present one with the
records of all later blocks taken back. Cost grows with the rows that a block touches: 24 bytes read and written for
each of their links, 112 bytes hashed for each link of a touched page.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.errors import InputError
from focusmesh.kernel.state.key_space import ROW_PREFIX
from focusmesh.kernel.state.links.changes import apply_edits, weights_of
from focusmesh.kernel.state.links.history import UNDO
from focusmesh.kernel.state.links.row import Row
from focusmesh.kernel.state.particles import NOT_FOUND, Particles
from focusmesh.kernel.state.rows.merge import FIELDS, Names, Place, axon_starts, edit_rows
from focusmesh.kernel.state.rows.records import LINK, RowRecords

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import ByteArray, IndexArray, MassArray, OffsetArray
    from focusmesh.kernel.state.links.history import Past
    from focusmesh.kernel.state.rows.records import Links
    from focusmesh.kernel.state.store import Reader, Writer

LINK_KEY_BYTES = 128
"""source ‖ target ‖ relation (zeros for none) ‖ neuron."""
_RECORDS_AT_ONCE = 8_192


@dataclass(frozen=True)
class AxonArrays:
    """Axons by ids of their particles, every pair once, ordered by source id."""

    source: IndexArray
    target: IndexArray
    weight: MassArray


@dataclass(frozen=True)
class LinkArrays:
    """Links by ids, ordered by source id."""

    source: IndexArray
    links: Links


@dataclass(frozen=True)
class RowChanges:
    """What a block's links came to.

    ``entries`` are for the state tree: row key → value of 88 bytes, None where no link is left. ``axons`` are those
    whose weight changed, each pair once, with the weight that they have now (0: gone) and had. ``first_particle`` is
    the number of particles before; ids from there on are new. ``added`` counts the links that are more now, of all.
    ``undo`` takes the block's links back.
    """

    entries: dict[bytes, bytes | None]
    axons: AxonArrays
    weight_before: MassArray
    first_particle: int
    added: int
    undo: bytes


class LinkTable:
    """All links of a ledger, in whatever transaction it is handed. Not safe between threads."""

    def __init__(self, weight_unit: int) -> None:
        self.weight_unit = weight_unit
        self.particles = Particles("particle")
        self.relations = Particles("relation")
        self.neurons = Particles("neuron")

    def apply(
        self, writer: Writer, keys: Sequence[bytes], amounts: Sequence[int], height: int
    ) -> RowChanges:
        """Adds ``amounts`` to the links with these keys of 128 bytes, each once; a link at 0 is gone.

        Raises InputError where a link would go below 0 or to 2⁶³, before anything is written.
        """
        content = _matrix(keys)
        change = np.array(amounts, dtype=np.int64)
        content, change = content[change != 0], change[change != 0]
        if len(set(keys)) != len(keys):
            raise InputError("a link is changed once in a block: add its amounts up")
        first_particle = self.particles.count(writer)
        source, changed, order = self._intern(writer, content)
        source, changed, change = source[order], changed[order], change[order]
        changed["height"] = height
        row_source, row = np.unique(source, return_inverse=True)
        row_keys = _row_keys(row_source)
        records = RowRecords.unpack(writer.get_many("rows", row_keys))
        names = self.names(writer)
        place = Place.of(names, records.links, records.link_start, row, changed)
        before = _before(records.links, place)
        changed["amount"] = _add(before["amount"], change, content[order])
        live = edit_rows(records.links, records.link_start, place)
        after = apply_edits(names, records, live, self.weight_unit)
        _store(writer, row_keys, after.records)
        digests = self.particles.digests(writer)[row_source]
        return RowChanges(
            {
                ROW_PREFIX + digest.tobytes(): v
                for digest, v in zip(digests, after.values, strict=True)
            },
            AxonArrays(row_source[after.axon_row], after.axon_target, after.weight_now),
            after.weight_before,
            first_particle,
            len(live.links) - len(records.links),
            _undo(source, before),
        )

    def amounts(self, reader: Reader, keys: Sequence[bytes]) -> list[int]:
        """What is locked in the links with these keys of 128 bytes, 0 where there is none.

        O(k · log n + their rows): a block's keys together take a fraction of what they take one by one.
        """
        content = _matrix(keys)
        parts = enumerate(self._kinds())
        ids = np.stack(
            [kind.find(reader, content[:, 32 * at : 32 * at + 32]) for at, kind in parts]
        )
        known = np.flatnonzero((ids != NOT_FOUND).all(axis=0))
        amounts = np.zeros(len(keys), dtype=np.uint64)
        if len(known):
            row_source, row = np.unique(ids[0, known], return_inverse=True)
            records = RowRecords.unpack(reader.get_many("rows", _row_keys(row_source)))
            wanted = np.zeros(len(known), dtype=LINK)
            for field, column in zip(FIELDS, ids[1:, known], strict=True):
                wanted[field] = column
            place = Place.of(self.names(reader), records.links, records.link_start, row, wanted)
            amounts[known[place.found]] = records.links["amount"][place.at[place.found]]
        return amounts.tolist()

    def keys(self, reader: Reader, records: npt.NDArray[np.void]) -> list[bytes]:
        """The keys of links whose ids ``records`` have, 128 bytes each. O(links)."""
        fields = ("source", *FIELDS)
        parts = [
            kind.digests(reader)[records[field]]
            for kind, field in zip(self._kinds(), fields, strict=True)
        ]
        return [key.tobytes() for key in np.concatenate(parts, axis=1)]

    def has_particle(self, reader: Reader, digest: bytes) -> bool:
        """Whether a particle has an id. O(log n)."""
        found = self.particles.find(reader, np.frombuffer(digest, dtype=np.uint8).reshape(1, -1))
        return bool(found[0] != NOT_FOUND)

    def row(self, reader: Reader, source: bytes, past: Past | None = None) -> Row | None:
        """The links of a particle, now or as they were; None where it has none. O(log n + its links)."""
        particle = self.particles.find_one(reader, source)
        if particle is None:
            return None
        links = RowRecords.unpack([reader.get("rows", particle.to_bytes(4, "big"))]).links
        names = self.names(reader)
        if past is not None:
            links = past.row(names, particle, links)
        return Row.of(source, names, links, self.weight_unit) if len(links) else None

    def rows_before(self, reader: Reader, past: Past) -> Iterator[tuple[bytes, bytes]]:
        """Keys and records of the rows that were different, without pages. O(their links)."""
        names, sources = self.names(reader), past.sources()
        keys = _row_keys(sources)
        for key, source, record in zip(
            keys, sources.tolist(), reader.get_many("rows", keys), strict=True
        ):
            links = past.row(names, source, RowRecords.unpack([record]).links)
            yield key, RowRecords.of_one(links)

    def load_links(self, reader: Reader, past: Past | None = None) -> LinkArrays:
        """Every link, now or as it was. O(m), and O(log n) for every row that was different."""
        sources, links = [], []
        for source, records in _all_rows(reader):
            sources.append(np.repeat(source, np.diff(records.link_start)))
            links.append(records.links)
        found = LinkArrays(_join(sources, np.dtype(np.uint32)), _join(links, LINK))
        return found if past is None else self._as_it_was(reader, past, found)

    def load_axons(self, reader: Reader, past: Past | None = None) -> AxonArrays:
        """Every axon with its weight, now or as it was. O(m), and O(log n) for every row that was different."""
        found = self.load_links(reader, past)
        row_start = np.append(np.flatnonzero(np.diff(found.source, prepend=-1)), len(found.source))
        start = axon_starts(found.links, row_start)
        if not len(start):
            return AxonArrays(found.source, found.source, found.links["amount"])
        totals = np.add.reduceat(found.links["amount"], start)
        weights = weights_of(totals, self.weight_unit)
        return AxonArrays(found.source[start], found.links["target"][start], weights)

    def load_links_since(self, reader: Reader, past: Past, before: LinkArrays) -> LinkArrays:
        """Every link now, ``before`` being as it was, ``past`` what changed. O(m) to copy, and the changed rows."""
        other = past.sources()
        records = RowRecords.unpack(reader.get_many("rows", _row_keys(other)))
        return _exchange(before, other, np.diff(records.link_start), records.links)

    def _as_it_was(self, reader: Reader, past: Past, found: LinkArrays) -> LinkArrays:
        names, other = self.names(reader), past.sources()
        begin, end = (np.searchsorted(found.source, other, side) for side in ("left", "right"))
        rows = [
            past.row(names, source, found.links[first:stop])
            for source, first, stop in zip(
                other.tolist(), begin.tolist(), end.tolist(), strict=True
            )
        ]
        counts = np.array([len(row) for row in rows], dtype=np.int64)
        return _exchange(found, other, counts, _join(rows, LINK))

    def _kinds(self) -> tuple[Particles, ...]:
        return self.particles, self.particles, self.relations, self.neurons

    def names(self, reader: Reader) -> Names:
        """What ids of links stand for."""
        kinds = self._kinds()[1:]
        return Names(
            [kind.digests(reader) for kind in kinds], [kind.prefixes(reader) for kind in kinds]
        )

    def _intern(self, writer: Writer, content: ByteArray) -> tuple[IndexArray, Links, OffsetArray]:
        """Ids of keys' sources and links, and the order that ascends by source id, then key."""
        ends = self.particles.intern(writer, content[:, :64].reshape(-1, 32))
        changed = np.zeros(len(content), dtype=LINK)
        changed["target"] = ends[1::2]
        changed["relation"] = self.relations.intern(writer, content[:, 64:96])
        changed["neuron"] = self.neurons.intern(writer, content[:, 96:])
        source = ends[::2]
        by_source = content.copy()
        by_source[:, 28:32] = source.astype(">u4").view(np.uint8).reshape(-1, 4)
        order = np.argsort(np.ascontiguousarray(by_source[:, 28:]).view("S100").reshape(-1))
        return source, changed, order


def _exchange(
    found: LinkArrays, other: IndexArray, counts: OffsetArray, links: Links
) -> LinkArrays:
    """``found`` with other rows for the sources ``other``, which ascend, ``counts`` links each."""
    begin, end = (np.searchsorted(found.source, other, side) for side in ("left", "right"))
    stop = np.cumsum(counts)
    # What lies between two of these rows is copied in one piece.
    kept = pairwise([0, *np.column_stack((begin, end)).reshape(-1).tolist(), len(found.source)])
    new = zip((stop - counts).tolist(), stop.tolist(), strict=True)
    source = np.repeat(other, counts)
    sources, rows = [], []
    for (first, last), span in zip(islice(kept, 0, None, 2), [*new, None], strict=True):
        sources.append(found.source[first:last])
        rows.append(found.links[first:last])
        if span is not None:
            sources.append(source[slice(*span)])
            rows.append(links[slice(*span)])
    return LinkArrays(_join(sources, np.dtype(np.uint32)), _join(rows, LINK))


def _matrix(keys: Sequence[bytes]) -> ByteArray:
    return np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, LINK_KEY_BYTES)


def _before(rows: Links, place: Place) -> Links:
    """The changed links as they were, with an amount and height of 0 where they were not."""
    before = place.link.copy()
    for field in ("amount", "height"):
        before[field] = 0
        before[field][place.found] = rows[field][place.at[place.found]]
    return before


def _add(before: MassArray, change: OffsetArray, content: ByteArray) -> MassArray:
    amounts = before.astype(np.int64) + change
    low = np.flatnonzero(amounts < 0)
    if len(low):
        key = content[low[0]].tobytes().hex()
        raise InputError(f"link {key} has {before[low[0]]}, it cannot change by {change[low[0]]}")
    return amounts.astype(np.uint64)


def _undo(source: IndexArray, before: Links) -> bytes:
    records = np.empty(len(before), dtype=UNDO)
    records["source"] = source
    for name in LINK.names or ():
        records[name] = before[name]
    return records.tobytes()


def _store(writer: Writer, keys: list[bytes], records: list[bytes | None]) -> None:
    pairs = list(zip(keys, records, strict=True))
    writer.put_many("rows", [(key, record) for key, record in pairs if record is not None])
    writer.delete_many("rows", [key for key, record in pairs if record is None])


def _row_keys(particles: IndexArray) -> list[bytes]:
    content = particles.astype(">u4").tobytes()
    return [content[at : at + 4] for at in range(0, len(content), 4)]


def _all_rows(reader: Reader) -> Iterator[tuple[IndexArray, RowRecords]]:
    """Rows by ascending id, some thousands at a time."""
    pairs = reader.scan("rows")
    while some := list(islice(pairs, _RECORDS_AT_ONCE)):
        ids = np.frombuffer(b"".join([key for key, _ in some]), dtype=">u4").astype(np.uint32)
        yield ids, RowRecords.unpack([record for _, record in some])


def _join(parts: list[npt.NDArray[Any]], kind: np.dtype[Any]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)
