"""``focusmesh availability``: is a block's body there, without having it; all of it from what is left; proofs."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import ParameterError, ProofError
from focusmesh.interface.cli.options import Destination, Force, Output, command
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.table import counted, size_text
from focusmesh.interface.cli.writing import verify_output, whole_file

if TYPE_CHECKING:
    from focusmesh.interface.light import SampledBlock
    from focusmesh.interface.sharing import Source

_PROPOSER_BYTES = 32

Where = Annotated[
    str,
    typer.Argument(
        metavar="WHERE",
        help="A ledger's folder, the address of its server, or a node, KEY@ADDRESS#NETWORK.",
        show_default=False,
    ),
]
Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="WHERE…",
        help="Ledgers' folders, addresses of servers, and nodes, asked one after the other.",
        show_default=False,
    ),
]
AtHeight = Annotated[
    int | None, typer.Option("--height", metavar="N", min=1, help="The block (the last one).")
]
Proposer = Annotated[
    str | None,
    typer.Option(
        "--proposer", metavar="KEY", help="Believe headers of this public key alone (hexadecimal)."
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        "--api-key", metavar="KEY", envvar="FOCUSMESH_API_KEY", help="What servers ask for."
    ),
]


@command
def sample(
    where: Where,
    output: Output,
    height: AtHeight = None,
    samples: Annotated[
        int, typer.Option("--samples", "-s", min=1, max=4_096, help="How many random shares.")
    ] = 16,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with every block that comes, until interrupted.")
    ] = False,
    metrics: Annotated[
        str | None,
        typer.Option(
            "--metrics",
            metavar="FILE",
            help="Keep the last result there, in Prometheus' text form.",
        ),
    ] = None,
    proposer: Proposer = None,
    api_key: ApiKey = None,
) -> None:
    """Take random shares of a block and check each: how sure is it that all of its data is there?"""
    from focusmesh.interface.light import sampled_block
    from focusmesh.interface.sharing import source_of

    screen, key = Screen(output), _key(proposer)
    source = source_of(where, api_key)
    try:
        at = source.tip() if height is None else height
        while True:
            found = sampled_block(source, at, samples, os.urandom, key)
            if metrics is not None:
                _write_metrics(Path(metrics), found)
            _tell_sampled(found, screen)
            if not found.sampled.is_available:
                raise ProofError("unavailable", _missing(found))
            if not follow:
                return
            at = _next(source, at)
    finally:
        source.close()


@command
def repair(
    where: Sources,
    destination: Destination,
    output: Output,
    height: AtHeight = None,
    force: Force = False,
    proposer: Proposer = None,
    api_key: ApiKey = None,
) -> None:
    """Rebuild a block's body from shares of several sources; where it was coded badly, write the proof of that."""
    from focusmesh.interface.light import repaired_block
    from focusmesh.interface.sharing import source_of

    screen, path, key = Screen(output), verify_output(destination, force=force), _key(proposer)
    sources = [source_of(each, api_key) for each in where]
    try:
        at = max(source.tip() for source in sources) if height is None else height
        with screen.progress() as progress:
            found = repaired_block(sources, at, key, progress)
    finally:
        for source in sources:
            source.close()
    with whole_file(path) as beside:
        beside.write_bytes(found.data)
    document = {
        "height": at,
        "block": found.header.id.hex(),
        "shares_taken": found.taken,
        "shares": found.total,
        "output": str(path),
        "bytes": len(found.data),
        "is_body": not found.is_bad,
    }
    if screen.as_json:
        screen.document(document)
    if found.is_bad:
        raise ProofError(
            "bad-encoding",
            f"block {at} was coded badly: no body is in it. {path} proves that to whoever has its header",
        )
    screen.narrate(
        f"{path}: body of block {at}, {size_text(len(found.data))}, from {counted(found.taken, 'share')} "
        f"of {found.total:,}; it is the one that the header names"
    )


def _key(proposer: str | None) -> bytes | None:
    if proposer is None:
        return None
    try:
        key = bytes.fromhex(proposer)
    except ValueError:
        key = b""
    if len(key) != _PROPOSER_BYTES:
        raise ParameterError(
            f"--proposer is {_PROPOSER_BYTES} bytes in hexadecimal, not {proposer[:80]!r}"
        )
    return key


def _next(source: Source, height: int) -> int:
    while source.tip() <= height:
        time.sleep(0.5)
    return height + 1


def _tell_sampled(found: SampledBlock, screen: Screen) -> None:
    document: dict[str, Any] = {
        "height": found.header.height,
        "block": found.header.id.hex(),
        "proposer": found.header.proposer.hex(),
        "width": found.roots.width,
        "samples": len(found.sampled.taken),
        "missing": [list(place) for place in found.sampled.missing],
        "confidence": found.sampled.confidence,
    }
    if screen.as_json:
        screen.document(document)
        return
    took = counted(len(found.sampled.taken), "share")
    if found.sampled.is_available:
        sure = f"available with confidence {found.sampled.confidence:.6f}"
        screen.lines([f"block {found.header.height}: {took} taken, none missing; {sure}"])
    screen.narrate(f"made by {found.header.proposer.hex()}")


def _missing(found: SampledBlock) -> str:
    places = ", ".join(f"({row}, {column})" for row, column in found.sampled.missing[:5])
    more = "" if len(found.sampled.missing) <= 5 else " and more"
    return (
        f"block {found.header.height}: {len(found.sampled.missing)} of {len(found.sampled.taken)} shares did not come "
        f"with a proof that holds: {places}{more}; ask others (availability repair), and trust nothing in it meanwhile"
    )


def _write_metrics(path: Path, found: SampledBlock) -> None:
    values = {
        "height": ("Height of the block that was sampled last.", found.header.height),
        "samples": ("Shares that were asked for.", len(found.sampled.taken)),
        "missing": (
            "Shares that did not come with a proof that holds.",
            len(found.sampled.missing),
        ),
        "confidence": (
            "How probable it was to come upon a gap, had the block been unavailable.",
            found.sampled.confidence,
        ),
    }
    lines = []
    for name, (words, value) in values.items():
        full = f"focusmesh_availability_{name}"
        lines += [f"# HELP {full} {words}", f"# TYPE {full} gauge", f"{full} {value}"]
    with whole_file(path) as beside:
        beside.write_text("\n".join(lines) + "\n")


@command
def prove(
    where: Annotated[
        str,
        typer.Argument(
            metavar="WHERE|FILE",
            help="Where to take it from; with --check, what was written.",
            show_default=False,
        ),
    ],
    output: Output,
    height: AtHeight = None,
    share: Annotated[
        str | None, typer.Option("--share", metavar="ROW,COLUMN", help="Prove this share.")
    ] = None,
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", metavar="NAME", help="Prove all shares of it: signals, focus."),
    ] = None,
    destination: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the proof there.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check a proof of a share or a namespace.")
    ] = False,
    bad_encoding: Annotated[
        str | None,
        typer.Option(
            "--bad-encoding", metavar="FILE", help="Check a proof that the block was coded badly."
        ),
    ] = None,
    force: Force = False,
    proposer: Proposer = None,
    api_key: ApiKey = None,
) -> None:
    """Write a share, or all of a namespace, with what proves it by the block's header alone; or check one."""
    from focusmesh.interface import availability_proofs as proofs
    from focusmesh.interface.sharing import source_of

    screen, key = Screen(output), _key(proposer)
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
