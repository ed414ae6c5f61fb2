"""``focusmesh grid``: signed letters between the cubes of different grids on one machine."""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.errors import GridError, ParameterError
from focusmesh.interface.cli.grid.options import (
    Cube,
    Dir,
    Keeping,
    Words,
    grid_of,
    read_text,
    request,
)
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column

if TYPE_CHECKING:
    from focusmesh.host.grid import GridService
    from focusmesh.host.mailbox import HeardLetter

LETTERS_PORT = 8498

Port = Annotated[
    int, typer.Option("--port", metavar="N", min=0, max=65_535, help="Port on this machine.")
]
Senders = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="KEY", help="A key that may write; may be repeated."),
]
Count = Annotated[
    int | None, typer.Option("--count", metavar="N", min=1, help="Stop after this many letters.")
]
Recipient = Annotated[
    str, typer.Argument(metavar="KEY", help="Key of the recipient cube.", show_default=False)
]
Ask = Annotated[
    bool,
    typer.Option(
        "--ask", help="Have the recipient read the letter at once, and show what it predicts next."
    ),
]


@command
def keys(store: Dir, keeping: Keeping, output: Output) -> None:
    """Show the key that each cube signs letters with.

    Whoever writes to a cube needs its key.
    """
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
    """Receive letters from other grids on this machine.

    It goes on until it is interrupted.
    """
    from focusmesh.host.mailbox import LetterBox

    screen = Screen(output)
    known = [_key(text) for text in senders or []]
    taken: list[HeardLetter] = []
    full = Event()
    with grid_of(store, keeping) as grid:

        def hear(letter: HeardLetter) -> None:
            with grid.working("letter", letter.cube):
                taken.append(letter)
            screen.narrate(f"{letter.sender[:16]} → {letter.cube}: {letter.kind}, {letter.outcome}")
            if count is not None and len(taken) >= count:
                full.set()

        with LetterBox(grid.grid.instances, _secret(grid), known, port, hear, grid.lock) as box:
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
    """Send a signed letter from a cube to one of another grid.

    `grid receive` takes it there, and its answer is shown.
    """
    import time

    from focusmesh.apps.grid import Mailbox, vertex_keys
    from focusmesh.engine.grid.cube import CENTRAL
    from focusmesh.host.grid import Process
    from focusmesh.host.mailbox import LetterLine

    screen = Screen(output)
    target = _key(recipient)
    data = request(Process, **read_text(text)).content()
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
        raise GridError(
            "no-secret",
            "the grid has no secret from which keys are made: name its file with --secret-file",
        )
    return secret


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ParameterError(f"{text!r} is not a key: it has 64 hexadecimal digits")
    return key


def _wait(full: Event) -> None:
    """Until it is full, or somebody presses Ctrl-C, which is how this is meant to end."""
    try:
        full.wait()
    except KeyboardInterrupt:
        return
