"""``focusmesh node backup`` and ``restore``: a ledger copied while its node runs, and made anew from the copy."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.host.storage import Folder
from focusmesh.interface.cli.shared.ledger_options import LedgerFolder  # noqa: TC001  (typer reads it)
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.host.storage import Manifest

BackupDestination = Annotated[
    str,
    typer.Option(
        "--output", "-o", metavar="FOLDER", help="The folder to create.", show_default=False
    ),
]
BackupFolder = Annotated[
    str, typer.Argument(metavar="FOLDER", help="A backup.", show_default=False)
]
NewFolder = Annotated[
    str, typer.Argument(metavar="DIR", help="The ledger's folder, to create.", show_default=False)
]


@command
def backup(folder: LedgerFolder, destination: BackupDestination, output: Output) -> None:
    """Copy the ledger in DIR to FOLDER while others write to it.

    The copy is as of the last block. Keys are not in it.
    """
    from focusmesh.host.storage import make_backup

    screen = Screen(output)
    with ended_gently(), screen.progress() as progress:
        made = make_backup(Folder.existing(folder), Path(destination), progress)
    if screen.as_json:
        screen.document({"ledger": folder, "output": destination, **backup_document(made)})
    screen.narrate(f"{destination}: {told_backup(made)}; keys are not in it")


@command
def restore(backup: BackupFolder, folder: NewFolder, output: Output) -> None:
    """Restore the backup in FOLDER to DIR.

    Every piece is checked; all of it comes back or nothing.
    """
    from focusmesh.host.storage import restore_backup

    screen = Screen(output)
    with ended_gently(), screen.progress() as progress:
        made = restore_backup(Path(backup), Folder(Path(folder)), progress)
    if screen.as_json:
        screen.document({"input": backup, "ledger": folder, **backup_document(made)})
    screen.narrate(
        f"{folder}: {told_backup(made)}; `focusmesh chain verify --ledger {folder}` carries it out again"
    )


@contextmanager
def ended_gently() -> Iterator[None]:
    """Has SIGTERM interrupt the block as Ctrl-C does, so that nothing half-made is left and the message says so."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def backup_document(made: Manifest) -> dict[str, Any]:
    """What a backup is of."""
    return {
        "network": made.network,
        "height": made.height,
        "block": made.block,
        "bytes": made.size_bytes,
    }


def told_backup(made: Manifest) -> str:
    """The same in words."""
    return f"height {made.height:,}, block {made.block[:16]}, {size_text(made.size_bytes)}"
