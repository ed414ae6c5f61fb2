"""``focusmesh recover``: the way out of an epoch that cannot end, signed by more than two thirds of the stake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.host.storage import Folder
from focusmesh.interface.cli.shared.explanations import safe
from focusmesh.interface.cli.shared.ledger_options import (  # noqa: TC001  (typer reads them)
    KeyName,
    LedgerFolder,
    Unlocking,
)
from focusmesh.interface.cli.shared.options import Force, Output, command
from focusmesh.interface.cli.shared.output_files import verify_output, whole_file
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from focusmesh.kernel.consensus import Start

Destination = Annotated[
    str,
    typer.Option("--output", "-o", metavar="FILE", help="The file to create.", show_default=False),
]
Reports = Annotated[
    list[str],
    typer.Argument(
        metavar="REPORT…", help="Reports of more than two thirds of the stake, its own included."
    ),
]
Signatures = Annotated[
    list[str], typer.Argument(metavar="SIGNATURE…", help="The signatures of the validators.")
]
Statement = Annotated[
    str, typer.Argument(metavar="STATEMENT", help="The statement that `combine` made.")
]


@command
def report(
    folder: LedgerFolder,
    unlocking: Unlocking,
    destination: Destination,
    output: Output,
    key: KeyName = None,
    force: Force = False,
) -> None:
    """Promise that the validator of DIR stops voting in this turn of its epoch.

    What it knows is written to FILE.
    """
    from focusmesh.host.node import report_votes

    screen, path = Screen(output), verify_output(destination, force=force)
    made = report_votes(Folder.existing(folder), unlocking.keyring(key))
    _write(path, made.to_bytes())
    facts = {
        "voter": made.validator.hex(),
        "height": made.height,
        "block": made.block.hex(),
        "open_votes": len(made.ends),
    }
    if screen.as_json:
        screen.document(facts)
    screen.narrate(
        f"{safe(destination)}: {made.validator.hex()[:16]}… has block {made.height}, and {len(made.ends)} votes to "
        "finalise what is not decided"
    )


@command
def sign(
    folder: LedgerFolder,
    unlocking: Unlocking,
    reports: Reports,
    destination: Destination,
    output: Output,
    key: KeyName = None,
    force: Force = False,
) -> None:
    """Sign the block after which voting goes on, as the reports say.

    The command refuses if a later block may be decided.
    """
    from focusmesh.host.node import sign_epoch_start

    screen, path = Screen(output), verify_output(destination, force=force)
    found = sign_epoch_start(
        Folder.existing(folder), unlocking.keyring(key), [Path(each) for each in reports]
    )
    _write(path, found[1])
    _show(screen, found[0], f"{safe(destination)}: signed")


@command
def combine(
    folder: LedgerFolder,
    signatures: Signatures,
    destination: Destination,
    output: Output,
    force: Force = False,
) -> None:
    """Combine signatures of more than two thirds of the stake.

    The result is a statement. The node of DIR must be stopped meanwhile.
    """
    from focusmesh.host.node import statement

    screen, path = Screen(output), verify_output(destination, force=force)
    made = statement(Folder.existing(folder), [Path(each) for each in signatures])
    _write(path, made.to_bytes())
    _show(
        screen,
        made.start,
        f"{safe(destination)}: {len(made.certificate.signatures)} validators say",
    )


@command
def apply(folder: LedgerFolder, statement: Statement, output: Output) -> None:
    """Let the node of DIR vote by a statement from its next start.

    The node must be stopped meanwhile.
    """
    from focusmesh.host.node import apply_statement

    screen = Screen(output)
    _show(screen, apply_statement(Folder.existing(folder), Path(statement)), f"{folder}: applied")


def _write(path: Path, data: bytes) -> None:
    with whole_file(path) as where:
        where.write_bytes(data)


def _show(screen: Screen, start: Start, words: str) -> None:
    from focusmesh.kernel.consensus import epoch_of_number, turn_of_number

    epoch, turn = epoch_of_number(start.number), turn_of_number(start.number)
    if screen.as_json:
        screen.document(
            {"epoch": epoch, "turn": turn, "height": start.height, "block": start.block.hex()}
        )
    screen.narrate(f"{words}: turn {turn} of epoch {epoch} begins behind block {start.height}")
