"""Letters over loopback: what arrives, what is refused and with what word, and lines that end."""

from __future__ import annotations

import socket
import time
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from focusmesh.apps.grid import Mailbox, vertex_keys
from focusmesh.engine.grid.cube import CENTRAL
from focusmesh.errors import FileError, GridError
from focusmesh.host.mailbox import LOOPBACK, LetterBox, LetterLine, read_frame, write_frame
from tests.engine.grid.cube.makers import grid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.grid.cube import Grid
    from focusmesh.host.mailbox import HeardLetter

A = vertex_keys(b"1" * 32, "a")[CENTRAL]
SECRET = b"2" * 32


@pytest.fixture
def there() -> Grid:
    """A grid with the cubes b and c."""
    made = grid()
    made.create_instance("b", "eight", (0, 0, 0))
    made.create_instance("c", "eight", (2, 0, 0))
    return made


@pytest.fixture
def heard() -> list[HeardLetter]:
    return []


@pytest.fixture
def box(there: Grid, heard: list[HeardLetter]) -> Iterator[LetterBox]:
    with LetterBox(there.instances, SECRET, [A.public], heard=heard.append) as opened:
        yield opened


def mailbox(box: LetterBox) -> Mailbox:
    return Mailbox(A, box.keys.values(), time.time_ns)


def test_letters_arrive_and_are_answered(
    box: LetterBox, there: Grid, heard: list[HeardLetter]
) -> None:
    with LetterLine(mailbox(box), box.port) as line:
        assert line.leave(box.keys["b"], b"import ") == {"number": 1}
        answer = line.ask(box.keys["c"], b"import ")
    expected = there.instance("c").process_vertex(CENTRAL, b"import ")
    assert answer["next_byte"] == expected.next_byte
    assert answer["surprise"] == pytest.approx(expected.surprise)
    assert answer["kappa"] == answer["κ"]
    (message,) = there.instance("b").messages_at(CENTRAL)
    assert (message.source, message.data) == (A.public.hex()[:16], b"import ")
    assert [(one.cube, one.kind, one.outcome) for one in heard] == [
        ("b", "leave", "done"),
        ("c", "ask", "done"),
    ]


def test_what_a_cube_refuses_comes_back_with_its_code(box: LetterBox, there: Grid) -> None:
    there.instance("b").execute("hold")
    with LetterLine(mailbox(box), box.port) as line:
        for data, code in ((b"x", "state"), (b"y", "state")):
            with pytest.raises(GridError, match="Held") as refused:
                line.ask(box.keys["b"], data)
            assert refused.value.code == code
        with pytest.raises(GridError, match="nothing to read") as refused:
            line.ask(box.keys["c"], b"")
        assert refused.value.code == "empty"
        assert line.leave(box.keys["c"], b"still here") == {"number": 1}


def test_a_stranger_gets_no_answer(box: LetterBox, there: Grid, heard: list[HeardLetter]) -> None:
    stranger = vertex_keys(b"3" * 32, "x")[CENTRAL]
    wrong = Mailbox(stranger, box.keys.values(), time.time_ns)
    elsewhere = vertex_keys(b"3" * 32, "y")[CENTRAL].public
    for writer, recipient in ((wrong, box.keys["b"]), (mailbox(box), elsewhere)):
        with (
            LetterLine(writer, box.port) as line,
            pytest.raises(FileError, match="without an answer"),
        ):
            line.leave(recipient, b"x")
    assert there.instance("b").messages_at(CENTRAL) == ()
    assert heard == []


def test_lines_that_send_garbage_end_and_others_go_on(box: LetterBox) -> None:
    with LetterLine(mailbox(box), box.port) as good:
        for garbage in (b"\xff\xff\xff\xff", b"\0\0\0\4abcd", b"\0\0\0\0", b"\0\0"):
            with socket.create_connection((LOOPBACK, box.port), 5) as line:
                line.sendall(garbage)
                line.shutdown(socket.SHUT_WR)
                assert read_frame(line) is None
        assert good.leave(box.keys["b"], b"x") == {"number": 1}


def test_an_impostor_is_found_out() -> None:
    """Somebody listens where the box was, and answers in its name without its key."""
    recipient = vertex_keys(SECRET, "b")[CENTRAL].public
    impostor = vertex_keys(b"9" * 32, "b")[CENTRAL]
    with socket.create_server((LOOPBACK, 0)) as server:

        def answer() -> None:
            line, _ = server.accept()
            with line:
                read_frame(line)
                write_frame(line, Mailbox(impostor, []).write(A.public, "answer", b"{}")[1])

        thread = Thread(target=answer, daemon=True)
        thread.start()
        line = LetterLine(Mailbox(A, [recipient]), server.getsockname()[1])
        with line, pytest.raises(GridError) as refused:
            line.ask(recipient, b"x")
        thread.join(5)
    assert refused.value.code == "stranger"


def test_nobody_listens_or_the_port_is_taken(box: LetterBox, there: Grid) -> None:
    with pytest.raises(FileError, match="cannot listen"):
        LetterBox(there.instances, SECRET, [], box.port)
    with socket.create_server((LOOPBACK, 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(FileError, match="no mailbox listens"):
        LetterLine(mailbox(box), port, 1)


def test_many_lines_at_once(box: LetterBox, there: Grid) -> None:
    keys = [vertex_keys(bytes([n]) * 32, "a")[CENTRAL] for n in range(4)]
    with LetterBox(there.instances, SECRET, [key.public for key in keys]) as shared:

        def write(number: int) -> None:
            writer = Mailbox(keys[number], shared.keys.values(), time.time_ns)
            with LetterLine(writer, shared.port) as line:
                for _ in range(10):
                    line.leave(shared.keys["b"], b"x")

        threads = [Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert len(there.instance("b").messages_at(CENTRAL)) == 40
