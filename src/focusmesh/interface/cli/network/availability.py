"""``focusmesh availability``: is a block's body there, without having it; all of it from what is left; proofs."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from focusmesh.errors import FileError, ParameterError, ProofError
from focusmesh.interface.cli.shared.options import Destination, Force, Output, command
from focusmesh.interface.cli.shared.output_files import verify_output, whole_file
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import count_of, size_text

if TYPE_CHECKING:
    from focusmesh.host.light import SampledBlock, Source

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
        "--proposer", metavar="KEY", help="Accept only headers of this public key (hexadecimal)."
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        metavar="KEY",
        envvar="FOCUSMESH_API_KEY",
        help="API key for servers that ask for one.",
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
    blocks: Annotated[
        int | None,
        typer.Option(
            "--blocks", metavar="N", min=1, help="With --follow: stop after this many blocks."
        ),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            "--metrics", metavar="FILE", help="Write what was found to this file, for Prometheus."
        ),
    ] = None,
    proposer: Proposer = None,
    api_key: ApiKey = None,
) -> None:
    """Take random shares of a block: is all of its data there?

    Each share is checked, and the probability that all data is there is shown.
    """
    from focusmesh.host.light import source_of

    asked = LightNodeTask(samples, proposer_key(proposer), blocks if follow else 1, follow=follow)
    if blocks is not None and not follow:
        raise ParameterError("--blocks says when --follow ends: give both")
    source = source_of(where, api_key)
    try:
        at = source.tip() if height is None else height
        _sample(source, at, asked, Screen(output), None if metrics is None else Path(metrics))
    finally:
        source.close()


class LightNodeTask(NamedTuple):
    """What a light node is to do: ``blocks`` of them, or all that come."""

    samples: int
    proposer: bytes | None
    blocks: int | None
    follow: bool


def _sample(
    source: Source, height: int, asked: LightNodeTask, screen: Screen, path: Path | None
) -> None:
    from focusmesh.host.light import LightCounts, followed_blocks, sampled_block

    counts, refusal = LightCounts(), ""
    given = height, asked.samples, os.urandom, asked.proposer
    once = (sampled_block(source, *given) for _ in range(1))
    for found in followed_blocks(source, *given, time.sleep) if asked.follow else once:
        if isinstance(found, FileError):
            counts.failures += 1
            screen.narrate(f"{found}; asking again")
        else:
            counts.add(found)
            _tell_sampled(found, screen)
            refusal = refusal or ("" if found.sampled.is_available else _missing(found))
        if path is not None:
            with whole_file(path) as beside:
                beside.write_text(counts.text())
        if counts.blocks == asked.blocks:
            break
    if refusal:
        raise ProofError("unavailable", refusal)


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
    """Rebuild a block's body from shares of several sources.

    Where it was coded badly, the proof of that is written.
    """
    from focusmesh.host.light import newest_height, repaired_block, source_of

    screen, key = Screen(output), proposer_key(proposer)
    path = verify_output(destination, force=force)
    sources = [source_of(each, api_key) for each in where]
    try:
        at = newest_height(sources, key) if height is None else height
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
            f"block {at} was coded badly, so it holds no body. {path} proves that to everyone who has its header",
        )
    screen.narrate(
        f"{path}: body of block {at}, {size_text(len(found.data))}, from {count_of(found.taken, 'share')} "
        f"of {found.total:,}; it is the one that the header names"
    )


def proposer_key(proposer: str | None) -> bytes | None:
    """What ``--proposer`` names. Raises ParameterError."""
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
    took = count_of(len(found.sampled.taken), "share")
    if found.sampled.is_available:
        sure = f"none missing; available with confidence {found.sampled.confidence:.6f}"
    else:
        sure = f"{len(found.sampled.missing)} missing; not known to be available"
    screen.lines([f"block {found.header.height}: {took} taken, {sure}"])
    screen.narrate(f"made by {found.header.proposer.hex()}")


def _missing(found: SampledBlock) -> str:
    places = ", ".join(f"({row}, {column})" for row, column in found.sampled.missing[:5])
    more = "" if len(found.sampled.missing) <= 5 else " and more"
    return (
        f"block {found.header.height}: {len(found.sampled.missing)} of {len(found.sampled.taken)} shares did not come "
        f"with a proof that holds: {places}{more}; ask others (availability repair), and trust nothing in it meanwhile"
    )
