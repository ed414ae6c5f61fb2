"""Where a command writes: data to standard output, narration and progress to standard error."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from focusmesh.interface.cli.shared.table import rich_table, table_lines, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from focusmesh.engine.support.progress import Progress
    from focusmesh.interface.cli.shared.options import Output
    from focusmesh.interface.cli.shared.table import Column


class Screen:
    """The two streams of one command, by what its options and its terminals allow.

    With --json only ``document`` writes data; tables and lines are for people and stay away.
    """

    def __init__(self, output: Output) -> None:
        self.as_json = output.as_json
        self._quiet = output.quiet

    def document(self, content: dict[str, Any]) -> None:
        """One JSON object on standard output: a line in a pipe, indented on a terminal."""
        encoding = (sys.stdout.encoding or "utf-8").lower().replace("-", "")
        text = json.dumps(
            content,
            ensure_ascii=not encoding.startswith("utf"),
            allow_nan=False,
            indent=2 if sys.stdout.isatty() else None,
        )
        sys.stdout.write(text + "\n")

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
        """A table on standard output: coloured and fitted on a terminal, whole and plain in a pipe."""
        if self.as_json:
            return
        if not sys.stdout.isatty():
            write_lines(table_lines(columns, rows))
            return
        from rich.console import Console

        Console(highlight=False).print(rich_table(columns, rows))

    def lines(self, lines: Iterable[str]) -> None:
        """Lines on standard output; ``[bold]`` and the like are for terminals and left out in a pipe."""
        if self.as_json:
            return
        from rich.markup import render

        texts = [render(line, emoji=False) for line in lines]
        if not sys.stdout.isatty():
            write_lines(text.plain for text in texts)
            return
        from rich.console import Console

        console = Console(highlight=False)
        for text in texts:
            console.print(text, soft_wrap=True)

    def plain_lines(self, lines: Iterable[str]) -> None:
        """Lines on standard output as they are, brackets included; what could steer a terminal is spelt out."""
        from rich.markup import escape

        self.lines(escape(visible(line)) for line in lines)

    def narrate(self, text: str) -> None:
        """A line about the work on standard error; nothing when quiet."""
        if self._quiet:
            return
        # Where both streams end in one file, the lines keep their order.
        sys.stdout.flush()
        if not sys.stderr.isatty():
            sys.stderr.write(text + "\n")
            return
        from rich.console import Console
        from rich.text import Text

        Console(stderr=True, highlight=False).print(Text(text, style="dim"), soft_wrap=True)

    @contextmanager
    def progress(self) -> Iterator[Progress | None]:
        """A callback that draws bars while the block runs; None where nobody looks at a terminal."""
        if self._quiet or not sys.stderr.isatty():
            yield None
            return
        from focusmesh.interface.cli.shared.bars import bars

        with bars() as draw:
            yield draw


def write_lines(lines: Iterable[str]) -> None:
    """Lines to standard output, one after the other: a reader that goes away is noticed early."""
    for line in lines:
        sys.stdout.write(line + "\n")
