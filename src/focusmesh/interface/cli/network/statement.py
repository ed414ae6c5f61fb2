"""``focusmesh network statement``: halt a network behind a block, or resume it, as over two thirds sign it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import InputError, ParameterError
from focusmesh.interface.cli.ledger.tx import send_in
from focusmesh.interface.cli.shared.explanations import safe
from focusmesh.interface.cli.shared.ledger_options import (
    LedgerOption,
    Signing,
    open_ledger,
    open_to_sign,
)
from focusmesh.interface.cli.shared.options import Force, Output, command
from focusmesh.interface.cli.shared.output_files import verify_output, whole_file
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.consensus import Statement

KINDS, JOIN, SHOW = ("halt", "resume"), "join", "show"
Action = Annotated[
    str,
    typer.Argument(
        metavar="ACTION", help="halt or resume (sign it), join or show.", show_default=False
    ),
]
Files = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILE…", help="Copies of one statement, for join and show."),
]
Destination = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="The file to create, but for show."),
]
EndHeight = Annotated[
    int,
    typer.Option("--end-height", metavar="N", min=0, help="The last block with signals, for halt."),
]


@command
def statement(
    action: Action,
    ledger: LedgerOption,
    signing: Signing,
    output: Output,
    files: Files = None,
    end_height: EndHeight = 0,
    destination: Destination = None,
    force: Force = False,
) -> None:
    """Halt a network behind a block, or resume it, by a statement that more than two thirds sign.

    Each validator signs a copy (halt, resume). The copies are joined, and anybody has the result shown by a block.
    """
    if action not in (*KINDS, JOIN, SHOW):
        raise ParameterError(f"a statement is {', '.join(KINDS)}, {JOIN} or {SHOW}, not {action!r}")
    if (destination is None) != (action == SHOW):
        raise ParameterError(
            f"{action}: --output FILE is for halt, resume and join, and needed there"
        )
    screen = Screen(output)
    if destination is None:
        _show(ledger, signing, files or [], screen)
        return
    path = verify_output(destination, force=force)
    with open_ledger(ledger) as here:
        chain = here.reading()
        made = _sign(chain, signing, action, end_height) if action in KINDS else _join(files)
        _write(path, made, chain, screen)


def _sign(chain: Chain, signing: Signing, kind: str, end_height: int) -> Statement:
    """One signature: that of a validator, or of who makes the blocks."""
    from focusmesh.host.ledger import next_statement

    text = next_statement(chain, kind, end_height)
    signer = signing.keyring(signing.key).validator(chain.proposers, unnamed=True)
    if signer is None:
        raise InputError("no key of who decides the blocks is here: name it by --key")
    return text.sign(signer)


def _show(ledger: str, signing: Signing, files: list[str], screen: Screen) -> None:
    from focusmesh.apps.changes import ShowStatement

    joined = _join(files)
    with open_to_sign(ledger, signing) as here:
        send_in(here, ShowStatement(joined.to_bytes()), screen)


def _join(files: list[str] | None) -> Statement:
    from focusmesh.host.ledger import joined_statement, read_statement_file

    return joined_statement([read_statement_file(Path(each)) for each in files or []])


def _write(path: Path, made: Statement, chain: Chain, screen: Screen) -> None:
    from focusmesh.host.ledger import signed_weight

    with whole_file(path) as where:
        where.write_bytes(made.to_bytes())
    weight, total = signed_weight(chain, made)
    text = made.text
    facts: dict[str, Any] = {"kind": text.kind, "number": text.number, "epoch": text.epoch}
    if screen.as_json:
        facts |= {"end_height": text.end_height, "statement": made.digest.hex()}
        screen.document(facts | {"weight": weight, "total": total})
    words = f"{text.kind} {text.number} of epoch {text.epoch}, signed by {weight} of {total}"
    screen.narrate(f"{safe(str(path))}: {words}")
