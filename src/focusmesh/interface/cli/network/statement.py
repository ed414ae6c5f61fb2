"""``focusmesh network statement``: halt a network behind a block, or resume it, by what over two thirds sign in files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import InputError
from focusmesh.interface.cli.ledger.tx import send_in
from focusmesh.interface.cli.shared.explanations import safe
from focusmesh.interface.cli.shared.ledger_options import (  # noqa: TC001  (typer reads them)
    KeyName,
    LedgerOption,
    Signing,
    Unlocking,
    open_ledger,
    open_to_sign,
)
from focusmesh.interface.cli.shared.options import Force, Output, command
from focusmesh.interface.cli.shared.output_files import verify_output, whole_file
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.consensus import Statement

Kind = Annotated[str, typer.Argument(metavar="KIND", help="halt or resume.", show_default=False)]
Signed = Annotated[
    list[str],
    typer.Argument(metavar="FILE…", help="Copies of one statement, each with signatures."),
]
Destination = Annotated[
    str,
    typer.Option("--output", "-o", metavar="FILE", help="The file to create.", show_default=False),
]
EndHeight = Annotated[
    int,
    typer.Option("--end-height", metavar="N", min=0, help="The last block with signals (halt)."),
]


@command
def sign(
    kind: Kind,
    ledger: LedgerOption,
    unlocking: Unlocking,
    destination: Destination,
    output: Output,
    end_height: EndHeight = 0,
    key: KeyName = None,
    force: Force = False,
) -> None:
    """Sign a statement of this epoch by the key of a validator, or of who makes the blocks.

    All who sign name the same kind and the same end height.
    """
    from focusmesh.host.ledger import next_statement

    path = verify_output(destination, force=force)
    with open_ledger(ledger) as here:
        chain = here.reading()
        signer = unlocking.keyring(key).validator(chain.proposers, unnamed=True)
        if signer is None:
            raise InputError("no key of who decides the blocks is here: name it by --key")
        made = next_statement(chain, kind, end_height).sign(signer)
        _write(path, made, chain, Screen(output), destination)


@command
def join(
    files: Signed,
    ledger: LedgerOption,
    destination: Destination,
    output: Output,
    force: Force = False,
) -> None:
    """Join the signatures of copies of one statement."""
    path = verify_output(destination, force=force)
    with open_ledger(ledger) as here:
        _write(path, _joined(files), here.reading(), Screen(output), destination)


@command
def show(files: Signed, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Have a statement shown by the next block: from then on it holds. More than two thirds must have signed."""
    from focusmesh.apps.changes import ShowStatement

    statement = _joined(files)
    with open_to_sign(ledger, signing) as here:
        send_in(here, ShowStatement(statement.to_bytes()), Screen(output))


def _joined(files: list[str]) -> Statement:
    from focusmesh.host.ledger import joined_statement, read_statement_file

    return joined_statement([read_statement_file(Path(each)) for each in files])


def _write(path: Path, made: Statement, chain: Chain, screen: Screen, named: str) -> None:
    from focusmesh.host.ledger import signed_weight

    with whole_file(path) as file:
        file.write(made.to_bytes())
    weight, total = signed_weight(chain, made)
    text = made.text
    facts: dict[str, Any] = {"kind": text.kind, "number": text.number, "epoch": text.epoch}
    facts |= {"end_height": text.end_height, "statement": made.digest.hex()}
    if screen.as_json:
        screen.document(facts | {"weight": weight, "total": total})
    screen.narrate(
        f"{safe(named)}: {text.kind} {text.number} of epoch {text.epoch}, signed by {weight} of {total}"
    )
