"""``focusmesh keys``: the keys that sign, each in a sealed file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.interface.cli.shared.ledger_options import KEY, Keys, Unlocking
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.passphrase import ask_passphrase, from_file
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.host.keys import KeyFile

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the key.", show_default=False)]
NewPassphraseFile = Annotated[
    str | None,
    typer.Option(
        "--new-passphrase-file",
        metavar="FILE",
        rich_help_panel=KEY,
        help="Read the new passphrase from FILE (else the command asks for it).",
    ),
]


@command
def new(name: Name, unlocking: Unlocking, output: Output) -> None:
    """Make a key and seal it in a file with a passphrase. Nobody can restore either: make shares."""
    screen, store = Screen(output), unlocking.store()
    store.free(name)
    made = store.create(name, unlocking.passphrase(name, new=True))
    show_key(made, screen)
    screen.narrate(f"{made.path}: sealed; without its passphrase nobody can use it, nor can you")


@command
def list_(keys: Keys, output: Output) -> None:
    """List the keys of this machine and the neurons they sign for."""
    screen, store = Screen(output), keys.store()
    found, faults = store.keys(), store.faults()
    if screen.as_json:
        items = [key_document(key) for key in found]
        screen.document({"folder": str(store.folder), "items": items, "faults": faults})
    elif found:
        key_table(found, screen)
    elif not faults:
        screen.narrate(f"{store.folder}: no keys; `focusmesh keys new NAME` makes one")
    for fault in faults:
        screen.narrate(f"{fault}; move it away, or put back what was there")


@command
def show(name: Name, keys: Keys, output: Output) -> None:
    """Show the public key of NAME, or the name of a public key."""
    show_key(keys.store().find(name), Screen(output))


@command
def passphrase(
    name: Name,
    unlocking: Unlocking,
    output: Output,
    new_passphrase_file: NewPassphraseFile = None,
) -> None:
    """Seal the key NAME with another passphrase."""
    screen, store = Screen(output), unlocking.store()
    old = unlocking.passphrase(store.find(name).name)
    file = new_passphrase_file
    fresh = ask_passphrase(name, new=True) if file is None else from_file(file)
    changed = store.change_passphrase(name, old, fresh)
    show_key(changed, screen)
    screen.narrate(
        f"{changed.path}: sealed anew; copies of the old file open with the old passphrase"
    )


def show_key(key: KeyFile, screen: Screen) -> None:
    """One key: an object, or its line of the table."""
    if screen.as_json:
        screen.document(key_document(key))
    screen.lines([f"{key.name}  {key.neuron.hex()}"])


def key_document(key: KeyFile) -> dict[str, Any]:
    """What everyone may know of a key."""
    return {"name": key.name, "neuron": key.neuron.hex(), "path": str(key.path)}


def key_table(keys: Sequence[KeyFile], screen: Screen) -> None:
    """One line a key."""
    screen.table(
        [Column("key", style="bold"), Column("neuron", style="cyan")],
        [(key.name, key.neuron.hex()) for key in keys],
    )
