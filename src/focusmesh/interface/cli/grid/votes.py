"""``focusmesh grid``: what was done to a grid, and what its cubes vote on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from focusmesh.errors import FileError, ParameterError
from focusmesh.interface.cli.grid.options import (
    Cube,
    Dir,
    Keeping,
    Seed,
    Words,
    grid_of,
    read_text,
    request,
    show,
)
from focusmesh.interface.cli.shared.graph_input import existing
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column

First = Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, help="How many.")]
Bad = Annotated[
    list[str] | None,
    typer.Option(
        "--bad",
        metavar="VERTEX=HOW",
        help="Have a vertex be silent, equivocate, lie or forge; may be repeated.",
    ),
]
ToFile = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the vote to a file.")
]
VoteFile = Annotated[
    str,
    typer.Argument(metavar="FILE", help="A vote that `vote --output` wrote.", show_default=False),
]


@command
def history(store: Dir, keeping: Keeping, output: Output, limit: First = 20) -> None:
    """List what was done to the grid, newest first."""
    screen = Screen(output)
    with grid_of(store, keeping) as grid:
        found = grid.history(limit)
    if screen.as_json:
        show(screen, found, [])
    screen.table(
        [Column("height", right=True), Column("commit"), Column("operation")],
        [[str(one.height), one.id[:16], one.operation] for one in found.items],
    )


@command
def vote(
    store: Dir,
    cube: Cube,
    text: Words,
    keeping: Keeping,
    output: Output,
    bad: Bad = None,
    seed: Seed = 0,
    to: ToFile = None,
) -> None:
    """Let the vertices of a cube vote on what comes after TEXT.

    Eight vertices vote, and six signatures make the certificate.
    """
    import msgspec

    from focusmesh.host.grid import Vote

    faults = {
        vertex: how or "silent" for vertex, _, how in (one.partition("=") for one in bad or ())
    }
    wanted = request(Vote, instance=cube, bad=faults, seed=seed, **read_text(text))
    screen = Screen(output)
    with grid_of(store, keeping) as grid:
        found = grid.vote(wanted)
    if to is not None:
        try:
            Path(to).write_bytes(msgspec.json.encode(found))
        except OSError as error:
            raise FileError(f"cannot write {to}: {error.strerror}") from error
    proved = [f"proved to have voted twice: {one.vertex} ({one.kind})" for one in found.evidence]
    words = (
        f"vote {found.height}: next {found.next!r}, {len(found.signers)} of 8 signed, "
        f"rounds {found.rounds}, refused {found.refused}"
    )
    show(screen, found, [words, f"signers: {', '.join(found.signers)}", *proved])


@command
def verify(store: Dir, file: VoteFile, keeping: Keeping, output: Output) -> None:
    """Check the certificate of a vote against the keys of its cube."""
    from focusmesh.host.grid import VerifyVote

    try:
        said = json.loads(existing(file).read_bytes())
        wanted = request(VerifyVote, instance=said["instance"], certificate=said["certificate"])
    except (ValueError, TypeError, KeyError) as error:
        raise ParameterError(f"{file}: it is not a vote that `grid vote -o` wrote") from error
    with grid_of(store, keeping) as grid:
        found = grid.verify_vote(wanted)
    show(
        Screen(output),
        found,
        [f"{file} holds: {', '.join(found.signers)} signed {found.digest[:16]}…"],
    )
