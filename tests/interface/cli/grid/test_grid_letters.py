"""``focusmesh grid keys``, ``letter`` and ``receive``: cubes of two grids that write to each other."""

from __future__ import annotations

import socket
import time
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.apps.grid import Mailbox, vertex_keys
from focusmesh.engine.grid.cube import CENTRAL
from focusmesh.errors import FileError
from focusmesh.host.grid import KeptGrid
from focusmesh.host.mailbox import LOOPBACK, LetterBox, LetterLine
from focusmesh.host.persistence import open_store
from tests.engine.grid.cube.makers import grid as small_grid
from tests.host.grids import SHAPE, filled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke


@pytest.fixture
def folder(invoke: Invoke, tmp_path: Path) -> Path:
    """A grid with the cubes a and b."""
    where = tmp_path / "grid"
    invoke("grid", "create", where, "--shape", ",".join(map(str, SHAPE)))
    filled(KeptGrid.of(open_store(where))).close()
    return where


def test_a_letter_goes_to_another_grid(
    invoke: Invoke, document: Callable[..., dict[str, Any]], folder: Path
) -> None:
    key = document("grid", "keys", folder)["keys"]["a"]
    assert key in invoke("grid", "keys", folder).stdout
    other = small_grid()
    other.create_instance("there", "eight", (0, 0, 0))
    with LetterBox(other.instances, bytes(32), [bytes.fromhex(key)]) as box:
        to, port = box.keys["there"].hex(), ("--port", str(box.port))
        assert document("grid", "letter", folder, "a", to, "import ", *port) == {"number": 1}
        asked = invoke("grid", "letter", folder, "a", to, "import ", "--ask", *port)
    assert "next_byte: " in asked.stdout
    (message,) = other.instance("there").messages_at(CENTRAL)
    assert message.data == b"import "


def test_letters_are_taken_and_kept(document: Callable[..., dict[str, Any]], folder: Path) -> None:
    keys = document("grid", "keys", folder)["keys"]
    writer = vertex_keys(b"5" * 32, "far")[CENTRAL]
    with socket.create_server((LOOPBACK, 0)) as free:
        port = free.getsockname()[1]
    thread = Thread(target=write_soon, args=(writer, bytes.fromhex(keys["b"]), port), daemon=True)
    thread.start()
    public = writer.public.hex()
    found = document(
        "grid", "receive", folder, "--from", public, "--port", str(port), "--count", "2"
    )
    thread.join(5)
    assert [(one["cube"], one["kind"]) for one in found["letters"]] == [
        ("b", "leave"),
        ("b", "ask"),
    ]
    kept = KeptGrid.of(open_store(folder))
    try:
        assert [m.data for m in kept.grid.instance("b").messages_at(CENTRAL)] == [b"hello"]
    finally:
        kept.close()


def write_soon(key: Any, recipient: bytes, port: int) -> None:
    """Two letters, once somebody listens."""
    for _ in range(200):
        try:
            with LetterLine(Mailbox(key, [recipient], time.time_ns), port) as line:
                line.leave(recipient, b"hello")
                line.ask(recipient, b"hello")
            return
        except FileError:
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("code", "arguments", "words"),
    [
        (2, ("letter", "a", "beef", "x"), "64 hexadecimal digits"),
        (7, ("letter", "z", "00" * 32, "x"), "no cube is named"),
        (4, ("letter", "a", "00" * 32, "x", "--port", "1"), "no mailbox listens"),
        (2, ("receive", "--from", "x"), "64 hexadecimal digits"),
    ],
)
def test_what_is_refused(
    invoke: Invoke, folder: Path, code: int, arguments: tuple[str, ...], words: str
) -> None:
    name, *others = arguments
    result = invoke("grid", name, folder, *others, code=code)
    assert words in " ".join(result.stderr.split())
