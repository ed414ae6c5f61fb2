"""Tables of text: columns aligned by what a terminal would show, nothing cut off in a pipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and how the cells under it look; ``terminal_only`` columns are left out in a pipe."""

    title: str
    right: bool = False
    style: str = ""
    terminal_only: bool = False


def table_lines(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a plain table, two spaces between columns, no blanks at the end of a line."""
    kept = [i for i, column in enumerate(columns) if not column.terminal_only]
    grid = [[column.title for column in columns], *rows]
    widths = {i: max(_width(row[i]) for row in grid) for i in kept}
    return [
        "  ".join(_pad(row[i], widths[i], columns[i].right) for i in kept).rstrip() for row in grid
    ]


def rich_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Table:
    """The same table for a terminal: long cells are folded, not cut."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            style=column.style,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def decimals(values: Sequence[float]) -> int:
    """Digits after the point that show four figures of the smallest value above zero, 4 to 12."""
    smallest = min((abs(value) for value in values if value), default=1.0)
    digits, edge = 4, 1e-1
    while smallest < edge and digits < 12:
        digits, edge = digits + 1, edge / 10
    return digits


def share_bar(value: float, largest: float, width: int = 16) -> str:
    """A bar for ``value`` as a part of ``largest``, in eighths of a cell."""
    eighths = round(width * 8 * value / largest) if largest > 0 else 0
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def visible(text: str) -> str:
    """``text`` with everything that could steer a terminal (control characters, newlines) spelt out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def count_of(count: int, thing: str) -> str:
    """``1 link``, ``2,345 links``."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def size_text(byte_count: int) -> str:
    """A size in the unit that leaves one to three digits before the point."""
    size, units = float(byte_count), iter(("bytes", "kB", "MB", "GB"))
    unit = next(units)
    while size >= 1_000 and unit != "GB":
        size, unit = size / 1_000, next(units)
    return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _pad(text: str, width: int, right: bool) -> str:
    blanks = " " * (width - _width(text))
    return blanks + text if right else text + blanks
