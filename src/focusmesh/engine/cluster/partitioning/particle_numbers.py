"""Phases "names" and "order": names of all blocks become particles, and particles positions in solver order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.cluster.partitioning.blocks import (
    READ,
    SpeltNames,
    digests_of,
    names_sections,
    names_within,
)
from focusmesh.engine.cluster.partitioning.report import RowReport, read_report
from focusmesh.engine.focus import digest_order
from focusmesh.engine.links import falling_order
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS
from focusmesh.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.cluster.partitioning.job import PartitionJob
    from focusmesh.engine.support.arrays import IndexArray, OffsetArray

NAMES, ORDER = "names", "order"
PARTICLES_MAX = 2**32 - 2
_HALF = 32


def number_names(job: PartitionJob, bucket: int) -> None:
    """The names of one bucket, each once, in the order in which they first appear; which one every block means.

    Kept: the names, ``first`` (block · 2³² + place there), ``rank`` by digest, the digests in their order, counts of
    links, and for each block (from ``blocks[b]`` on) which name each of its entries is.
    """
    found = [_entries(job, block, bucket) for block in range(job.blocks)]
    names = _join([names for names, *_ in found])
    first = np.concatenate([first for _, first, *_ in found])
    # Equal names come block by block, so the one that is met first is the first that appeared.
    which, at = _distinct(names)
    order = np.argsort(first[at])
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    kept = at[order]
    chosen = names.take(kept) if isinstance(names, SpeltNames) else names[kept]
    digests = digests_of(chosen)
    by_digest = digest_order(digests)
    rank = np.empty_like(by_digest)
    rank[by_digest] = np.arange(len(rank), dtype=np.uint32)
    inverse = place[which]
    sections: dict[str, npt.NDArray[Any]] = {
        "first": first[kept],
        "rank": rank,
        "digests": digests[by_digest],
        "inverse": inverse.astype(np.uint32),
        "blocks": np.cumsum([0, *(len(first) for _, first, *_ in found)]).astype(np.int64),
    }
    for side, column in (("links.out", 2), ("links.in", 3)):
        counts = np.concatenate([each[column] for each in found])
        total = np.bincount(inverse, weights=counts, minlength=len(kept))
        sections[side] = total.astype(np.int64)
    job.keep(NAMES, bucket, sections | names_sections(chosen))


def order_particles(job: PartitionJob, number: int = 0) -> None:
    """Every particle's index (by first appearance) and solver position (by falling out-degree).

    Kept: ``position`` by bucket and place in it (those of bucket b from ``buckets[b]`` on), and by position ``entry``
    (the inverse), ``particle`` (the index) and ``rank`` by digest; where the ranges of targets and of sources are cut;
    ``digest`` of all; the ``report`` on rows. Memory: 40 bytes a particle.
    """
    buckets = [job.open(NAMES, bucket) for bucket in range(job.buckets)]
    base = np.cumsum([0, *(len(bucket["first"]) for bucket in buckets)]).astype(np.int64)
    count = int(base[-1])
    if count > PARTICLES_MAX:
        raise InputError(f"{count} particles; a graph holds at most {PARTICLES_MAX}")
    report = read_report(job)
    links = report.links
    compiled = links >= COMPILED_FROM_LINKS
    index = _indices(buckets, base, job.blocks)
    out_links = _by_index(buckets, index, "links.out")
    order = falling_order(out_links, compiled=compiled)
    out_ends = np.cumsum(out_links[order])
    in_ends = np.cumsum(_by_index(buckets, index, "links.in")[order])
    del out_links
    positions = np.empty(count, dtype=np.uint32)
    positions[order] = np.arange(count, dtype=np.uint32)
    by_entry: IndexArray = positions[index]
    del positions, index
    entry = np.empty(count, dtype=np.uint32)
    entry[by_entry] = np.arange(count, dtype=np.uint32)
    rank = np.empty(count, dtype=np.uint32)
    for bucket, low in zip(buckets, base.tolist(), strict=False):
        rank[by_entry[low : low + len(bucket["rank"])]] = bucket["rank"] + np.uint32(low)
    job.keep(
        ORDER,
        number,
        {
            "counts": np.array([count, links, compiled], dtype=np.int64),
            "buckets": base,
            "position": by_entry,
            "entry": entry,
            "particle": order,
            "rank": rank,
            "targets": _cuts(in_ends, job.ranges),
            "sources": _cuts(out_ends, job.ranges),
            "digest": _digest_of_all(buckets),
            "report": np.frombuffer(report.to_bytes(), dtype=np.uint8),
        },
    )


def _entries(
    job: PartitionJob, block: int, bucket: int
) -> tuple[Any, OffsetArray, IndexArray, IndexArray]:
    """Of one block the names of the bucket, where they appear first, and their links."""
    sections = job.open(READ, block)
    low, high = sections["buckets"][bucket : bucket + 2].tolist()
    first = sections["first"][low:high] + (block << _HALF)
    out, into = (sections[side][low:high] for side in ("links.out", "links.in"))
    return names_within(sections, low, high), first, out, into


def _join(parts: list[Any]) -> npt.NDArray[np.int64] | SpeltNames:
    if not isinstance(parts[0], SpeltNames):
        return np.concatenate(parts)
    return SpeltNames.join(parts)


def _distinct(names: npt.NDArray[np.int64] | SpeltNames) -> tuple[OffsetArray, OffsetArray]:
    """Which distinct name each is, and where each distinct one is met first."""
    if not isinstance(names, SpeltNames):
        _, at, which = np.unique(names, return_index=True, return_inverse=True)
        return which, at
    words = np.ascontiguousarray(digests_of(names)).view(">u8").astype(np.uint64)
    order = np.argsort(words[:, 0], kind="stable")
    if _collides(words[order]):
        order = np.lexsort(words.T[::-1])
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = np.any(words[order[1:]] != words[order[:-1]], axis=1)
    which = np.empty(len(order), dtype=np.int64)
    which[order] = np.cumsum(fresh) - 1
    return which, order[fresh]


def _collides(words: npt.NDArray[np.uint64]) -> bool:
    """Whether two digests agree in their first eight bytes only."""
    same = words[1:, 0] == words[:-1, 0]
    return bool(np.any(same & np.any(words[1:] != words[:-1], axis=1)))


def _indices(buckets: list[dict[str, Any]], base: OffsetArray, blocks: int) -> IndexArray:
    """The index of every particle, bucket after bucket: particles of a block are numbered in its order."""
    index = np.empty(int(base[-1]), dtype=np.uint32)
    marks = np.arange(blocks + 1, dtype=np.int64) << _HALF
    cuts = [np.searchsorted(bucket["first"], marks) for bucket in buckets]
    numbered = 0
    for block in range(blocks):
        spans = [cut[block : block + 2].tolist() for cut in cuts]
        pairs = list(zip(buckets, spans, strict=True))
        first = np.concatenate([bucket["first"][low:high] for bucket, (low, high) in pairs])
        order = np.argsort(first)
        place = np.empty(len(order), dtype=np.uint32)
        place[order] = np.arange(numbered, numbered + len(order), dtype=np.uint32)
        done = 0
        for begin, (low, high) in zip(base.tolist(), spans, strict=False):
            index[begin + low : begin + high] = place[done : done + high - low]
            done += high - low
        numbered += done
    return index


def _by_index(buckets: list[dict[str, Any]], index: IndexArray, name: str) -> OffsetArray:
    counts = np.empty(len(index), dtype=np.int64)
    counts[index] = np.concatenate([bucket[name] for bucket in buckets])
    return counts


def _cuts(ends: OffsetArray, ranges: int) -> OffsetArray:
    """Where ranges of positions begin that have about equally many links, and n."""
    total = int(ends[-1]) if len(ends) else 0
    marks = [total * at // ranges for at in range(1, ranges)]
    inner = np.minimum(np.searchsorted(ends, marks) + 1, len(ends))
    return np.concatenate(([0], inner, [len(ends)])).astype(np.int64)


def _digest_of_all(buckets: list[dict[str, Any]]) -> npt.NDArray[np.uint8]:
    """BLAKE3 of all digests in their order: buckets hold ranges of them."""
    import blake3

    hasher = blake3.blake3(max_threads=blake3.blake3.AUTO)
    for bucket in buckets:
        hasher.update(np.ascontiguousarray(bucket["digests"]).data)
    return np.frombuffer(hasher.digest(), dtype=np.uint8)


def row_report(job: PartitionJob) -> RowReport:
    """What reading the tables came to, once particles are in order."""
    return RowReport.from_bytes(job.open(ORDER)["report"].tobytes())
