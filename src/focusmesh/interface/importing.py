"""Links of a file as operations of a ledger: whole weights, or weights counted in a unit."""

from __future__ import annotations

import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.errors import FocusmeshError, InputError
from focusmesh.kernel.session import Step, particle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from focusmesh.engine.graph import LinkColumns, Names
    from focusmesh.kernel.session import Particle

WEIGHT_MAX = 2**32 - 1


def whole_weights(
    columns: LinkColumns, unit: float | None, place: Callable[[int], str]
) -> npt.NDArray[np.int64]:
    """Weights in units, int64, shape (m,); without ``unit`` they have to be whole numbers already.

    Rounded to the nearest, never to 0 unless the weight is 0. Raises InputError that names the ``place`` of the first
    weight at fault by its row.
    """
    if columns.weight is None and unit is None:
        return np.ones(len(columns), dtype=np.int64)
    weight = np.ones(len(columns)) if columns.weight is None else columns.weight.astype(np.float64)
    counted = weight if unit is None else weight / unit
    rounded = np.rint(counted)
    if unit is None and len(decimal := np.flatnonzero(rounded != counted)):
        row = int(decimal[0])
        raise InputError(
            f"{place(row)}: the weight {weight[row]:g} is no whole number: say --unit, what a weight of 1 is"
        )
    rounded = np.where((weight > 0) & (rounded < 1), 1, rounded)
    if len(large := np.flatnonzero(rounded > WEIGHT_MAX)):
        row = int(large[0])
        raise InputError(f"{place(row)}: the weight {weight[row]:g} is more than 2³² − 1 units")
    return rounded.astype(np.int64)


def link_steps(
    columns: LinkColumns, weights: npt.NDArray[np.int64], weight_unit: int
) -> Iterator[Step]:
    """One step a link, in order, each name's text with its first one; links to themselves and of weight 0 are not."""
    particles = [particle(_text(name)) for name in columns.particles]
    relations = _relations(columns.relations)
    kinds = (
        np.zeros(len(columns), dtype=np.uint32) if columns.relation is None else columns.relation
    )
    brought: set[int] = set()
    rows = zip(
        columns.source.tolist(),
        columns.target.tolist(),
        kinds.tolist(),
        weights.tolist(),
        strict=True,
    )
    for source, target, kind, weight in rows:
        if source == target or not weight:
            continue
        relation = relations[kind]
        fields = (
            "link/1",
            particles[source].id,
            particles[target].id,
            b"" if relation is None else relation.id,
            weight * weight_unit,
        )
        contents = {
            each.id: each.content
            for at, each in (
                (source, particles[source]),
                (target, particles[target]),
                (-1 - kind, relation),
            )
            if at not in brought and each is not None and each.content is not None
        }
        brought.update((source, target, -1 - kind))
        yield Step(fields, contents)


def line_of(path: Path, row: int, count: Callable[[Path], int]) -> str:
    """Where in a file link ``row`` (from 0) stands: its line, where the beginning of the file can be read alone.

    ``count`` says how many links a file has; it is asked about beginnings of this one, some twenty times.
    """
    lines = path.read_bytes().splitlines(keepends=True)
    low, high = 1, len(lines)
    with tempfile.TemporaryDirectory(prefix="focusmesh-") as folder:
        part = Path(folder, path.name)
        try:
            while low < high:
                middle = (low + high) // 2
                part.write_bytes(b"".join(islice(lines, middle)))
                if count(part) > row:
                    high = middle
                else:
                    low = middle + 1
            part.write_bytes(b"".join(islice(lines, low)))
            found = count(part) == row + 1
        except FocusmeshError:
            found = False
    return f"{path}:{low}" if found else f"{path}, link {row + 1}"


def _relations(names: Names | None) -> list[Particle | None]:
    if names is None:
        return [None]
    return [None if name == "" else particle(_text(name)) for name in names]


def _text(name: Any) -> str | bytes:
    return name if isinstance(name, bytes) else str(name)
