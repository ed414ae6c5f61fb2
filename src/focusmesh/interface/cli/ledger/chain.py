"""``focusmesh chain``: headers, the whole chain checked, out to a file and in from one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.engine.support import parallel
from focusmesh.host.storage import Folder
from focusmesh.interface.cli.ledger.verify_files import verify_whole_ledger
from focusmesh.interface.cli.shared.graph_input import existing
from focusmesh.interface.cli.shared.ledger_options import Height, LedgerOption, open_ledger
from focusmesh.interface.cli.shared.options import Destination, Force, Output, command
from focusmesh.interface.cli.shared.output_files import verify_output, whole_file
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import count_of, size_text

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header

Archive = Annotated[
    str, typer.Argument(metavar="FILE", help="An exported chain.", show_default=False)
]
NewLedger = Annotated[
    str,
    typer.Option("--ledger", "-l", metavar="DIR", help="The folder to create.", show_default=False),
]


@command
def header(ledger: LedgerOption, output: Output, at: Height = None) -> None:
    """Print the header of a block as JSON, for checking receipts."""
    with open_ledger(ledger) as shared:
        chain = shared.reading()
        found = chain.tip if at is None else chain.header(at)
    Screen(output).document(header_document(found))


@command
def verify(ledger: LedgerOption, output: Output) -> None:
    """Check every page, content and block of a ledger.

    Every block is executed again, everything kept is compared, and what differs is named.
    """
    verify_whole_ledger(ledger, Screen(output))


@command
def export(
    ledger: LedgerOption, destination: Destination, output: Output, force: Force = False
) -> None:
    """Write the whole chain to FILE.

    It holds the genesis, the blocks and the contents that are kept.
    """
    from focusmesh.host.storage import export_archive

    screen = Screen(output)
    path = verify_output(destination, force=force)
    with open_ledger(ledger) as shared, whole_file(path) as beside, screen.progress() as progress:
        chain = shared.reading()
        with beside.open("wb") as stream:
            export_archive(chain, stream, progress)
    tell_archive(path, chain.height, screen)


@command
def import_(archive: Archive, ledger: NewLedger, output: Output) -> None:
    """Create a ledger from an exported chain.

    Every block is checked by executing it.
    """
    from focusmesh.host.storage import import_archive
    from focusmesh.protocol.world import SignaturePool

    screen, path = Screen(output), existing(archive)
    with screen.progress() as progress, SignaturePool(parallel.thread_count()) as pool:
        height = import_archive(path, Folder(Path(ledger)), pool, progress)
    if screen.as_json:
        screen.document({"input": archive, "ledger": ledger, "height": height})
    screen.narrate(f"{ledger}: {count_of(height, 'block')} after the genesis, each carried out")


def header_document(found: Header) -> dict[str, Any]:
    """The fields of a header, bytes in hexadecimal, with its block's id."""
    return {**found.as_json(), "block_id": found.id.hex()}


def tell_archive(path: Path, height: int, screen: Screen) -> None:
    """What was written."""
    size = path.stat().st_size
    if screen.as_json:
        screen.document({"output": str(path), "height": height, "bytes": size})
    screen.narrate(f"{path}: {count_of(height, 'block')} after the genesis, {size_text(size)}")
