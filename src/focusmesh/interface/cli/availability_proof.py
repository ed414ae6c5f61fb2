"""``focusmesh availability prove``: a share or a namespace, with what proves it; and whether such a proof holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from focusmesh.interface.cli.availability import ApiKey, AtHeight, Proposer, proposer_key
from focusmesh.interface.cli.options import Force, Output, command
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.writing import verify_output, whole_file

WhereOrFile = Annotated[
    str,
    typer.Argument(
        metavar="WHERE|FILE",
        help="Where to take it from; with --check, what was written.",
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
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the proof there.")
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
    """Write a share, or all of a namespace, with what proves it by the block's header alone; or check one."""
    from focusmesh.interface import availability_proofs as proofs
    from focusmesh.interface.sharing import source_of

    screen, key = Screen(output), proposer_key(proposer)
    if check:
        found = proofs.checked(Path(where), key)
    else:
        source = source_of(where, api_key)
        try:
            at = source.tip() if height is None else height
            if bad_encoding is not None:
                found = proofs.badly_coded(source, at, Path(bad_encoding), key)
            else:
                found = proofs.taken(source, at, share, namespace, key)
        finally:
            source.close()
    if destination is not None and found.document is not None:
        path = verify_output(destination, force=force)
        with whole_file(path) as beside:
            beside.write_bytes(found.document)
    if screen.as_json:
        screen.document(found.facts)
    screen.lines([found.words])
