"""A folder of parts: written from a graph, opened part by part, or several parts as one."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.engine.cluster.parts.builder import cut_parts
from focusmesh.engine.cluster.parts.join import join_parts
from focusmesh.engine.cluster.parts.manifest import (
    Manifest,
    drop_manifest,
    drop_others,
    open_manifest,
    part_name,
    write_manifest,
)
from focusmesh.engine.cluster.parts.part_file import file_entry, read_part, write_part
from focusmesh.errors import FileError, ParameterError

if TYPE_CHECKING:
    import os

    from focusmesh.engine.cluster.parts.part import Part
    from focusmesh.engine.graph import Graph


def write_parts(
    graph: Graph, count: int, folder: str | os.PathLike[str], *, align: bool = True
) -> Manifest:
    """``graph`` as a folder of ``count`` parts, which is made where it is missing; the manifest is written last.

    The bytes depend on the graph, the count and ``align`` alone. Raises as ``make_parts``, and FileError.
    """
    place = made_folder(folder)
    drop_manifest(place)
    files, whole, weights = [], None, "none"
    for part in cut_parts(graph, count, align=align):
        path = place / part_name(part.rank)
        write_part(path, part)
        files.append(file_entry(path, part))
        whole = part.whole
        weights = "none" if part.in_weight is None else str(part.in_weight.dtype)
    if whole is None:
        raise ParameterError("a partitioned graph needs at least one part")
    manifest = Manifest(whole, weights, tuple(files))
    write_manifest(place, manifest)
    drop_others(place, manifest)
    return manifest


def made_folder(folder: str | os.PathLike[str]) -> Path:
    """The folder, made if need be; raises FileError."""
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make the folder {place}: {error.strerror or error}") from error
    return place


def open_part(
    folder: str | os.PathLike[str], rank: int, ranks: int | None = None, *, verify: bool = False
) -> Part:
    """Part ``rank`` of a folder, its arrays mapped; with ``ranks`` the parts are shared out among so many first.

    Where ``ranks`` is less than the number of parts, consecutive ones become one, in memory. With ``verify`` every
    byte is held against the digests. Raises ParameterError for a rank that is not there or more ranks than parts,
    FileError and DamagedFileError that name the file.
    """
    place, manifest = Path(folder), open_manifest(folder)
    count = manifest.count if ranks is None else ranks
    if not 1 <= count <= manifest.count:
        raise ParameterError(
            f"{folder} has {manifest.count} parts, which is less than {count} ranks: partition it anew with "
            f"--parts {count}, or use fewer workers"
        )
    if not 0 <= rank < count:
        raise ParameterError(f"rank {rank} is outside of 0 … {count - 1}")
    if count == manifest.count:
        return read_part(place, manifest, rank, verify=verify)
    cuts = [manifest.count * at // count for at in range(count + 1)]
    members = range(cuts[rank], cuts[rank + 1])
    parts = [read_part(place, manifest, member, verify=verify) for member in members]
    foreigns = [
        [read_part(place, manifest, member).foreign for member in range(low, high)]
        for low, high in pairwise(cuts)
    ]
    return join_parts(parts, rank, cuts, foreigns)
