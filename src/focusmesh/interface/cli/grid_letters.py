"""``focusmesh grid``: signed letters between the cubes of different grids on one machine."""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.errors import GridError, ParameterError
from focusmesh.interface.cli.grid_options import (
    Cube,
    Dir,
    Keeping,
    Words,
    grid_of,
    request,
    worded,
)
from focusmesh.interface.cli.options import Output, command
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.table import Column

if TYPE_CHECKING:
    from focusmesh.interface.grid import GridService
    from focusmesh.interface.letters import Heard

LETTERS_PORT = 8498

Port = Annotated[
    int, typer.Option("--port", metavar="N", min=0, max=65_535, help="Port on this machine.")
]
Senders = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="KEY", help="A key that may write; may be repeated."),
]
Count = Annotated[
    int | None, typer.Option("--count", metavar="N", min=1, help="End after so many letters.")
]
Recipient = Annotated[
    str, typer.Argument(metavar="KEY", help="Key of the cube it is for.", show_default=False)
]
Ask = Annotated[
    bool, typer.Option("--ask", help="Have it read at once, and tell what is expected next.")
]


@command
def keys(store: Dir, keeping: Keeping, output: Output) -> None:
    """The key that each cube signs letters with, to be told to those who write to it."""
    from focusmesh.apps.grid import vertex_keys
    from focusmesh.engine.grid.cube import CENTRAL

    screen = Screen(output)
    with grid_of(store, keeping) as grid:
        names = sorted(grid.grid.instances)
        found = {name: vertex_keys(_secret(grid), name)[CENTRAL].public.hex() for name in names}
    if screen.as_json:
        screen.document({"keys": found})
    screen.table([Column("cube"), Column("key")], [[*pair] for pair in found.items()])


@command
def receive(
    store: Dir,
    keeping: Keeping,
    output: Output,
    senders: Senders = None,
    port: Port = LETTERS_PORT,
    count: Count = None,
) -> None:
    """Take letters for the grid's cubes from cubes of other grids, on this machine alone, until interrupted."""
    from focusmesh.interface.letters import LetterBox

    screen = Screen(output)
    known = [_key(text) for text in senders or []]
    taken: list[Heard] = []
    full = Event()
    with grid_of(store, keeping) as grid:

        def heard(letter: Heard) -> None:
            with grid.working("letter", letter.cube):
                taken.append(letter)
            screen.narrate(f"{letter.sender[:16]} → {letter.cube}: {letter.kind}, {letter.outcome}")
            if count is not None and len(taken) >= count:
                full.set()

        with LetterBox(grid.grid.instances, _secret(grid), known, port, heard, grid.lock) as box:
            screen.narrate(f"letters are taken on port {box.port}")
            _wait(full)
    rows = [one._replace(data=one.data.hex())._asdict() for one in taken]  # type: ignore[arg-type]
    if screen.as_json:
        screen.document({"letters": rows})
    screen.lines([f"{len(taken)} letters"])


@command
def letter(
    store: Dir,
    cube: Cube,
    recipient: Recipient,
    text: Words,
    keeping: Keeping,
    output: Output,
    port: Port = LETTERS_PORT,
    ask: Ask = False,
) -> None:
    """Write a signed letter from a cube to one of another grid, which `grid receive` takes, and show its answer."""
    import time

    from focusmesh.apps.grid import Mailbox, vertex_keys
    from focusmesh.engine.grid.cube import CENTRAL
    from focusmesh.interface.grid import Process
    from focusmesh.interface.letters import LetterLine

    screen = Screen(output)
    target = _key(recipient)
    data = request(Process, **worded(text)).content()
    with grid_of(store, keeping) as grid:
        grid.grid.instance(cube)
        key = vertex_keys(_secret(grid), cube)[CENTRAL]
    with LetterLine(Mailbox(key, [target], time.time_ns), port) as line:
        answer = line.ask(target, data) if ask else line.leave(target, data)
    if screen.as_json:
        screen.document(answer)
    screen.lines([f"{name}: {json.dumps(value)}" for name, value in answer.items()])


def _secret(grid: GridService) -> bytes:
    secret = grid.kept.secret
    if secret is None:
        raise GridError("no-secret", "the grid has no secret that keys come from: --secret-file")
    return secret


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ParameterError(f"{text!r} is no key: it has 64 hexadecimal digits")
    return key


def _wait(full: Event) -> None:
    """Until it is full, or somebody presses Ctrl-C, which is how this is meant to end."""
    try:
        full.wait()
    except KeyboardInterrupt:
        return
