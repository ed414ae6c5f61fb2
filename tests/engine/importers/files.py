"""Small files for tests of importers, and what was read from them in plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.engine.importers import read_links

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from focusmesh.engine.links import ImportReport
    from focusmesh.engine.links.columns import LinkColumns

Link = tuple[Any, Any, float]


def links_of(columns: LinkColumns) -> list[Link]:
    """Links by name."""
    amounts = [1.0] * len(columns) if columns.weight is None else columns.weight.tolist()
    ends = zip(columns.source.tolist(), columns.target.tolist(), amounts, strict=True)
    return [(columns.particles[a], columns.particles[b], amount) for a, b, amount in ends]


def labels_of(columns: LinkColumns, role: str) -> list[Hashable]:
    """The relation or author of each link."""
    names, column = getattr(columns, f"{role}s"), getattr(columns, role)
    return [names[index] for index in column.tolist()]


def texts_of(columns: LinkColumns) -> dict[Hashable, Hashable]:
    """The text of each particle."""
    assert columns.texts is not None
    return dict(zip(columns.particles, columns.texts, strict=True))


def faults_of(report: ImportReport) -> list[tuple[int, str]]:
    """Bad lines as (line, reason), all of them."""
    assert report.bad_count == len(report.bad)
    return [(bad.line, bad.reason) for bad in report.bad]


def read_text(
    folder: Path, name: str, text: str, **options: Any
) -> tuple[LinkColumns, ImportReport]:
    """Reads ``text`` from a file called ``name``; the columns are verified."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    columns, report = read_links(path, **options)
    columns.verify()
    return columns, report
