"""Letters between cubes over loopback: a box that takes them in, and a line that sends them and waits for the answer.

A frame is four bytes of length and the letter. Letters are signed and not encrypted, so that neither end leaves the
machine: a box listens on 127.0.0.1 alone.
"""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import time
from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.apps.grid import (
    ASK,
    LEAVE,
    LETTER_BYTES_MAX,
    REFUSED,
    Letter,
    Mailbox,
    opened_letter,
    vertex_keys,
)
from focusmesh.engine.grid.cube import CENTRAL
from focusmesh.errors import FileError, GridError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from focusmesh.engine.grid.cube import Instance

LOOPBACK = "127.0.0.1"
SILENCE_SECONDS = 30.0
_LENGTH = struct.Struct(">I")


class HeardLetter(NamedTuple):
    """A letter that a box took in: for which cube, from whom, of which kind, and what it came to."""

    cube: str
    sender: str
    kind: str
    number: int
    data: bytes
    outcome: str


class LetterBox:
    """Takes letters for some cubes until it is closed; ``with`` closes it.

    ``known``: public keys of who may write. ``heard`` is told of each letter, in a thread of the box. Letters are read
    one after the other, whatever the number of lines; one that is refused is answered with why, if its sender is known.
    Raises FileError where the port is taken.
    """

    def __init__(
        self,
        cubes: Mapping[str, Instance],
        secret: bytes,
        known: Iterable[bytes],
        port: int = 0,
        heard: Callable[[HeardLetter], None] | None = None,
        lock: AbstractContextManager[Any] | None = None,
    ) -> None:
        keys = {name: vertex_keys(secret, name)[CENTRAL] for name in cubes}
        senders = frozenset(known)
        self._cubes = dict(cubes)
        self._boxes = {
            key.public: (name, Mailbox(key, senders, time.time_ns)) for name, key in keys.items()
        }
        self._heard = heard
        self._lock = lock or Lock()
        self.keys = {name: key.public for name, key in keys.items()}
        try:
            self._server = _Server((LOOPBACK, port), self.handle)
        except OSError as error:
            raise FileError(
                f"cannot listen on {LOOPBACK}:{port}: {error.strerror or error}"
            ) from error
        self.port: int = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Takes no more letters."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> LetterBox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def handle(self, sealed: bytes) -> bytes:
        """The answer to a letter. Raises GridError for one that is not answered: of a stranger, forged, or none."""
        recipient = opened_letter(sealed)[0].recipient
        if recipient not in self._boxes:
            raise GridError("letter", f"no cube here has the key {recipient.hex()}")
        name, box = self._boxes[recipient]
        with self._lock:
            letter = box.read(sealed)
            try:
                answer, outcome = (
                    box.answer(letter, "answer", self._carry_out(name, letter)),
                    "done",
                )
            except GridError as error:
                words = json.dumps({"code": error.code, "message": str(error)}).encode()
                answer, outcome = box.answer(letter, REFUSED, words), error.code
        if self._heard is not None:
            sender = letter.sender.hex()
            self._heard(HeardLetter(name, sender, letter.kind, letter.number, letter.data, outcome))
        return answer

    def _carry_out(self, name: str, letter: Letter) -> bytes:
        cube = self._cubes[name]
        if letter.kind == LEAVE:
            message = cube.receive(letter.sender.hex()[:16], letter.data)
            return json.dumps({"number": message.number}).encode()
        opinion = cube.process_vertex(CENTRAL, letter.data)
        said = {"next_byte": opinion.next_byte, "surprise": opinion.surprise, "κ": cube.kappa}
        return json.dumps(said | {"kappa": cube.kappa}).encode()


class LetterLine:
    """A line to a box. ``box`` is the sender's own mailbox, which has to know the recipient's key.

    Raises FileError where nobody listens, or the line ends.
    """

    def __init__(self, box: Mailbox, port: int, seconds: float = SILENCE_SECONDS) -> None:
        self._box = box
        try:
            self._socket = socket.create_connection((LOOPBACK, port), seconds)
        except OSError as error:
            raise FileError(
                f"no mailbox listens on {LOOPBACK}:{port}: {error.strerror or error}"
            ) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """Hangs up."""
        self._socket.close()

    def __enter__(self) -> LetterLine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def leave(self, recipient: bytes, data: bytes) -> dict[str, object]:
        """Leaves ``data`` with a cube, which reads it when it is asked for what it was sent."""
        return self._send(recipient, LEAVE, data)

    def ask(self, recipient: bytes, data: bytes) -> dict[str, object]:
        """What a cube's centre expects after ``data``: ``next_byte``, ``surprise``, its ``kappa``.

        Raises GridError with the code of the other end where that refuses, ``"signature"`` … where it is an impostor.
        """
        return self._send(recipient, ASK, data)

    def _send(self, recipient: bytes, kind: str, data: bytes) -> dict[str, object]:
        number, sealed = self._box.write(recipient, kind, data)
        try:
            write_frame(self._socket, sealed)
            frame = read_frame(self._socket)
        except OSError as error:
            raise FileError(f"the connection ended: {error.strerror or error}") from error
        if frame is None:
            raise FileError(
                "the connection ended without an answer: the mailbox refuses this letter"
            )
        answer = self._box.read_answer(frame, recipient, number)
        found: dict[str, object] = json.loads(answer.data)
        if answer.kind == REFUSED:
            refused = _Refusal(str(found["code"]), str(found["message"]))
            raise GridError(refused.code, refused.message)
        return found


class _Refusal(NamedTuple):
    code: str
    message: str


def write_frame(line: socket.socket, data: bytes) -> None:
    """Sends a frame."""
    line.sendall(_LENGTH.pack(len(data)) + data)


def read_frame(line: socket.socket) -> bytes | None:
    """The next frame, None where the line ends before one or is longer than a letter."""
    head = _read(line, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    return _read(line, length) if length <= LETTER_BYTES_MAX else None


def _read(line: socket.socket, length: int) -> bytes | None:
    parts = []
    while length:
        part = line.recv(min(length, 1 << 16))
        if not part:
            return None
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    # Of five, the default, a sixth that comes at once would wait a second and more.
    request_queue_size = 128
    block_on_close = False

    def __init__(self, address: tuple[str, int], handled: Callable[[bytes], bytes]) -> None:
        self.handled = handled
        super().__init__(address, _Line)

    def handle_error(self, request: object, client_address: object) -> None:
        """A line that breaks is no news."""


class _Line(socketserver.BaseRequestHandler):
    """One line: letters come, answers go; it ends at the first letter that gets none."""

    def handle(self) -> None:
        line: socket.socket = self.request
        line.settimeout(SILENCE_SECONDS)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError, GridError):
            while (frame := read_frame(line)) is not None:
                write_frame(line, self.server.handled(frame))  # type: ignore[attr-defined]
