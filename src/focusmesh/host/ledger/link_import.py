"""Links of a file as operations of a ledger: whole weights, or weights counted in a unit."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus import WEIGHT_MAX
from focusmesh.engine.graph import Graph
from focusmesh.engine.importers import read_links
from focusmesh.engine.links import SUFFIX, ImportReport
from focusmesh.engine.support.gc_pause import collector_at_rest
from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import FocusmeshError, InputError
from focusmesh.ids import digest
from focusmesh.kernel.session import Links, particle

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.ledger.ledger import OpenLedger
    from focusmesh.kernel.session import Particle

SIGNALS_AT_A_TIME = 60
"""How many signals are made before their block is: some 500,000 links, or fewer where names are new."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import into a ledger came to; ``height`` is that of its last block.

    ``links`` were signed now, ``there`` more had been before. ``claimed`` links say in the file who made them: a ledger
    has who signed them in the place of that. As many ``texts`` of particles stayed outside.
    """

    report: ImportReport
    links: int
    there: int
    left_out: int
    rounded: int
    signals: int
    height: int
    claimed: int
    texts: int


def import_links(
    ledger: OpenLedger,
    path: Path,
    unit: float | None,
    reading: dict[str, Any],
    progress: Progress | None = None,
    *,
    resume: bool = False,
) -> Imported:
    """Signs the links of a file into a ledger, in order, as few signals as hold them, a block every so many.

    Links to themselves and of weight 0 are left out. What the blocks have before an error or an interrupt stays there;
    a note on the KeyboardInterrupt says how many links that are. With ``resume`` the links that the key has signed
    before, from the first on, are not signed again: an import that was cut short goes on, one that was whole does
    nothing.
    Raises InputError for weights that are no whole numbers without ``unit``, naming the line, before anything is sent;
    SignalError where the ledger refuses.
    """
    with collector_at_rest():
        return _import_links(ledger, path, unit, reading, progress, resume=resume)


def _import_links(
    ledger: OpenLedger,
    path: Path,
    unit: float | None,
    reading: dict[str, Any],
    progress: Progress | None,
    *,
    resume: bool,
) -> Imported:
    columns, report = read_columns(path, reading, progress)
    weights, rounded = whole_weights(columns, unit, lambda row: line_of(path, row, reading))
    links = links_of(columns, weights, ledger)
    count = len(links.source)
    there = ledger.links_there(links, progress) if resume else 0
    told = Throttle(progress, f"signing into {ledger.folder.path}", count, "links")
    batches = links.after(there).batches(ledger.parameters)
    counts: list[int] = []
    before = ledger.signals_count()
    try:
        while portion := list(islice(batches, SIGNALS_AT_A_TIME)):
            counts += [len(batch.operations) - len(batch.contents) for batch in portion]
            ledger.send_batches(portion)
            told.at(there + sum(counts))
    except KeyboardInterrupt as interrupt:
        # A block may have become durable while its sender was on the way back: the ledger knows.
        done = there + sum(counts[: ledger.signals_count() - before])
        kept = f"the first {done:,} of {count:,} links are in the ledger; --resume goes on there"
        interrupt.add_note(kept if done else "nothing of it is in the ledger")
        raise
    told.finish(count)
    return Imported(
        report=report,
        links=count - there,
        there=there,
        left_out=len(columns) - count,
        rounded=rounded,
        signals=len(counts),
        height=ledger.height(),
        claimed=count_claimed(columns),
        texts=sum(text != "" for text in columns.texts or ()),
    )


def read_columns(
    path: Path, reading: dict[str, Any], progress: Progress | None
) -> tuple[LinkColumns, ImportReport]:
    """The links of a file to import, or of a graph file."""
    if reading["format"] is not None or path.suffix != SUFFIX:
        return _without_properties(*read_links(path, **reading, progress=progress))
    columns = Graph.open(path).links()
    report = ImportReport(
        path=str(path),
        format="focusmesh",
        line_count=0,
        link_count=len(columns),
        bad_count=0,
        bad=(),
        seconds=0.0,
    )
    return _without_properties(columns, report)


def _without_properties(
    columns: LinkColumns, report: ImportReport
) -> tuple[LinkColumns, ImportReport]:
    """The links alone, and a warning where that leaves something out."""
    if columns.properties is None:
        return columns, report
    words = (
        f"{report.path}: a ledger takes links alone, properties and labels are left out: sign those of particles with "
        "set_property"
    )
    told = replace(report, warnings=(*report.warnings, words))
    return replace(columns, properties=None), told


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
            f"{place(row)}: the weight {weight[row]:g} is not a whole number: say --unit, what a weight of 1 is"
        )
    rounded = np.where((weight > 0) & (rounded < 1), 1, rounded)
    if len(large := np.flatnonzero(rounded > WEIGHT_MAX)):
        row = int(large[0])
        raise InputError(f"{place(row)}: the weight {weight[row]:g} is more than 2³² − 1 units")
    near = np.isclose(rounded, counted, rtol=1e-12, atol=0)
    return rounded.astype(np.int64), int(np.count_nonzero(~near))


def count_claimed(columns: LinkColumns) -> int:
    """How many links name an author."""
    if columns.author is None or columns.authors is None:
        return 0
    named = np.array([name != "" for name in columns.authors], dtype=np.bool_)
    return int(np.count_nonzero(named[columns.author]))


def links_of(columns: LinkColumns, weights: npt.NDArray[np.int64], ledger: OpenLedger) -> Links:
    """The links that are to be signed: those to themselves and of weight 0 are not among them."""
    kept = np.flatnonzero((columns.source != columns.target) & (weights > 0))
    particles = [_particle(columns, at) for at in range(len(columns.particles))]
    relation = np.full(len(kept), -1, dtype=np.int64)
    if columns.relations is not None and columns.relation is not None:
        named = [name for name in columns.relations if name != ""]
        place = {name: len(particles) + at for at, name in enumerate(named)}
        places = np.array([place.get(name, -1) for name in columns.relations], dtype=np.int64)
        relation = places[columns.relation[kept]]
        particles += [particle(_text(name)) for name in named]
    return Links(
        particles=particles,
        known=ledger.has_contents([each.id for each in particles]),
        source=columns.source[kept],
        target=columns.target[kept],
        relation=relation,
        amount=weights[kept] * ledger.parameters.weight_unit,
    )


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
            try:
                return len(read_links(part, **reading | {"strict": False})[0])
            except InputError:
                # A beginning without a link, such as a header alone.
                return 0

        try:
            while low < high:
                middle = (low + high) // 2
                low, high = (low, middle) if links(middle) > row else (middle + 1, high)
            found = links(low) == row + 1
        except FocusmeshError:
            found = False
    return f"{path}:{low}" if found else f"{path}, link {row + 1}"


def _particle(columns: LinkColumns, at: int) -> Particle:
    """A particle by its name; with its text for a content where it is named by the digest of that."""
    found = particle(_text(columns.particles[at]))
    if found.content is not None or columns.texts is None:
        return found
    content = str(columns.texts[at]).encode("utf-8", "surrogatepass")
    return found._replace(content=content) if digest(content) == found.id else found


def _text(name: Any) -> str | bytes:
    return name if isinstance(name, bytes) else str(name)
