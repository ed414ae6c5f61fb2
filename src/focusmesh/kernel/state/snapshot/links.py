"""Links as they stand in a page of a snapshot, and back into the rows of a store.

A page names particles by their rank in the committed order, and has the relations and neurons that it needs in lists of
its own. Its columns are written byte by byte across all links, the high bytes first: so they compress best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from focusmesh.errors import ProofError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.state.links.changes import apply_edits
from focusmesh.kernel.state.rows.merge import Place, edit_rows
from focusmesh.kernel.state.rows.records import LINK, RowRecords

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.support.arrays import BoolArray, ByteArray, IndexArray, OffsetArray
    from focusmesh.kernel.state.links.links import LinkTable
    from focusmesh.kernel.state.rows.records import Links
    from focusmesh.kernel.state.snapshot.page_reader import PageReader
    from focusmesh.kernel.state.store import Reader, Writer

_HEIGHT_MAX = 2**32 - 1


class LinkColumns(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Rows by the ranks of their sources, how many links each has, and the links' columns."""

    sources: bytes
    counts: bytes
    targets: bytes
    relations: bytes
    relation: bytes
    neurons: bytes
    neuron: bytes
    heights: bytes
    amounts: bytes

    @classmethod
    def read(cls, reader: PageReader) -> LinkColumns:
        """Those of a page. Raises CodecError."""
        reader.array(len(cls.__struct_fields__))
        return cls(*(reader.string() for _ in cls.__struct_fields__))


@dataclass(frozen=True)
class PageLinks:
    """Links with ids of a store's own relations and neurons, or of a page's: which, who holds them knows.

    ``source`` has the rank of each row, ascending; ``count`` how many of the ``links`` it has, in the order of keys.
    """

    source: IndexArray
    count: OffsetArray
    links: Links


def packed_links(
    reader: Reader, table: LinkTable, ranks: IndexArray, found: PageLinks
) -> LinkColumns:
    """Links with a store's ids, sources too, as columns. O(links)."""
    relations, relation = _list_digests(found.links["relation"], table.relations.digests(reader))
    neurons, neuron = _list_digests(found.links["neuron"], table.neurons.digests(reader))
    return LinkColumns(
        _planes(found.source, ">u4"),
        _planes(found.count, ">u4"),
        _planes(ranks[found.links["target"]], ">u4"),
        relations,
        _planes(relation, ">u4"),
        neurons,
        _planes(neuron, ">u4"),
        _planes(found.links["height"], ">u4"),
        _planes(found.links["amount"], ">u8"),
    )


def unpacked_links(
    writer: Writer, table: LinkTable, ids: IndexArray, columns: LinkColumns
) -> PageLinks:
    """Links of a page with the ids that they have in the store of ``writer``; new names get ids there.

    ``ids`` are those of particles by their ranks. Raises ProofError ("snapshot-page") for columns that do not fit
    together, or rows and links out of order.
    """
    source, count = _numbers(columns.sources, ">u4"), _numbers(columns.counts, ">u4")
    parts = {name: _numbers(getattr(columns, name), ">u4") for name in ("targets", "heights")}
    named = {
        "relation": (_digests(columns.relations), _numbers(columns.relation, ">u4")),
        "neuron": (_digests(columns.neurons), _numbers(columns.neuron, ">u4")),
    }
    amounts = _numbers(columns.amounts, ">u8")
    whole = len(amounts)
    lengths = {len(part) for part in (*parts.values(), *(of for _, of in named.values()))}
    _require(lengths <= {whole} and len(source) == len(count), "columns of other lengths")
    _require(bool((count > 0).all()) and int(count.sum()) == whole, "rows without their links")
    _require(bool((amounts > 0).all() and (amounts < 2**63).all()), "amounts that are none")
    for part in (source, parts["targets"]):
        _require(not len(part) or int(part.max()) < len(ids), "particles that there are not")
    for digests, of in named.values():
        # One that nothing names would get an id here for good.
        is_used = np.array_equal(np.unique(of), np.arange(len(digests)))
        _require(is_used, "names that it has not, or does not use")
    row = np.repeat(np.arange(len(source)), count)
    _require(_ascend(source), "rows out of order")
    order = (row, parts["targets"], named["relation"][1], named["neuron"][1])
    _require(_ascend(*order), "links out of order")
    links = np.empty(whole, dtype=LINK)
    links["target"] = ids[parts["targets"]]
    links["height"], links["amount"] = parts["heights"], amounts
    for field, (digests, of) in named.items():
        _require(_ascend(*digests.T), "names out of order")
        kind = table.relations if field == "relation" else table.neurons
        links[field] = kind.intern(writer, digests)[of]
    return PageLinks(source, count.astype(np.int64), links)


def put_links(
    writer: Writer, table: LinkTable, ids: IndexArray, page: PageLinks
) -> list[tuple[int, bytes]]:
    """Adds links that are not there to the rows of a store; the row of each source, by rank, and its value now.

    Raises ProofError ("snapshot-page") where one of them is there. O(links of the rows).
    """
    keys = [int(one).to_bytes(4, "big") for one in ids[page.source]]
    records = RowRecords.unpack(writer.get_many("rows", keys))
    names = table.names(writer)
    row = np.repeat(np.arange(len(page.count)), page.count)
    place = Place.of(names, records.links, records.link_start, row, page.links)
    _require(not place.found.any(), "links that are there already")
    live = edit_rows(records.links, records.link_start, place)
    after = apply_edits(names, records, live, table.weight_unit)
    made = zip(keys, after.records, strict=True)
    writer.put_many("rows", sorted((key, record) for key, record in made if record is not None))
    values = [value for value in after.values if value is not None]
    return list(zip(page.source.tolist(), values, strict=True))


def _list_digests(ids: IndexArray, digests: ByteArray) -> tuple[bytes, IndexArray]:
    """The digests of ids, each once, ascending, and the place of each id among them."""
    there, place = np.unique(ids, return_inverse=True)
    names = np.ascontiguousarray(digests[there])
    order = np.lexsort(names.T[::-1])
    rank = np.empty(len(order), dtype=np.uint32)
    rank[order] = np.arange(len(order))
    return names[order].tobytes(), rank[place]


def _planes(numbers: npt.NDArray[Any], kind: str) -> bytes:
    """Numbers as bytes: the highest of all, then the next."""
    rows = numbers.astype(kind).view(np.uint8).reshape(len(numbers), np.dtype(kind).itemsize)
    return np.ascontiguousarray(rows.T).tobytes()


def _numbers(planes: bytes, kind: str) -> npt.NDArray[Any]:
    size = np.dtype(kind).itemsize
    _require(not len(planes) % size, "columns that are cut")
    rows = np.frombuffer(planes, dtype=np.uint8).reshape(size, -1)
    return np.ascontiguousarray(rows.T).view(kind).reshape(-1).astype(kind[1:])


def _digests(data: bytes) -> ByteArray:
    _require(not len(data) % DIGEST_BYTES, "names that are cut")
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, DIGEST_BYTES)


def _ascend(*columns: npt.NDArray[Any]) -> bool:
    """Whether each row of columns is greater than the one before it."""
    greater: BoolArray = np.zeros(max(len(columns[0]) - 1, 0), dtype=np.bool_)
    same = ~greater
    for column in columns:
        greater |= same & (column[1:] > column[:-1])
        same &= column[1:] == column[:-1]
    return bool(greater.all())


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ProofError("snapshot-page", f"a page of the state has {what}")
