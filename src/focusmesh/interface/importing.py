"""Links of a file as operations of a ledger: whole weights, or weights counted in a unit."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.graph import read_links
from focusmesh.engine.progress import Throttle
from focusmesh.errors import FocusmeshError, InputError
from focusmesh.kernel.session import Step, particle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from focusmesh.engine.graph import ImportReport, LinkColumns, Names
    from focusmesh.engine.progress import Progress
    from focusmesh.interface.ledger import OpenLedger
    from focusmesh.kernel.session import Particle

WEIGHT_MAX = 2**32 - 1
LINKS_AT_A_TIME = 200_000
"""About how many links are signed before their block is made."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import into a ledger came to; ``height`` is that of its last block."""

    report: ImportReport
    links: int
    left_out: int
    rounded: int
    signals: int
    height: int


def import_links(
    ledger: OpenLedger,
    path: Path,
    unit: float | None,
    reading: dict[str, Any],
    progress: Progress | None = None,
) -> Imported:
    """Signs the links of a file into a ledger, in order, as few signals as hold them, a block every so many.

    Links to themselves and of weight 0 are left out. What the blocks have before an error or an interrupt stays there.
    Raises InputError for weights that are no whole numbers without ``unit``, naming the line, before anything is sent;
    SignalError where the ledger refuses.
    """
    columns, report = read_links(path, **reading, progress=progress)
    weights, rounded = whole_weights(columns, unit, lambda row: line_of(path, row, reading))
    steps = link_steps(columns, weights, ledger.parameters.weight_unit)
    links = int(np.count_nonzero((columns.source != columns.target) & (weights > 0)))
    told = Throttle(progress, f"signing into {ledger.folder.path}", links, "links")
    done = signals = 0
    while portion := list(islice(steps, LINKS_AT_A_TIME)):
        signals += len(ledger.send(portion))
        done += len(portion)
        told.at(done)
    told.finish(done)
    return Imported(report, done, len(columns) - done, rounded, signals, ledger.height())


def whole_weights(
    columns: LinkColumns, unit: float | None, place: Callable[[int], str]
) -> tuple[npt.NDArray[np.int64], int]:
    """Weights in units, int64, shape (m,), and how many were rounded; without ``unit`` they have to be whole already.

    Rounded to the nearest, never to 0 unless the weight is 0. Raises InputError that names the ``place`` of the first
    weight at fault by its row.
    """
    if columns.weight is None and unit is None:
        return np.ones(len(columns), dtype=np.int64), 0
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
    near = np.isclose(rounded, counted, rtol=1e-12, atol=0)
    return rounded.astype(np.int64), int(np.count_nonzero(~near))


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


def line_of(path: Path, row: int, reading: dict[str, Any]) -> str:
    """Where in a file link ``row`` (from 0) stands: its line, where the beginning of the file can be read alone.

    Reads beginnings of the file, some twenty of them.
    """
    lines = path.read_bytes().splitlines(keepends=True)
    low, high = 1, len(lines)
    with tempfile.TemporaryDirectory(prefix="focusmesh-") as folder:
        part = Path(folder, path.name)

        def links(line_count: int) -> int:
            part.write_bytes(b"".join(lines[:line_count]))
            return len(read_links(part, **reading | {"strict": False})[0])

        try:
            while low < high:
                middle = (low + high) // 2
                low, high = (low, middle) if links(middle) > row else (middle + 1, high)
            found = links(low) == row + 1
        except FocusmeshError:
            found = False
    return f"{path}:{low}" if found else f"{path}, link {row + 1}"


def _relations(names: Names | None) -> list[Particle | None]:
    if names is None:
        return [None]
    return [None if name == "" else particle(_text(name)) for name in names]


def _text(name: Any) -> str | bytes:
    return name if isinstance(name, bytes) else str(name)
