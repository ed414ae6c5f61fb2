"""What the commands of a ledger share: which ledger, at which height, who signs, who decides its blocks."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.host.keys import Keyring, Keystore
from focusmesh.host.storage import Folder
from focusmesh.interface.cli.shared.passphrase import passphrase_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.host.ledger import OpenLedger
    from focusmesh.host.storage import OpenedChain

KEY = "Key"

LedgerOption = Annotated[
    str,
    typer.Option(
        "--ledger",
        "-l",
        metavar="DIR",
        envvar="FOCUSMESH_LEDGER",
        show_envvar=False,
        help="The ledger's folder (else FOCUSMESH_LEDGER).",
        show_default=False,
    ),
]
LedgerFolder = Annotated[
    str, typer.Argument(metavar="DIR", help="The ledger's folder.", show_default=False)
]
KeysFolder = Annotated[
    str | None,
    typer.Option(
        "--keys",
        metavar="DIR",
        rich_help_panel=KEY,
        help="Folder of key files (else FOCUSMESH_KEYS, else the user's own).",
    ),
]
PassphraseFile = Annotated[
    str | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        rich_help_panel=KEY,
        help="Read the passphrase from FILE (else FOCUSMESH_PASSPHRASE, else the command asks for it).",
    ),
]
Height = Annotated[
    int | None,
    typer.Option("--at", metavar="HEIGHT", min=0, help="Answer for this block (the last one)."),
]
KeyName = Annotated[
    str | None,
    typer.Option(
        "--key",
        "-k",
        metavar="NAME",
        rich_help_panel=KEY,
        help="The key that signs (the one that makes the blocks).",
    ),
]
Source = Annotated[
    str, typer.Argument(metavar="SOURCE", help="A particle: text, or a CID.", show_default=False)
]
Target = Annotated[
    str, typer.Argument(metavar="TARGET", help="A particle: text, or a CID.", show_default=False)
]
Relation = Annotated[
    str | None, typer.Option("--relation", "-r", metavar="NAME", help="Relation of the link.")
]
Tip = Annotated[
    int,
    typer.Option(
        "--tip",
        metavar="AMOUNT",
        min=0,
        rich_help_panel=KEY,
        help="Tip for whoever makes the block.",
    ),
]
AgreementKind = Annotated[
    str,
    typer.Option(
        "--agreement",
        metavar="KIND",
        help="Who decides blocks: solo (keys), quorum or snowman (validators with over two thirds of the bonds).",
    ),
]
Validators = Annotated[
    list[str] | None,
    typer.Option(
        "--validator",
        metavar="KEY=BOND",
        help="A validator of the first epoch and its bond; may be repeated.",
    ),
]
EpochBlocks = Annotated[
    int,
    typer.Option(
        "--epoch-blocks",
        metavar="N",
        min=1,
        help="Length of an epoch: the validators may change every N blocks.",
    ),
]


@dataclass(frozen=True, slots=True)
class Keys:
    """Where the key files are."""

    keys: KeysFolder = None

    def store(self) -> Keystore:
        """The keystore."""
        return Keystore.at(self.keys, os.environ)


@dataclass(frozen=True, slots=True)
class Unlocking(Keys):
    """Where the key files are, and where the passphrase comes from."""

    passphrase_file: PassphraseFile = None

    def passphrase(self, name: str, *, new: bool = False) -> str:
        """The passphrase of the key ``name``."""
        return passphrase_of(name, self.passphrase_file, new=new)

    def keyring(self, key: str | None) -> Keyring:
        """The keys of a process, that of the name ``key`` signing."""
        return Keyring(self.store(), key, self.passphrase)


@dataclass(frozen=True, slots=True)
class Signing(Unlocking):
    """Who signs, and what is left to the block's maker."""

    key: KeyName = None
    tip: Tip = 0


@contextmanager
def open_ledger(where: str) -> Iterator[OpenedChain]:
    """The chain of a ledger's folder, to read."""
    from focusmesh.host.storage import OpenedChain

    chain = OpenedChain.of(Folder.existing(where))
    try:
        yield chain
    finally:
        chain.release()


@contextmanager
def open_to_sign(where: str, signing: Signing) -> Iterator[OpenLedger]:
    """A ledger that signals can be sent to."""
    from focusmesh.host.ledger import OpenLedger

    ledger = OpenLedger(Folder.existing(where), signing.keyring(signing.key), signing.tip)
    try:
        yield ledger
    finally:
        ledger.close()
