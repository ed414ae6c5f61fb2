"""What a graph file holds: a graph as named arrays, and back with every check that keeps a reader inside of them."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.columns import LinkColumns
from focusmesh.engine.links.names.names import (
    DigestNames,
    IntegerNames,
    Names,
    ObjectNames,
    RangeNames,
    TextNames,
)
from focusmesh.engine.links.snapshot import Snapshot
from focusmesh.engine.links.structure.structure import Structure
from focusmesh.engine.support.parallel import even_chunks, run
from focusmesh.errors import InputError
from focusmesh.ids import DIGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Arrays = Mapping[str, npt.NDArray[Any]]

_INDEX_CHUNK = 1 << 22
_LINK_FIELDS = ("source", "target", "weight", "relation", "author", "time")
_STRUCTURE_TYPES = {
    "in_start": "<i8",
    "in_source": "<u4",
    "out_start": "<i8",
    "out_target": "<u4",
    "out_total": "<f8",
    "degree_total": "<f8",
    "order": "<u4",
    "position": "<u4",
}


class InconsistentError(Exception):
    """Sections that contradict each other; the container turns it into a DamagedFileError."""


def to_arrays(snapshot: Snapshot) -> dict[str, npt.NDArray[Any]]:
    """All that a snapshot is, section by section. Raises InputError for names that cannot be written."""
    structure = snapshot.structure
    arrays = {
        f"structure.{field.name}": getattr(structure, field.name)
        for field in fields(structure)
        if getattr(structure, field.name) is not None
    }
    arrays |= names_to_arrays("particles", snapshot.particles)
    if snapshot.texts is not None:
        arrays |= names_to_arrays("texts", snapshot.texts)
    columns = snapshot.columns
    if columns is not None:
        for name in _LINK_FIELDS:
            if getattr(columns, name) is not None:
                arrays[f"links.{name}"] = getattr(columns, name)
        for name, names in (("relations", columns.relations), ("authors", columns.authors)):
            if names is not None:
                arrays |= names_to_arrays(name, names)
    return arrays


def from_arrays(arrays: Arrays) -> Snapshot:
    """The snapshot of these sections. Raises InconsistentError where they do not fit together."""
    particles = names_from_arrays("particles", arrays)
    if particles is None:
        raise InconsistentError("it names no particles")
    texts = names_from_arrays("texts", arrays)
    if texts is not None and len(texts) != len(particles):
        raise InconsistentError(f"{len(texts)} texts for {len(particles)} particles")
    structure = _structure(arrays, len(particles))
    columns = _links(arrays, particles, texts)
    return Snapshot(particles, structure=structure, columns=columns, texts=texts)


def names_to_arrays(prefix: str, names: Names) -> dict[str, npt.NDArray[Any]]:
    if isinstance(names, RangeNames):
        return {f"{prefix}.count": np.array([len(names)], dtype=np.int64)}
    if isinstance(names, IntegerNames):
        return {f"{prefix}.integers": names.values}
    if isinstance(names, TextNames):
        return {f"{prefix}.blob": names.blob, f"{prefix}.ends": names.ends}
    if isinstance(names, DigestNames):
        return {f"{prefix}.digests": names.digests}
    listed = list(names)
    if all(type(name) is str for name in listed):
        return names_to_arrays(prefix, Names.texts(str(name) for name in listed))
    for name in listed:
        if not isinstance(name, str | int | bytes) or isinstance(name, bool):
            raise InputError(
                f"{prefix}: the name {name!r} ({type(name).__name__}) cannot be saved; "
                "a file holds names that are str, int or bytes"
            )
    import msgspec

    try:
        packed = msgspec.msgpack.encode([[type(name).__name__, name] for name in listed])
    except (OverflowError, UnicodeEncodeError) as error:
        raise InputError(f"{prefix}: a name cannot be saved: {error}") from error
    return {f"{prefix}.mixed": np.frombuffer(packed, dtype=np.uint8)}


def names_from_arrays(prefix: str, arrays: Arrays) -> Names | None:
    if f"{prefix}.count" in arrays:
        count = _array_of_type(arrays, f"{prefix}.count", "<i8")
        if len(count) != 1 or count[0] < 0:
            raise InconsistentError(f"{prefix}.count is not a count")
        return Names.range(int(count[0]))
    if f"{prefix}.integers" in arrays:
        return IntegerNames(_array_of_type(arrays, f"{prefix}.integers", "<i8"))
    if f"{prefix}.ends" in arrays:
        blob = _array_of_type(arrays, f"{prefix}.blob", "|u1")
        ends = _array_of_type(arrays, f"{prefix}.ends", "<i8")
        _check_offsets(f"{prefix}.ends", ends, len(blob))
        return TextNames(blob, ends)
    if f"{prefix}.digests" in arrays:
        digests = _array_of_type(arrays, f"{prefix}.digests", "|u1", 2)
        if digests.shape[1] != DIGEST_BYTES:
            raise InconsistentError(f"{prefix}.digests has shape {digests.shape}")
        return DigestNames(digests)
    if f"{prefix}.mixed" in arrays:
        return _mixed_names(prefix, arrays)
    return None


def _mixed_names(prefix: str, arrays: Arrays) -> Names:
    import msgspec

    packed = _array_of_type(arrays, f"{prefix}.mixed", "|u1").tobytes()
    try:
        pairs = msgspec.msgpack.decode(packed, type=list[tuple[str, Any]])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InconsistentError(f"{prefix}.mixed cannot be read: {error}") from error
    for kind, name in pairs:
        if type(name) not in (str, int, bytes):
            raise InconsistentError(f"{prefix}.mixed has a name of type {kind!r}")
    return ObjectNames([name for _, name in pairs])


def _structure(arrays: Arrays, count: int) -> Structure:
    parts: dict[str, Any] = {
        name: _array_of_type(arrays, f"structure.{name}", dtype)
        for name, dtype in _STRUCTURE_TYPES.items()
    }
    for name in ("in_weight", "out_weight"):
        parts[name] = arrays.get(f"structure.{name}")
    axons = len(parts["in_source"])
    lengths = dict.fromkeys(("out_total", "degree_total", "order", "position"), count)
    lengths |= {"out_target": axons, "in_start": count + 1, "out_start": count + 1}
    for name in ("in_weight", "out_weight"):
        if parts[name] is not None:
            lengths[name] = axons
            if parts[name].dtype.kind != "f":
                raise InconsistentError(f"structure.{name} holds {parts[name].dtype}")
    for name, length in lengths.items():
        if parts[name].shape != (length,):
            raise InconsistentError(
                f"structure.{name} has shape {parts[name].shape}, not ({length},)"
            )
    for name in ("in_start", "out_start"):
        _check_offsets(f"structure.{name}", parts[name], axons)
        if parts[name][0] != 0 or parts[name][-1] != axons:
            raise InconsistentError(f"structure.{name} does not span {axons} axons")
    for name in ("in_source", "out_target", "order", "position"):
        _check_indices(f"structure.{name}", parts[name], count)
    return Structure(**parts)


def _links(arrays: Arrays, particles: Names, texts: Names | None) -> LinkColumns | None:
    if "links.source" not in arrays:
        return None
    relations, authors = (
        names_from_arrays("relations", arrays),
        names_from_arrays("authors", arrays),
    )
    limits = {
        "source": len(particles),
        "target": len(particles),
        "relation": 0 if relations is None else len(relations),
        "author": 0 if authors is None else len(authors),
    }
    rows = len(arrays["links.source"])
    columns: dict[str, Any] = {name: arrays.get(f"links.{name}") for name in _LINK_FIELDS}
    if columns["weight"] is not None and columns["weight"].dtype.kind != "f":
        raise InconsistentError(f"links.weight holds {columns['weight'].dtype}")
    if columns["time"] is not None:
        _array_of_type(arrays, "links.time", "<i8")
    for name, column in columns.items():
        if column is not None and column.shape != (rows,):
            raise InconsistentError(f"links.{name} has shape {column.shape}, not ({rows},)")
        if column is not None and name in limits:
            _check_indices(
                f"links.{name}", _array_of_type(arrays, f"links.{name}", "<u4"), limits[name]
            )
    if columns["target"] is None:
        raise InconsistentError("links.target is missing")
    return LinkColumns(
        particles=particles, relations=relations, authors=authors, texts=texts, **columns
    )


def _array_of_type(arrays: Arrays, name: str, dtype: str, dimensions: int = 1) -> npt.NDArray[Any]:
    if name not in arrays:
        raise InconsistentError(f"section {name!r} is missing")
    if arrays[name].ndim != dimensions:
        raise InconsistentError(f"{name} has shape {arrays[name].shape}")
    if arrays[name].dtype != np.dtype(dtype):
        raise InconsistentError(f"{name} holds {arrays[name].dtype}, not {dtype}")
    return arrays[name]


def _check_offsets(name: str, offsets: npt.NDArray[Any], end: int) -> None:
    """Offsets must ascend within 0 … end."""
    if len(offsets) and (
        offsets[0] < 0 or offsets[-1] > end or bool(np.any(offsets[1:] < offsets[:-1]))
    ):
        raise InconsistentError(f"{name} does not ascend from 0 to {end}")


def _check_indices(name: str, indices: npt.NDArray[Any], count: int) -> None:
    """Indices must be below ``count``: one sequential read, on all cores."""

    def largest(span: tuple[int, int]) -> int:
        return int(indices[slice(*span)].max())

    top = max(run(largest, even_chunks(len(indices), _INDEX_CHUNK)), default=-1)
    if top >= count:
        raise InconsistentError(f"{name} has index {top} of only {count}")
