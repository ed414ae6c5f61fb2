"""``focusmesh diff``: what rose and what fell between two states of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.interface.cli.shared.graph_input import read_graph
from focusmesh.interface.cli.shared.options import Operator, Output, Reading, Top, command
from focusmesh.interface.cli.shared.particle_names import in_json, shown_name
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, decimals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.focus import Change, Focus, Move

UNCERTAIN = "≈"
_KINDS = ("rose", "fell", "appeared", "vanished")

Old = Annotated[str, typer.Argument(metavar="OLD", help="The old graph.", show_default=False)]
New = Annotated[str, typer.Argument(metavar="NEW", help="The new graph.", show_default=False)]


@command
def diff(
    old: Old, new: New, reading: Reading, operator: Operator, output: Output, top: Top = 10
) -> None:
    """Show whose focus rose and whose fell from OLD to NEW.

    It says which changes the error bounds prove.
    """
    from focusmesh.engine.focus import compare

    screen, params = Screen(output), operator.params()
    solved: list[Focus] = []
    for where in (old, new):
        loaded = read_graph(where, reading, screen)
        with screen.progress() as progress:
            solved.append(loaded.focus(params, operator.tolerance, progress=progress))
    change = compare(solved[0], solved[1], top)
    if screen.as_json:
        screen.document(change_document(change, solved[0], solved[1]))
    else:
        change_table(change, screen)
    screen.narrate(
        f"moved {change.l1:.3g} of the focus (L1), known within {change.bound:.1e}; "
        f"{change.dropped:.3g} of it not listed · syntropy {change.syntropy.total:+.4g} nats"
    )
    if any(not move.certain for kind in _KINDS for move in getattr(change, kind)):
        screen.narrate(f"{UNCERTAIN} smaller than the bounds: it may have moved the other way")


def change_document(change: Change, before: Focus, after: Focus) -> dict[str, Any]:
    """Moves of each kind, and the facts of both solves."""
    return {
        "particles": [len(before.scores), len(after.scores)],
        "residual": [before.residual, after.residual],
        "bound": change.bound,
        "seconds": [before.seconds, after.seconds],
        "l1": change.l1,
        "dropped": change.dropped,
        "syntropy": change.syntropy.total,
        **{kind: [_move(move) for move in getattr(change, kind)] for kind in _KINDS},
    }


def change_table(change: Change, screen: Screen) -> None:
    """One table, the kinds one after the other."""
    moves = [(kind, move) for kind in _KINDS for move in getattr(change, kind)]
    digits = decimals([move.change for _, move in moves])
    rows = [_row(kind, move, digits) for kind, move in moves]
    screen.table(
        [
            Column("", style="dim"),
            Column("", style="yellow"),
            Column("change", right=True, style="cyan"),
            Column("before", right=True, style="dim"),
            Column("after", right=True),
            Column("particle", style="bold"),
        ],
        rows,
    )


def _row(kind: str, move: Move, digits: int) -> Sequence[str]:
    return (
        kind,
        "" if move.certain else UNCERTAIN,
        f"{move.change:+.{digits}f}",
        f"{move.before:.{digits}f}",
        f"{move.after:.{digits}f}",
        shown_name(move.particle),
    )


def _move(move: Move) -> dict[str, Any]:
    return {
        "particle": in_json(move.particle),
        "before": move.before,
        "after": move.after,
        "change": move.change,
        "certain": move.certain,
    }
