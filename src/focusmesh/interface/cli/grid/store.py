"""``focusmesh grid``: what a grid's store keeps is checked, proved to others, put into a ledger, or cut down."""

from __future__ import annotations

from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.errors import FileError, GridError, MissingExtraError, ParameterError
from focusmesh.interface.cli.grid.options import Dir, Keeping  # noqa: TC001  (read by typer)
from focusmesh.interface.cli.grid.requests import X, Y, Z  # noqa: TC001  (read by typer)
from focusmesh.interface.cli.shared.graph_input import existing
from focusmesh.interface.cli.shared.ledger_options import LedgerOption, Signing, open_to_sign
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.apps.grid import ArrayStore, SignedCommits
    from focusmesh.engine.grid.array import Block

At = Annotated[
    int | None, typer.Option("--at", metavar="HEIGHT", min=0, help="As of this commit (the last).")
]
ToFile = Annotated[
    str, typer.Option("--output", "-o", metavar="FILE", help="Where to write the proof.")
]
ProofFile = Annotated[
    str, typer.Argument(metavar="FILE", help="A proof that `prove` wrote.", show_default=False)
]
CommitId = Annotated[
    str,
    typer.Option(
        "--commit", metavar="ID", help="The commit's id, 64 hex digits.", show_default=False
    ),
]
Before = Annotated[
    int,
    typer.Option("--before", metavar="HEIGHT", min=0, help="The first commit whose state is kept."),
]
PublicKey = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="HEX",
        help="The key that must have signed the commits (default: that of the grid's secret).",
    ),
]
Contents = Annotated[
    bool, typer.Option("--contents", help="Publish the tiles' bytes too, not only their digests.")
]


@command
def check(store: Dir, keeping: Keeping, output: Output, key: PublicKey = None) -> None:
    """Check every byte that the store of a grid keeps.

    The process that keeps the grid may go on meanwhile.
    """
    from focusmesh.apps.grid import verify_history
    from focusmesh.host.grid import ARRAY

    screen = Screen(output)
    signed = _signed_commits(store, keeping, key)
    with _store(store, keeping) as opened, screen.progress() as progress:
        found = verify_history(opened, ARRAY, signed, progress)
    for fault in found.faults:
        screen.narrate(fault.message)
    if not found.is_valid:
        raise GridError(
            "damaged", f"{len(found.faults)} faults, the first: {found.faults[0].message}"
        )
    if screen.as_json:
        screen.document(
            {
                "height": found.height,
                "states_from": found.states_from,
                "tiles": found.tile_count,
                "bytes": found.size_bytes,
                "signed": signed.count if signed else None,
                "key": signed.public.hex() if signed else None,
            }
        )
    states = f"states from {found.states_from} on"
    tiles = f"{found.tile_count:,} tiles of {found.size_bytes:,} bytes"
    screen.lines([f"valid: {found.height + 1:,} commits, {states}, {tiles}"])
    if signed:
        screen.narrate(f"{signed.count:,} commits are signed by {signed.public.hex()}")


@command
def prove(
    store: Dir, x: X, y: Y, z: Z, keeping: Keeping, output: Output, to: ToFile, at: At = None
) -> None:
    """Write a proof of what a block held as of a commit.

    Checking it needs only the id of the commit.
    """
    from focusmesh.apps.grid import History
    from focusmesh.host.grid import ARRAY

    screen = Screen(output)
    with _store(store, keeping) as opened:
        history = History(opened, ARRAY)
        proof = history.prove(x, y, z, at)
        (commit,) = history.commits(history.height if at is None else at, at)
    data = proof.encode()
    try:
        Path(to).write_bytes(data)
    except OSError as error:
        raise FileError(f"cannot write {to}: {error.strerror}") from error
    if screen.as_json:
        screen.document({"commit": commit.id.hex(), "height": commit.height, "bytes": len(data)})
    screen.lines([f"commit {commit.id.hex()}"])
    screen.narrate(f"{to}: {len(data):,} bytes, as of height {commit.height}")


@command
def proof(file: ProofFile, commit: CommitId, output: Output) -> None:
    """Check the proof of a block against the id of a commit.

    No store is needed.
    """
    from focusmesh.apps.grid import BlockProof

    screen = Screen(output)
    try:
        commit_id = bytes.fromhex(commit)
    except ValueError as error:
        raise ParameterError(f"a commit's id is 64 hex digits, not {commit!r}") from error
    found = BlockProof.decode(existing(file).read_bytes())
    block = found.verify(commit_id)
    if screen.as_json:
        screen.document({"at": list(found.coordinates), "block": _fields(block)})
    x, y, z = found.coordinates
    there = "no block is active" if block is None else f"value {block.value}, κ {block.kappa:.3f}"
    screen.lines([f"({x}, {y}, {z})  {there}"])


@command
def prune(store: Dir, keeping: Keeping, output: Output, before: Before) -> None:
    """Delete the states before a commit; the commits stay, and so do all states since."""
    from focusmesh.apps.grid import History
    from focusmesh.host.grid import ARRAY

    screen = Screen(output)
    with _store(store, keeping) as opened:
        gone = History.open(opened, ARRAY).prune(before)
    if screen.as_json:
        screen.document({"states_from": before, "tiles": gone})
    screen.lines([f"{gone:,} tiles deleted, states from {before} on are kept"])


@command
def publish(
    store: Dir,
    ledger: LedgerOption,
    signing: Signing,
    keeping: Keeping,
    output: Output,
    contents: Contents = False,
) -> None:
    """Put the grid's commits into a ledger, from the last one there.

    Every tile becomes a leaf that the ledger proves.
    """
    from focusmesh.apps.grid import History, last_publication, publishing_steps
    from focusmesh.host.grid import ARRAY

    screen = Screen(output)
    with _store(store, keeping) as opened, open_to_sign(ledger, signing) as to:
        history = History(opened, ARRAY)
        with to.chain.state.at() as view:
            known = last_publication(view, to.author, ARRAY)
        steps = list(publishing_steps(history, known, contents=contents))
        placed = to.send(steps)
    first = -1 if known is None else known[0]
    if screen.as_json:
        screen.document(
            {
                "commits": len(steps),
                "height": history.height,
                "commit": history.tip.id.hex(),
                "block": placed[-1].height if placed else None,
            }
        )
    if not placed:
        screen.lines([f"nothing to do: the ledger has come to {first} already"])
        return
    screen.lines([f"commit {history.tip.id.hex()}  block {placed[-1].height}"])
    screen.narrate(f"{len(steps)} commits, up to height {history.height}")


def _signed_commits(store: str, keeping: Keeping, key: str | None) -> SignedCommits | None:
    """What checks who signed: for the key that was named, or that of the secret beside the store."""
    from focusmesh.apps.grid import SignedCommits, grid_key
    from focusmesh.host.grid import secret_of

    if key is not None:
        try:
            return SignedCommits(bytes.fromhex(key))
        except ValueError as error:
            raise ParameterError(f"a public key is 64 hex digits, not {key!r}") from error
    secret = secret_of(keeping.settings(store))
    try:
        return None if secret is None else SignedCommits(grid_key(secret).public)
    except MissingExtraError:
        return None


@contextmanager
def _store(store: str, keeping: Keeping) -> Iterator[ArrayStore]:
    from focusmesh.host.persistence import open_store

    settings = keeping.settings(store)
    with closing(open_store(store, password_file=settings.password_file or None)) as opened:
        yield opened


def _fields(block: Block | None) -> dict[str, float | int] | None:
    return None if block is None else block._asdict()
