"""``focusmesh query``: what a ledger answers, as of a block, with a receipt that a stranger can check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.interface.cli.ledger_options import (
    Height,
    LedgerOption,
    opened,
)
from focusmesh.interface.cli.naming import in_json
from focusmesh.interface.cli.options import Everything, Output, Top, command
from focusmesh.interface.cli.results import NOT_SEPARATED, focus_table
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.table import counted

if TYPE_CHECKING:
    from focusmesh.kernel.session import Ranking

Particle = Annotated[
    str | None,
    typer.Option(
        "--particle", metavar="NAME", help="Where this particle stands, in place of a list."
    ),
]


@command
def rank(
    ledger: LedgerOption,
    output: Output,
    at: Height = None,
    top: Top = 10,
    everything: Everything = False,
) -> None:
    """List the particles of most focus, as the ledger's block has committed it: nothing is solved."""
    from focusmesh.kernel.session import ranking

    screen = Screen(output)
    with opened(ledger) as shared:
        chain = shared.reading()
        found = ranking(chain, at, None if everything else top)
    if screen.as_json:
        screen.document(ranking_document(found))
    else:
        focus_table(found.items, screen)
    screen.narrate(
        f"ranked at height {found.height} · {counted(found.particles, 'particle')} · "
        f"bound {found.bound:.1e} · residual {found.residual:.1e}"
    )
    if not screen.as_json and any(not item.separated for item in found.items):
        screen.narrate(f"{NOT_SEPARATED} the bound does not separate it from the next one")


def ranking_document(found: Ranking) -> dict[str, Any]:
    """A committed ranking as an object."""
    return {
        "height": found.height,
        "particles": found.particles,
        "residual": found.residual,
        "bound": found.bound,
        "items": [
            {"particle": in_json(item.particle), "score": item.score} for item in found.items
        ],
    }
