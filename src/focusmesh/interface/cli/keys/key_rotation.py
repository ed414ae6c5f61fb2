"""``focusmesh keys rotate``: a new key takes the place of one that may be known to others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import ParameterError
from focusmesh.host.storage import Folder
from focusmesh.interface.cli.keys.keys import Name, NewPassphraseFile, key_document, show_key
from focusmesh.interface.cli.shared.ledger_options import Unlocking  # noqa: TC001  (typer asks for it)
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.passphrase import from_file
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from focusmesh.host.ledger import Rotated

Ledgers = Annotated[
    list[str] | None,
    typer.Option(
        "--ledger",
        "-l",
        metavar="DIR",
        help="A ledger in which to rotate the key; may be repeated (else FOCUSMESH_LEDGER).",
    ),
]


@command
def rotate(
    name: Name,
    unlocking: Unlocking,
    output: Output,
    ledger: Ledgers = None,
    new_passphrase_file: NewPassphraseFile = None,
) -> None:
    """Make a new key and give it everything that NAME has in the ledgers.

    The right to make blocks is included.
    """
    from focusmesh.host.ledger import Rotation

    def new_passphrase(of: str) -> str:
        if new_passphrase_file is not None:
            return from_file(new_passphrase_file)
        return unlocking.passphrase(of, new=not rotation.is_resumed)

    screen, folders = Screen(output), _folders(ledger)
    rotation = Rotation(unlocking.store(), name, unlocking.passphrase, new_passphrase)
    rotation.check(folders)
    new = rotation.seal()
    going = "went on with" if rotation.is_resumed else "sealed"
    screen.narrate(f"{rotation.next_name}: {going}; until all ledgers have it, this is its name")
    rotated = [_carried_out(rotation.carry_out(folder, new), screen) for folder in folders]
    kept = rotation.finish()
    if screen.as_json:
        before = {"name": rotation.before_name, "neuron": rotation.old.neuron.hex()}
        screen.document(key_document(kept) | {"before": before, "items": list(map(_item, rotated))})
    else:
        show_key(kept, screen)
    screen.narrate(
        f"{rotation.before_name}: the old key, for ledgers that were not named; copies and shares of it "
        f"restore the old key alone: export and share {kept.name} anew"
    )


def _folders(ledgers: list[str] | None) -> list[Folder]:
    """The ledgers' folders; raises ParameterError where none is named, FileError where there is none."""
    named = ledgers or [where for where in (os.environ.get("FOCUSMESH_LEDGER"),) if where]
    if not named:
        raise ParameterError("--ledger: name the ledgers in which to rotate the key")
    return [Folder.existing(where) for where in named]


def _carried_out(rotated: Rotated, screen: Screen) -> Rotated:
    """Says what was done in one ledger, as soon as it was."""
    where = rotated.folder.path
    if rotated.placed is None:
        screen.narrate(f"{where}: has the new key already")
    else:
        screen.narrate(f"{where}: has the new key from block {rotated.placed.height} on")
    if rotated.makes_blocks:
        screen.narrate(f"{where}: a network of version 1, whose blocks the old key goes on making")
    return rotated


def _item(rotated: Rotated) -> dict[str, Any]:
    """One ledger: where its signal stands, null where a run before had sent it."""
    placed = rotated.placed
    return {
        "ledger": str(rotated.folder.path),
        "height": None if placed is None else placed.height,
        "signal": None if placed is None else placed.signal.hex(),
    }
