"""Progress bars on standard error for the steps that the engine reports."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import TaskID

    from focusmesh.engine.support.progress import Step


@contextmanager
def bars() -> Iterator[Callable[[Step], None]]:
    """Draws one bar a step while the block runs and wipes them at its end."""
    shown = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.fields[amount]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, TaskID] = {}

    def draw(step: Step) -> None:
        if step.what not in tasks:
            tasks[step.what] = shown.add_task(step.what, total=step.total, amount="")
        amount = amount_text(step.done, step.total, step.unit)
        shown.update(tasks[step.what], completed=step.done, total=step.total, amount=amount)

    with shown:
        yield draw


def amount_text(done: int, total: int | None, unit: str) -> str:
    """``12 of 40 MB``: bytes in megabytes, everything else as it is counted."""
    if unit == "%":
        return f"{done} %"
    if unit == "bytes":
        of = "" if total is None else f" of {total / 1e6:,.0f}"
        return f"{done / 1e6:,.0f}{of} MB"
    of = "" if total is None else f" of {total:,}"
    return f"{done:,}{of} {unit}"
