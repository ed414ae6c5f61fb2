"""Rows of an answer: all of them into a CSV file, or the first ones on the screen."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.interface.cli.shared.output_files import whole_file
from focusmesh.interface.cli.shared.table import count_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

RowsFile = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write all rows there, as CSV.", show_default=False
    ),
]


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A line of titles, then a line a row. Raises FileError."""
    with whole_file(path) as place, place.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(columns)
        lines.writerows(rows)


def rows_line(count: int, top: int, written: str | None) -> str:
    """How many rows there are, and where those are that the screen does not list."""
    if written is not None:
        return f"{count_of(count, 'row')} in {written}"
    more = f", {count - top:,} more: --top, or -o for all" if count > top else ""
    return f"{count_of(count, 'row')}{more}"
