"""Phase "read": a block of rows becomes codes of names, the names in buckets, and the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.cluster.parts.part_names import gather_runs
from focusmesh.engine.focus import name_digests, spelt_digests
from focusmesh.engine.links import Names

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from focusmesh.engine.cluster.partitioning.job import PartitionJob
    from focusmesh.engine.support.arrays import ByteArray, FloatArray, IndexArray, OffsetArray

READ = "read"
TEXT = ord("s")
"""The letter that text is spelt with, as for its digest; integers have an i."""


@dataclass(frozen=True)
class SpeltNames:
    """Names as bytes, a letter for their type first: name i is ``blob[ends[i − 1] : ends[i]]``."""

    blob: ByteArray
    ends: OffsetArray

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def lengths(self) -> OffsetArray:
        """Bytes of each name."""
        return np.diff(self.ends, prepend=0)

    @property
    def starts(self) -> OffsetArray:
        """Where each name begins."""
        return self.ends - self.lengths

    def take(self, which: npt.NDArray[Any]) -> SpeltNames:
        """The names at these places."""
        return SpeltNames(*gather_runs(self.blob, self.starts[which], self.lengths[which]))

    @classmethod
    def join(cls, parts: Sequence[SpeltNames]) -> SpeltNames:
        """The names of several, one after the other."""
        shifts = np.cumsum([0, *(len(part.blob) for part in parts)])
        ends = [part.ends + shift for part, shift in zip(parts, shifts[:-1], strict=True)]
        return cls(np.concatenate([part.blob for part in parts]), np.concatenate(ends))

    def names(self) -> Names:
        """What is spelt: text, or integers and text."""
        letters = self.blob[self.starts]
        if np.all(letters == TEXT):
            return Names.text(*gather_runs(self.blob, self.starts + 1, self.lengths - 1))
        raw, spans = self.blob.tobytes(), zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        spelt = [raw[start:end] for start, end in spans]
        return Names.of(name[1:].decode() if name[0] == TEXT else int(name[1:]) for name in spelt)


@dataclass(frozen=True)
class RowBlock:
    """The good rows of a block: ``source`` and ``target`` index ``names``, of which some may be of bad rows alone.

    ``names`` are int64, or spelt; each once. ``weight`` is finite and ≥ 0, None where all are 1. ``rows`` counts the
    bad ones too; ``bad`` is JSON, row (from 1) and reason of the first hundred of ``bad_count``, in table ``table``.
    """

    source: IndexArray
    target: IndexArray
    weight: FloatArray | None
    names: npt.NDArray[np.int64] | SpeltNames
    rows: int
    bad_count: int
    bad: bytes
    table: int


def keep_block(job: PartitionJob, number: int, block: RowBlock) -> None:
    """Keeps a block: its names in the order of their buckets, with where each appears first and its links."""
    ends = np.stack((block.source, block.target), axis=1).reshape(-1).astype(np.int64)
    first = np.full(len(block.names), -1, dtype=np.int64)
    # Assigned from the last to the first, so that the first remains.
    first[ends[::-1]] = np.arange(len(ends))[::-1]
    used = np.flatnonzero(first >= 0)
    names = block.names.take(used) if isinstance(block.names, SpeltNames) else block.names[used]
    bucket = _buckets(names, job.buckets)
    order = np.argsort(bucket, kind="stable")
    code = np.empty(len(block.names), dtype=np.uint32)
    code[used[order]] = np.arange(len(used), dtype=np.uint32)
    source, target = code[block.source], code[block.target]
    kept = source != target if block.weight is None else (source != target) & (block.weight > 0)
    sections: dict[str, npt.NDArray[Any]] = {
        "counts": np.array([len(source), block.rows, block.bad_count, block.table], dtype=np.int64),
        "bad": np.frombuffer(block.bad, dtype=np.uint8),
        "source": source,
        "target": target,
        "first": first[used[order]],
        "links.out": np.bincount(source[kept], minlength=len(used)).astype(np.uint32),
        "links.in": np.bincount(target[kept], minlength=len(used)).astype(np.uint32),
        "buckets": np.searchsorted(bucket[order], np.arange(job.buckets + 1)).astype(np.int64),
    }
    if block.weight is not None:
        sections["weight"] = block.weight
    job.keep(READ, number, sections | names_sections(_reorder(names, order)))


def names_sections(names: npt.NDArray[np.int64] | SpeltNames) -> dict[str, npt.NDArray[Any]]:
    """Names as sections of a file."""
    if isinstance(names, SpeltNames):
        return {"names.blob": names.blob, "names.ends": names.ends}
    return {"names": names}


def names_within(
    sections: dict[str, npt.NDArray[Any]], low: int, high: int
) -> npt.NDArray[np.int64] | SpeltNames:
    """Names low … high − 1 of such sections."""
    if "names" in sections:
        return sections["names"][low:high]
    ends = sections["names.ends"]
    begin = int(ends[low - 1]) if low else 0
    stop = int(ends[high - 1]) if high else 0
    return SpeltNames(sections["names.blob"][begin:stop], ends[low:high] - begin)


def digests_of(names: npt.NDArray[np.int64] | SpeltNames) -> ByteArray:
    """Their digests, uint8 (n, 32)."""
    if isinstance(names, SpeltNames):
        return spelt_digests(names.blob, names.starts, names.lengths)
    return name_digests(Names.integers(names))


def _buckets(names: npt.NDArray[np.int64] | SpeltNames, count: int) -> npt.NDArray[np.uint16]:
    """The bucket of each name: buckets hold ranges of digests, in their order."""
    digests = np.ascontiguousarray(digests_of(names)[:, :4]).view(">u4")[:, 0].astype(np.uint64)
    bucket: npt.NDArray[np.uint16] = (digests * np.uint64(count) >> np.uint64(32)).astype(np.uint16)
    return bucket


def _reorder(
    names: npt.NDArray[np.int64] | SpeltNames, order: OffsetArray
) -> npt.NDArray[np.int64] | SpeltNames:
    return names.take(order) if isinstance(names, SpeltNames) else names[order]
