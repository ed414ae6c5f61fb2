"""Phases "foreign" and "parts": what each part reads, and its file, written range by range."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.cluster.partitioning.blocks import SpeltNames, names_within
from focusmesh.engine.cluster.partitioning.bounds import BOUNDS, row_slices, whole_of
from focusmesh.engine.cluster.partitioning.merge import IN, OUT
from focusmesh.engine.cluster.partitioning.particle_numbers import NAMES, ORDER
from focusmesh.engine.cluster.parts.cut import Localizer, sends, slice_start
from focusmesh.engine.cluster.parts.manifest import (
    Manifest,
    PartFile,
    drop_others,
    part_name,
    write_manifest,
)
from focusmesh.engine.cluster.parts.part import READ_INWARD, READ_OUTWARD, Part
from focusmesh.engine.cluster.parts.part_file import PART, file_digest, part_sections
from focusmesh.engine.links import Names, SectionStream, write_sections

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from focusmesh.engine.cluster.partitioning.job import PartitionJob
    from focusmesh.engine.support.arrays import IndexArray

FOREIGN, PARTS = "foreign", "parts"
_NONE = np.empty(0, dtype=np.uint32)
_TO_TYPE = {"float32": "<f4", "float64": "<f8"}


def read_foreign(job: PartitionJob, rank: int) -> None:
    """The foreign positions that the rows of one part read, and from which side."""
    whole, _ = whole_of(job)
    bounds, span = job.open(BOUNDS), whole.bounds[rank : rank + 2]
    localizer = Localizer((span[0], span[1]), whole.particles)
    for phase, start, side in ((IN, "in.start", READ_INWARD), (OUT, "out.start", READ_OUTWARD)):
        for piece, entries in row_slices(job, phase, (span[0], span[1]), bounds[start]):
            localizer.mark(piece["column"][entries], side)
    positions, side_of = localizer.foreign()
    job.keep(FOREIGN, rank, {"foreign": positions, "side": side_of})


def make_part(job: PartitionJob, rank: int) -> None:
    """Writes the file of one part; kept is its line of the manifest."""
    whole, weights = whole_of(job)
    bounds, order = job.open(BOUNDS), job.open(ORDER)
    span = whole.bounds[rank], whole.bounds[rank + 1]
    own = slice(*span)
    foreigns = [job.open(FOREIGN, other)["foreign"] for other in range(job.parts)]
    foreign = foreigns[rank]
    send, send_start, hubs = sends(span, foreigns, job.parts)
    held = np.concatenate((np.arange(*span, dtype=np.int64), foreign))
    weighted: Any = None if weights == "none" else np.empty(0, _TO_TYPE[weights])
    part = Part(
        rank=rank,
        whole=whole,
        in_start=slice_start(bounds["in.start"], span),
        in_column=_NONE,
        in_weight=weighted,
        out_start=slice_start(bounds["out.start"], span),
        out_column=_NONE,
        out_weight=weighted,
        out_total=bounds["out_total"][held],
        degree_total=bounds["degree_total"][held],
        foreign=foreign,
        foreign_side=job.open(FOREIGN, rank)["side"],
        send=send,
        send_start=send_start,
        hubs=hubs,
        particle=order["particle"][own],
        digest_rank=order["rank"][own],
        names=_names(job, order, own),
    )
    sections = part_sections(part)
    columns = _Columns(job, span, foreign, whole.particles)
    for side, phase in (("in", IN), ("out", OUT)):
        sections[f"{side}.column"] = SectionStream("<u4", columns.local(phase, side))
        if weighted is not None:
            stream = columns.weights(phase, side)
            sections[f"{side}.weight"] = SectionStream(_TO_TYPE[weights], stream)
    path = Path(job.output) / part_name(rank)
    write_sections(path, PART, sections)
    _keep_line(job, path, part)


def line_of(job: PartitionJob, rank: int) -> PartFile:
    """The line of the manifest for a part that was written."""
    record = json.loads(job.open(PARTS, rank)["line"].tobytes())
    return PartFile(**record | {"digest": bytes.fromhex(record["digest"])})


def whole_manifest(job: PartitionJob) -> Manifest:
    """Writes the manifest of all parts."""
    whole, weights = whole_of(job)
    manifest = Manifest(whole, weights, tuple(line_of(job, rank) for rank in range(job.parts)))
    write_manifest(job.output, manifest)
    drop_others(job.output, manifest)
    return manifest


class _Columns:
    """Columns and weights of the rows of one part, piece by piece."""

    def __init__(
        self, job: PartitionJob, span: tuple[int, int], foreign: IndexArray, count: int
    ) -> None:
        self._job, self._span, self._foreign = job, span, foreign
        self._localizer = Localizer(span, count)
        self._bounds = job.open(BOUNDS)

    def local(self, phase: str, side: str) -> Iterator[IndexArray]:
        for piece, entries in self._slices(phase, side):
            yield self._localizer.localize(piece["column"][entries], self._foreign)

    def weights(self, phase: str, side: str) -> Iterator[npt.NDArray[Any]]:
        for piece, entries in self._slices(phase, side):
            if "weight" in piece:
                yield piece["weight"][entries]
            else:
                yield np.ones(entries.stop - entries.start)

    def _slices(self, phase: str, side: str) -> Iterator[tuple[dict[str, Any], slice]]:
        return row_slices(self._job, phase, self._span, self._bounds[f"{side}.start"])


def _keep_line(job: PartitionJob, path: Path, part: Part) -> None:
    line = {
        "name": path.name,
        "size": path.stat().st_size,
        "digest": file_digest(path).hex(),
        "in_links": int(part.in_start[-1]),
        "out_links": int(part.out_start[-1]),
        "foreign": part.foreign_count,
        "sent": len(part.send),
    }
    packed = json.dumps(line, sort_keys=True).encode()
    job.keep(PARTS, part.rank, {"line": np.frombuffer(packed, dtype=np.uint8)})


def _names(job: PartitionJob, order: dict[str, Any], own: slice) -> Names:
    """The names of own particles, from the buckets in which they lie."""
    entries = order["entry"][own].astype(np.int64)
    if not len(entries):
        return Names.texts([])
    by_entry = np.argsort(entries)
    rising = entries[by_entry]
    cuts = np.searchsorted(rising, order["buckets"]).tolist()
    found = []
    for bucket, low in enumerate(order["buckets"][:-1].tolist()):
        which = rising[cuts[bucket] : cuts[bucket + 1]] - low
        if len(which):
            sections = job.open(NAMES, bucket)
            names = names_within(sections, 0, len(sections["first"]))
            found.append(names.take(which) if isinstance(names, SpeltNames) else names[which])
    place = np.empty_like(by_entry)
    place[by_entry] = np.arange(len(by_entry))
    spelt = [names for names in found if isinstance(names, SpeltNames)]
    if not spelt:
        return Names.integers(
            np.concatenate([n for n in found if not isinstance(n, SpeltNames)])[place]
        )
    return SpeltNames.join(spelt).take(place).names()
