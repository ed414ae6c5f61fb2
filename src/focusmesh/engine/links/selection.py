"""Parts of a graph's links, and links whose names are brought into one Unicode normal form."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links.names.names import IntegerNames, Names, RangeNames
from focusmesh.engine.links.tables.link_keys import keys_of
from focusmesh.engine.support.arrays import pair_keys
from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    import numpy.typing as npt

    from focusmesh.engine.links.columns import LinkColumns
    from focusmesh.engine.links.filters import Filters
    from focusmesh.engine.links.properties.link_properties import LinkKey, LinkProperties
    from focusmesh.engine.links.properties.properties import Properties
    from focusmesh.engine.support.arrays import IndexArray

NORMAL_FORMS = ("NFC", "NFD", "NFKC", "NFKD")


def select_links(
    columns: LinkColumns, filters: Filters, particles: Iterable[Hashable] | None
) -> LinkColumns:
    """The links that pass ``filters``, with both ends among ``particles`` where these are given.

    Particles are those that are given, in that order; else the ends of the links that are left, in the order of
    ``columns``. Raises what ``Filters.rows`` raises, UnknownParticleError, InputError. O(n + m).
    """
    kept = columns.where(filters.rows(columns)) if filters else columns
    count = len(columns.particles)
    if particles is None:
        listed = np.unique(np.concatenate((kept.source, kept.target))).astype(np.int64)
    else:
        if isinstance(particles, str | bytes):
            raise InputError(f"particles are a list of names, not {particles!r}")
        names = list(dict.fromkeys(particles))
        listed = columns.particles.indices(names).astype(np.int64)
    place = np.full(count, -1, dtype=np.int64)
    place[listed] = np.arange(len(listed))
    properties = kept.properties
    if particles is not None:
        kept = kept.where((place[kept.source] >= 0) & (place[kept.target] >= 0))
    return replace(
        kept,
        particles=_some_names(columns.particles, listed),
        source=place[kept.source].astype(np.uint32),
        target=place[kept.target].astype(np.uint32),
        texts=None if columns.texts is None else _some_texts(columns.texts, listed),
        properties=None if properties is None else _some_properties(properties, kept, place),
    )


def _some_properties(
    properties: Properties, kept: LinkColumns, place: npt.NDArray[np.int64]
) -> Properties | None:
    """Properties of the particles and links that are left."""
    there = link_keys(kept, properties.links) if properties.links else set()
    links = properties.links.map(lambda key: key if key in there else None)
    return replace(properties, links=links).move(place) or None


def link_keys(columns: LinkColumns, links: LinkProperties) -> set[LinkKey]:
    """The links of ``columns`` that join a pair that any of ``links`` joins. O(m log links)."""
    pairs = pair_keys(columns.source, columns.target)
    return set(keys_of(columns.where(np.isin(pairs, links.pairs))))


def _some_names(names: Names, listed: Any) -> Names:
    if isinstance(names, RangeNames):
        return Names.integers(listed)
    if isinstance(names, IntegerNames):
        return Names.integers(names.values[listed])
    return Names.of(names[at] for at in listed.tolist())


def _some_texts(texts: Names, listed: Any) -> Names:
    return Names.texts(str(texts[at]) for at in listed.tolist())


def normalise_names(columns: LinkColumns, form: str) -> LinkColumns:
    """Links whose names of particles, relations and authors are in a Unicode normal form; equal ones become one.

    Of several texts of one particle the first that says anything stays. Raises ParameterError. O(names + m).
    """
    if form not in NORMAL_FORMS:
        raise ParameterError(f"a normal form is one of {', '.join(NORMAL_FORMS)}, not {form!r}")
    particles, place = _normalise(columns.particles, form)
    texts = columns.texts
    if texts is not None:
        found: dict[int, str] = {}
        for at, text in zip(place.tolist(), texts, strict=True):
            if text != "":
                found.setdefault(at, str(text))
        texts = Names.texts(found.get(at, "") for at in range(len(particles)))
    changed: dict[str, Any] = {}
    for kind in ("relation", "author"):
        names, column = getattr(columns, f"{kind}s"), getattr(columns, kind)
        if names is not None and column is not None:
            changed[f"{kind}s"], among = _normalise(names, form)
            changed[kind] = among[column]
    if columns.properties is not None:
        moved = columns.properties.move(place.astype(np.int64))
        links = moved.links.map(
            lambda key: key._replace(
                relation=_in_form(key.relation, form), author=_in_form(key.author, form)
            )
        )
        changed["properties"] = replace(moved, links=links)
    return replace(
        columns,
        particles=particles,
        source=place[columns.source],
        target=place[columns.target],
        texts=texts,
        **changed,
    )


def _normalise(names: Names, form: str) -> tuple[Names, IndexArray]:
    """The names in that form, each once, and for each old index the new one."""
    known: dict[Hashable, int] = {}
    place = [known.setdefault(_in_form(name, form), len(known)) for name in names]
    return Names.of(known), np.array(place, dtype=np.uint32)


def _in_form(name: Hashable, form: str) -> Hashable:
    if not isinstance(name, str) or name.isascii():
        return name
    return unicodedata.normalize(form, name)  # type: ignore[arg-type]
