"""``focusmesh grid serve``: a grid over HTTP and web sockets, with the graph of its cubes beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.errors import ParameterError
from focusmesh.interface.cli.grid.options import Dir, Keeping  # noqa: TC001  (read by typer)
from focusmesh.interface.cli.ledger.new_ledger import Phrases
from focusmesh.interface.cli.network.serve import Serving, params_of, receipts_key
from focusmesh.interface.cli.shared.ledger_options import Unlocking
from focusmesh.interface.cli.shared.options import Operator, Output, command
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from focusmesh.host.settings import Settings


@command
def serve(
    store: Dir, serving: Serving, keeping: Keeping, operator: Operator, output: Output
) -> None:
    """Serve a grid over HTTP and web sockets, with the explorer.

    It serves until it is interrupted.
    """
    from focusmesh.host.grid import graph_file
    from focusmesh.interface.server.process import Served
    from focusmesh.interface.server.process import serve as serve_it

    if serving.node or serving.new:
        raise ParameterError("a grid makes no blocks: leave out --node and --new")
    unlocking = Unlocking()
    settings = _with_grid(serving.settings(unlocking, operator), store, keeping)
    screen = Screen(output)
    with graph_file(settings.grid) as path:
        served = Served(
            path=str(path),
            settings=settings,
            params=params_of(settings),
            receipts_key=receipts_key(settings, Phrases(settings)),
            graph_of_grid=path,
        )
        serve_it(served, screen.narrate)
    screen.narrate("ended")


def _with_grid(settings: Settings, store: str, keeping: Keeping) -> Settings:
    said = keeping.settings(store)
    chosen = replace(
        settings.grid,
        store=store,
        password_file=said.password_file or settings.grid.password_file,
        secret_file=said.secret_file or settings.grid.secret_file,
    )
    return replace(settings, grid=chosen)
