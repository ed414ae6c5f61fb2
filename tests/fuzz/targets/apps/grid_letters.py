"""Letters between cubes: what a stranger sends is refused, or is the one encoding of what its sender signed."""

from __future__ import annotations

from focusmesh.apps.grid import ASK, LEAVE, Mailbox, opened_letter, vertex_keys
from focusmesh.engine.grid.cube import CENTRAL
from focusmesh.errors import GridError
from focusmesh.protocol.codec import decode, encode
from tests.fuzz.target import Structure, Target

A, B = (vertex_keys(bytes(32), name)[CENTRAL] for name in "ab")


def check(data: bytes) -> bool:
    try:
        letter, signature = opened_letter(data)
    except GridError as error:
        documented(error, "letter")
        return False
    assert encode([*letter, signature]) == data
    try:
        read = Mailbox(B, [A.public]).read(data)
    except GridError as error:
        documented(error, "letter", "replay", "signature", "stranger")
    else:
        assert read == letter
        assert data in seeds()
    return True


def documented(error: GridError, *codes: str) -> None:
    """Refused with one of these."""
    assert error.code in codes


def seeds() -> list[bytes]:
    letters = [(LEAVE, b""), (ASK, b"import "), (LEAVE, bytes(300))]
    return [Mailbox(A, []).write(B.public, kind, data)[1] for kind, data in letters]


TARGET = Target(check, seeds, Structure(decode, encode))
