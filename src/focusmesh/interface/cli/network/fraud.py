"""``focusmesh fraud``: blocks whose focus is proved to be wrong."""

from __future__ import annotations

from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.errors import ProofError
from focusmesh.interface.cli.ledger.verify import read_header
from focusmesh.interface.cli.network.availability import ApiKey  # noqa: TC001  (typer reads it)
from focusmesh.interface.cli.shared.options import Force, Output, command
from focusmesh.interface.cli.shared.output_files import verify_output, whole_file
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import count_of

if TYPE_CHECKING:
    from focusmesh.host.light import Source
    from focusmesh.kernel.block import Header

Where = Annotated[
    str,
    typer.Argument(
        metavar="WHERE",
        help="A server, a node (KEY@ADDRESS#NETWORK) or a ledger's folder.",
        show_default=False,
    ),
]
ProofFile = Annotated[
    str, typer.Argument(metavar="PROOF", help="A proof of fraud.", show_default=False)
]
HeaderFile = Annotated[
    str | None,
    typer.Option(
        "--header",
        metavar="FILE",
        help="The header of the block as JSON, if WHERE did not accept that block.",
    ),
]
ParentFile = Annotated[
    str | None,
    typer.Option(
        "--parent",
        metavar="FILE",
        help="The header of the block before, if WHERE did not accept that one either.",
    ),
]
BlockId = Annotated[
    str | None,
    typer.Option("--block", metavar="ID", help="Write the proof against this block."),
]
ProofOutput = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to write it, with --block."),
]


@command
def show(
    where: Where,
    output: Output,
    block: BlockId = None,
    file: ProofOutput = None,
    force: Force = False,
    api_key: ApiKey = None,
) -> None:
    """List the blocks that a node has fraud proofs against.

    It can write one of the proofs to a file.
    """
    from focusmesh.host.light import source_of

    screen = Screen(output)
    with closing(source_of(where, api_key)) as source:
        if block is None:
            found = [each.hex() for each in source.frauds()]
            if screen.as_json:
                screen.document({"blocks": found})
            else:
                screen.lines(found or ["no block is proved to be wrong"])
            return
        proof = source.fraud(bytes.fromhex(block))
    path = verify_output(file or f"{block[:16]}.fraud", force=force)
    with whole_file(path) as beside:
        beside.write_bytes(proof)
    screen.narrate(f"{path}: {count_of(len(proof), 'byte')}, against block {block}")


@command
def verify(
    proof: ProofFile,
    where: Where,
    output: Output,
    header: HeaderFile = None,
    parent: ParentFile = None,
    api_key: ApiKey = None,
) -> None:
    """Check a fraud proof against headers from WHERE.

    The exit code is 7 if it proves nothing.
    """
    from focusmesh.host.light import source_of
    from focusmesh.kernel.block import Genesis
    from focusmesh.kernel.fraud import FRAUD_BYTES_MAX, fraud_block, verify_fraud

    screen = Screen(output)
    with Path(proof).open("rb") as held:
        data = held.read(FRAUD_BYTES_MAX + 1)
    block = fraud_block(data)
    with closing(source_of(where, api_key)) as source:
        genesis = Genesis.decode(source.genesis())
        if header is None:
            accused, before = _headers(source, block)
        else:
            accused = read_header(header)
            before = _parent(source, accused) if parent is None else read_header(parent)
    if accused.network != genesis.network:
        raise ProofError("fraud", f"the block is of another network than {where}")
    found = verify_fraud(data, accused, before, genesis.parameters)
    document = {
        "block": block.hex(),
        "height": found.height,
        "rule": found.kind,
        "what": found.what,
        "bytes": len(data),
    }
    if screen.as_json:
        screen.document(document)
        return
    lines = f"block {found.height} {block.hex()}", f"is wrong: {found.what}"
    screen.lines([*lines, f"rule {found.kind}, {count_of(len(data), 'byte')}"])


def _headers(source: Source, block: bytes) -> tuple[Header, Header]:
    """The header of a block and the one before it, looked for from the last one back."""
    from focusmesh.host.service import HEADERS_MAX
    from focusmesh.kernel.block import Header

    last = source.tip()
    while last > 0:
        first = max(0, last - HEADERS_MAX + 1)
        headers = [Header.decode(each.header) for each in source.headers(first, last)]
        for parent, header in pairwise(headers):
            if header.id == block:
                return header, parent
        last = first
        if not first:
            break
    raise ProofError(
        "fraud", f"block {block.hex()} is not of this chain: its header cannot be found"
    )


def _parent(source: Source, header: Header) -> Header:
    """The header before, of the same chain."""
    from focusmesh.kernel.block import Header

    before = header.height - 1
    found = [Header.decode(each.header) for each in source.headers(before, before)]
    if not found or found[0].id != header.parent:
        raise ProofError("fraud", f"block {header.height} does not follow block {before} there")
    return found[0]
