"""``focusmesh node upgrade``: a ledger that an older focusmesh kept becomes one of today's, and goes back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.errors import ParameterError, StoreError
from focusmesh.host.storage import Folder
from focusmesh.interface.cli.shared.ledger_options import LedgerFolder  # noqa: TC001  (typer asks for it)
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import count_of

if TYPE_CHECKING:
    from pathlib import Path

Undo = Annotated[
    bool,
    typer.Option("--undo", help="Go back to the store from before, if no block was made since."),
]
Discard = Annotated[
    bool, typer.Option("--discard", help="Delete the store from before the upgrade.")
]


@command
def upgrade(
    folder: LedgerFolder, output: Output, undo: Undo = False, discard: Discard = False
) -> None:
    """Convert the ledger in DIR to this version's store format.

    The old store stays beside it until it is discarded.
    """
    if undo and discard:
        raise ParameterError("--undo takes the old store back, --discard deletes it: say one")
    screen, store = Screen(output), Folder.existing(folder).store
    if undo:
        _undo(folder, store, screen)
    elif discard:
        _discard(folder, store, screen)
    else:
        _upgrade(folder, store, screen)


def _upgrade(folder: str, store: Path, screen: Screen) -> None:
    from focusmesh.kernel.block import upgrade_chain
    from focusmesh.kernel.state import before_upgrade_path

    began = time.monotonic()
    with screen.progress() as progress:
        done = upgrade_chain(store, progress)
    older = before_upgrade_path(store)
    if screen.as_json:
        kept = str(older) if older.exists() else None
        screen.document(
            {
                "path": folder,
                "before": done.before,
                "after": done.after,
                "records": done.records,
                "older": kept,
            }
        )
    if not done.records:
        screen.narrate(f"{folder}: has store format {done.after} already")
        return
    seconds = time.monotonic() - began
    screen.narrate(
        f"{folder}: store format {done.before} → {done.after}, {count_of(done.records, 'record')} "
        f"written anew and compared · {seconds:.3f} s"
    )
    screen.narrate(
        f"{older} is the store of before: --undo goes back to it until a block is made, --discard deletes it"
    )


def _undo(folder: str, store: Path, screen: Screen) -> None:
    from focusmesh.kernel.block import undo_chain_upgrade

    found = undo_chain_upgrade(store)
    if screen.as_json:
        screen.document({"path": folder, "format": found})
    screen.narrate(f"{folder}: store format {found} again, as before the upgrade")


def _discard(folder: str, store: Path, screen: Screen) -> None:
    from focusmesh.kernel.state import before_upgrade_path, discard_older, upgrading_path

    older, newer = before_upgrade_path(store), upgrading_path(store)
    if newer.exists():
        raise StoreError(
            f"{newer}: an upgrade is being made, or was cut off; `focusmesh node upgrade {folder}` ends it"
        )
    if not discard_older(store):
        raise StoreError(f"{older}: there is no store from before an upgrade")
    if screen.as_json:
        screen.document({"path": folder, "discarded": str(older)})
    screen.narrate(f"{older}: deleted")
