"""``focusmesh keys export`` and ``import``: a sealed key goes to another machine, or into a safe."""

from __future__ import annotations

from typing import Annotated

import typer

from focusmesh.host.keys import SUFFIX, key_file, open_key, read_key
from focusmesh.host.private_files import write_private
from focusmesh.interface.cli.keys.keys import Name, NewPassphraseFile, key_document, show_key
from focusmesh.interface.cli.shared.graph_input import existing
from focusmesh.interface.cli.shared.ledger_options import Unlocking  # noqa: TC001  (typer asks for it)
from focusmesh.interface.cli.shared.options import Destination, Force, Output, command
from focusmesh.interface.cli.shared.output_files import verify_output
from focusmesh.interface.cli.shared.passphrase import from_file
from focusmesh.interface.cli.shared.screen import Screen

KeyCopy = Annotated[str, typer.Argument(metavar="FILE", help="A sealed key.", show_default=False)]
NameHere = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="Name of the key here (default: the file's)."),
]


@command
def export(
    name: Name,
    destination: Destination,
    unlocking: Unlocking,
    output: Output,
    new_passphrase_file: NewPassphraseFile = None,
    force: Force = False,
) -> None:
    """Write the key NAME to FILE, sealed: with its passphrase, or with the one of --new-passphrase-file."""
    screen, path = Screen(output), verify_output(destination, force=force)
    found = unlocking.store().find(name)
    data = read_key(found.path)
    # A copy that nobody can open is found out today.
    key = open_key(data, unlocking.passphrase(found.name), found.path)
    if new_passphrase_file is not None:
        data = key_file(key, from_file(new_passphrase_file))
    write_private(path, data, replace=force)
    if screen.as_json:
        screen.document(key_document(found) | {"output": str(path)})
    screen.narrate(f"{path}: {found.name}, sealed; it opens with {_which(new_passphrase_file)}")


@command
def import_(file: KeyCopy, unlocking: Unlocking, output: Output, name: NameHere = None) -> None:
    """Keep the sealed key in FILE here, once its passphrase has opened it."""
    screen, path = Screen(output), existing(file)
    chosen = name or path.name.removesuffix(SUFFIX).removesuffix(".json")
    store = unlocking.store()
    store.free(chosen)
    show_key(store.admit(chosen, path, unlocking.passphrase(chosen)), screen)
    screen.narrate(f"{store.folder}: has the key; {path} can be deleted")


def _which(new_passphrase_file: str | None) -> str:
    return "its passphrase" if new_passphrase_file is None else f"that of {new_passphrase_file}"
