"""A part as a file: sections of arrays in the layout of the graph file, checked when it is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.cluster.parts.manifest import Manifest, PartFile, open_manifest
from focusmesh.engine.cluster.parts.part import Part, Whole
from focusmesh.engine.links import (
    InconsistentError,
    SectionKind,
    SectionStream,
    names_from_arrays,
    names_to_arrays,
    open_sections,
    write_sections,
)
from focusmesh.errors import DamagedFileError, FileError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import numpy.typing as npt

    Arrays = Mapping[str, npt.NDArray[Any]]

PART = SectionKind(b"FOCUSPRT", "part of a graph")
_TYPES = {
    "in.start": "<i8",
    "in.column": "<u4",
    "out.start": "<i8",
    "out.column": "<u4",
    "out_total": "<f8",
    "degree_total": "<f8",
    "foreign": "<u4",
    "foreign.side": "|u1",
    "send": "<u4",
    "send.start": "<i8",
    "hubs": "<u4",
    "particle": "<u4",
}
_AGAIN = "fetch it again from where it was copied, or partition the graph again (finished parts are kept)"


def part_sections(part: Part) -> dict[str, npt.NDArray[Any] | SectionStream]:
    """What the file of a part holds, in the order of the file."""
    sections: dict[str, npt.NDArray[Any] | SectionStream] = {
        "place": np.array([part.rank, *part.whole.bounds], dtype=np.int64),
        "in.start": part.in_start,
        "in.column": part.in_column,
    }
    if part.in_weight is not None and part.out_weight is not None:
        sections["in.weight"] = part.in_weight
    sections |= {"out.start": part.out_start, "out.column": part.out_column}
    if part.in_weight is not None and part.out_weight is not None:
        sections["out.weight"] = part.out_weight
    sections |= {
        "out_total": part.out_total,
        "degree_total": part.degree_total,
        "foreign": part.foreign,
        "foreign.side": part.foreign_side,
        "send": part.send,
        "send.start": part.send_start,
        "hubs": part.hubs,
        "particle": part.particle,
    }
    if part.digest_rank is not None:
        sections["digest_rank"] = part.digest_rank
    return sections | names_to_arrays("names", part.names)


def write_part(path: str | os.PathLike[str], part: Part) -> None:
    """Writes a part whole or not at all; raises FileError, InputError for names that cannot be saved."""
    write_sections(path, PART, part_sections(part))


def file_entry(path: Path, part: Part) -> PartFile:
    """The line of the manifest for a file that was written."""
    return PartFile(
        name=path.name,
        size=path.stat().st_size,
        digest=file_digest(path),
        in_links=len(part.in_column),
        out_links=len(part.out_column),
        foreign=part.foreign_count,
        sent=len(part.send),
    )


def file_digest(path: Path) -> bytes:
    """BLAKE3 of a file, on all cores; what `b3sum` prints. Raises FileError."""
    import blake3

    try:
        return blake3.blake3(max_threads=blake3.blake3.AUTO).update_mmap(str(path)).digest()
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from error


def read_part(folder: Path, manifest: Manifest, rank: int, *, verify: bool = False) -> Part:
    """One part as it was written. Raises FileError, DamagedFileError."""
    entry = manifest.files[rank]
    path = folder / entry.name
    if not path.exists():
        raise FileError(f"{path} is missing: part {rank} of {manifest.count}; {_AGAIN}")
    try:
        size = path.stat().st_size
        if size != entry.size:
            raise DamagedFileError(f"{path} has {size} bytes, the manifest says {entry.size}")
        if verify and file_digest(path) != entry.digest:
            raise DamagedFileError(f"{path} is damaged: its digest is not that in the manifest")
        arrays = open_sections(path, PART, verify=verify)
        return _part(arrays, manifest.whole, rank, entry)
    except InconsistentError as error:
        raise DamagedFileError(f"{path} is damaged: {error}; {_AGAIN}") from error
    except DamagedFileError as error:
        raise DamagedFileError(f"{error}; {_AGAIN}") from error


def verify_folder(folder: str | os.PathLike[str]) -> list[str]:
    """Reads every part and its digests: what is wrong with each bad one, naming its file. Raises for the manifest."""
    manifest, faults = open_manifest(folder), []
    for rank in range(manifest.count):
        try:
            read_part(Path(folder), manifest, rank, verify=True)
        except FileError as error:
            faults.append(str(error))
    return faults


def _part(arrays: Arrays, whole: Whole, rank: int, entry: PartFile) -> Part:
    place = _array_of_type(arrays, "place", "<i8")
    if place.tolist() != [rank, *whole.bounds]:
        raise InconsistentError("it is another part, or one of another graph")
    found = {name: _array_of_type(arrays, name, dtype) for name, dtype in _TYPES.items()}
    own = whole.bounds[rank + 1] - whole.bounds[rank]
    _verify_lengths(arrays, found, own, entry)
    names = names_from_arrays("names", arrays)
    if names is None or len(names) != own:
        raise InconsistentError(f"it does not name its {own} particles")
    return Part(
        rank=rank,
        whole=whole,
        in_start=found["in.start"],
        in_column=found["in.column"],
        in_weight=arrays.get("in.weight"),
        out_start=found["out.start"],
        out_column=found["out.column"],
        out_weight=arrays.get("out.weight"),
        out_total=found["out_total"],
        degree_total=found["degree_total"],
        foreign=found["foreign"],
        foreign_side=found["foreign.side"],
        send=found["send"],
        send_start=found["send.start"],
        hubs=found["hubs"],
        particle=found["particle"],
        digest_rank=arrays.get("digest_rank"),
        names=names,
    )


def _verify_lengths(arrays: Arrays, found: Arrays, own: int, entry: PartFile) -> None:
    """Lengths, row starts and indices: what could lead a reader out of its arrays."""
    held = own + entry.foreign
    lengths = {"in.start": own + 1, "out.start": own + 1, "particle": own, "foreign": entry.foreign}
    lengths |= {"out_total": held, "degree_total": held, "foreign.side": entry.foreign}
    lengths |= {"in.column": entry.in_links, "out.column": entry.out_links, "send": entry.sent}
    for name, length in lengths.items():
        if found[name].shape != (length,):
            raise InconsistentError(f"{name} has shape {found[name].shape}, not ({length},)")
    for side, links in (("in", entry.in_links), ("out", entry.out_links)):
        _verify_starts(f"{side}.start", found[f"{side}.start"], links)
        _verify_below(f"{side}.column", found[f"{side}.column"], held)
        weight = arrays.get(f"{side}.weight")
        if weight is not None and (weight.dtype.kind != "f" or weight.shape != (links,)):
            raise InconsistentError(f"{side}.weight holds {weight.dtype} of shape {weight.shape}")
    _verify_starts("send.start", found["send.start"], entry.sent)
    for name in ("send", "hubs"):
        _verify_below(name, found[name], own)
    rank = arrays.get("digest_rank")
    if rank is not None and (rank.dtype != np.uint32 or rank.shape != (own,)):
        raise InconsistentError(f"digest_rank holds {rank.dtype} of shape {rank.shape}")


def _verify_starts(name: str, start: npt.NDArray[Any], end: int) -> None:
    falls = bool(np.any(start[1:] < start[:-1]))
    if not len(start) or start[0] != 0 or start[-1] != end or falls:
        raise InconsistentError(f"{name} does not rise from 0 to {end}")


def _verify_below(name: str, indices: npt.NDArray[Any], count: int) -> None:
    top = int(indices.max(initial=0)) if len(indices) else -1
    if top >= count:
        raise InconsistentError(f"{name} has index {top} of only {count}")


def _array_of_type(arrays: Arrays, name: str, dtype: str) -> npt.NDArray[Any]:
    if name not in arrays:
        raise InconsistentError(f"section {name!r} is missing")
    if arrays[name].ndim != 1 or arrays[name].dtype != np.dtype(dtype):
        raise InconsistentError(f"{name} holds {arrays[name].dtype}, not {dtype}")
    return arrays[name]
