"""``focusmesh availability prove``: a share or a namespace, with what proves it; and whether such a proof holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from focusmesh.interface.cli.network.availability import ApiKey, AtHeight, Proposer, proposer_key
from focusmesh.interface.cli.shared.options import Force, Output, command
from focusmesh.interface.cli.shared.output_files import verify_output, whole_file
from focusmesh.interface.cli.shared.screen import Screen

WhereOrFile = Annotated[
    str,
    typer.Argument(
        metavar="WHERE|FILE",
        help="Where to get it from; with --check, the file to check.",
        show_default=False,
    ),
]
Share = Annotated[
    str | None, typer.Option("--share", metavar="ROW,COLUMN", help="Prove this share.")
]
Namespace = Annotated[
    str | None,
    typer.Option("--namespace", metavar="NAME", help="Prove all shares of it: signals, focus."),
]
ProofFile = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the proof to this file.")
]
Checking = Annotated[bool, typer.Option("--check", help="Check a proof of a share or a namespace.")]
BadEncodingFile = Annotated[
    str | None,
    typer.Option(
        "--bad-encoding", metavar="FILE", help="Check a proof that the block was coded badly."
    ),
]


@command
def prove(
    where: WhereOrFile,
    output: Output,
    height: AtHeight = None,
    share: Share = None,
    namespace: Namespace = None,
    destination: ProofFile = None,
    check: Checking = False,
    bad_encoding: BadEncodingFile = None,
    force: Force = False,
    proposer: Proposer = None,
    api_key: ApiKey = None,
) -> None:
    """Write a share or a namespace with its proof, or check one.

    Checking it needs only the block's header.
    """
    from focusmesh.host import availability_proofs as proofs
    from focusmesh.host.light import source_of

    screen, key = Screen(output), proposer_key(proposer)
    if check:
        found = proofs.check_proof_file(Path(where), key)
    else:
        source = source_of(where, api_key)
        try:
            at = source.tip() if height is None else height
            if bad_encoding is not None:
                found = proofs.badly_coded(source, at, Path(bad_encoding), key)
            else:
                found = proofs.take_proof(source, at, share, namespace, key)
        finally:
            source.close()
    if destination is not None and found.document is not None:
        path = verify_output(destination, force=force)
        with whole_file(path) as beside:
            beside.write_bytes(found.document)
    if screen.as_json:
        screen.document(found.facts)
    screen.lines([found.words])
