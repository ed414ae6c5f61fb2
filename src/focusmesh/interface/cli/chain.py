"""``focusmesh chain``: headers, the whole chain checked, out to a file and in from one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.engine import parallel
from focusmesh.interface.cli.ledger_options import Height, LedgerOption, opened
from focusmesh.interface.cli.options import Destination, Force, Output, command
from focusmesh.interface.cli.reading import existing
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.table import counted, size_text
from focusmesh.interface.cli.verifying import verify_whole_ledger
from focusmesh.interface.cli.writing import verify_output, whole_file
from focusmesh.interface.node import Folder

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header

Archive = Annotated[
    str, typer.Argument(metavar="FILE", help="An exported chain.", show_default=False)
]
NewLedger = Annotated[
    str,
    typer.Option("--ledger", "-l", metavar="DIR", help="The folder to make.", show_default=False),
]


@command
def header(ledger: LedgerOption, output: Output, at: Height = None) -> None:
    """Print the header of a block as JSON: what a receipt is checked against."""
    with opened(ledger) as shared:
        chain = shared.reading()
        found = chain.tip if at is None else chain.header(at)
    Screen(output).document(header_document(found))


@command
def verify(ledger: LedgerOption, output: Output) -> None:
    """Look at every page and content, carry out every block again, compare all that is kept; name what differs."""
    verify_whole_ledger(ledger, Screen(output))


@command
def export(
    ledger: LedgerOption, destination: Destination, output: Output, force: Force = False
) -> None:
    """Write the whole chain to FILE: genesis, blocks and the contents that are kept."""
    from focusmesh.interface.archives import export_archive

    screen = Screen(output)
    path = verify_output(destination, force=force)
    with opened(ledger) as shared, whole_file(path) as beside, screen.progress() as progress:
        chain = shared.reading()
        with beside.open("wb") as stream:
            export_archive(chain, stream, progress)
    tell_archive(path, chain.height, screen)


@command
def import_(archive: Archive, ledger: NewLedger, output: Output) -> None:
    """Make a ledger of an exported chain: every block is checked by carrying it out."""
    from focusmesh.interface.archives import import_archive
    from focusmesh.protocol.world import SignaturePool

    screen, path = Screen(output), existing(archive)
    with screen.progress() as progress, SignaturePool(parallel.thread_count()) as pool:
        height = import_archive(path, Folder(Path(ledger)), pool, progress)
    if screen.as_json:
        screen.document({"input": archive, "ledger": ledger, "height": height})
    screen.narrate(f"{ledger}: {counted(height, 'block')} after the genesis, each carried out")


def header_document(found: Header) -> dict[str, Any]:
    """The fields of a header, bytes in hexadecimal, with its block's id."""
    return {**found.as_json(), "block_id": found.id.hex()}


def tell_archive(path: Path, height: int, screen: Screen) -> None:
    """What was written."""
    size = path.stat().st_size
    if screen.as_json:
        screen.document({"output": str(path), "height": height, "bytes": size})
    screen.narrate(f"{path}: {counted(height, 'block')} after the genesis, {size_text(size)}")
