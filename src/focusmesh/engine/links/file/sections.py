"""What a graph file holds: a graph as named arrays, and back with every check that keeps a reader inside of them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from focusmesh.engine.links.columns import LinkColumns
from focusmesh.engine.links.file.checks import (
    InconsistentError,
    array_of_type,
    check_indices,
    check_offsets,
)
from focusmesh.engine.links.file.name_sections import names_from_arrays, names_to_arrays
from focusmesh.engine.links.file.property_sections import (
    properties_from_arrays,
    properties_to_arrays,
)
from focusmesh.engine.links.snapshot import Snapshot
from focusmesh.engine.links.structure.structure import Structure

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.links.file.checks import Arrays
    from focusmesh.engine.links.names.names import Names

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
    if snapshot.properties is not None:
        arrays |= properties_to_arrays(snapshot.properties)
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
    properties = properties_from_arrays(arrays, len(particles))
    columns = _links(arrays, particles, texts)
    if columns is not None:
        columns = replace(columns, properties=properties)
    return Snapshot(
        particles, structure=structure, columns=columns, texts=texts, properties=properties
    )


def _structure(arrays: Arrays, count: int) -> Structure:
    parts: dict[str, Any] = {
        name: array_of_type(arrays, f"structure.{name}", dtype)
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
        check_offsets(f"structure.{name}", parts[name], axons)
        if parts[name][0] != 0 or parts[name][-1] != axons:
            raise InconsistentError(f"structure.{name} does not span {axons} axons")
    for name in ("in_source", "out_target", "order", "position"):
        check_indices(f"structure.{name}", parts[name], count)
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
        array_of_type(arrays, "links.time", "<i8")
    for name, column in columns.items():
        if column is not None and column.shape != (rows,):
            raise InconsistentError(f"links.{name} has shape {column.shape}, not ({rows},)")
        if column is not None and name in limits:
            check_indices(
                f"links.{name}", array_of_type(arrays, f"links.{name}", "<u4"), limits[name]
            )
    if columns["target"] is None:
        raise InconsistentError("links.target is missing")
    return LinkColumns(
        particles=particles, relations=relations, authors=authors, texts=texts, **columns
    )
