"""Letters: read once, by the one they are for, if the sender is known and signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.apps.grid import ASK, LEAVE, Letter, Mailbox, opened_letter, vertex_keys
from focusmesh.engine.grid.cube import CENTRAL, DATA_BYTES_MAX
from focusmesh.errors import GridError
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

A, B, STRANGER = (vertex_keys(bytes(32), name)[CENTRAL] for name in ("a", "b", "stranger"))


def boxes() -> tuple[Mailbox, Mailbox]:
    return Mailbox(A, [B.public]), Mailbox(B, [A.public])


def code_of(act: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(GridError) as refused:
        act(*arguments)
    return refused.value.code


def test_a_letter_is_read_and_answered() -> None:
    a, b = boxes()
    number, sealed = a.write(b.public, ASK, b"import")
    letter = b.read(sealed)
    assert letter == Letter(a.public, b.public, number, ASK, b"import")
    answer = a.read_answer(b.answer(letter, "answer", b"said"), b.public, number)
    assert (answer.data, answer.kind) == (b"said", "answer")


def test_a_letter_is_read_once_and_none_before_it() -> None:
    a, b = boxes()
    first, second = (a.write(b.public, LEAVE, b"x")[1] for _ in range(2))
    b.read(second)
    assert code_of(b.read, second) == "replay"
    assert code_of(b.read, first) == "replay"


def test_a_box_that_was_opened_later_takes_no_older_letter() -> None:
    a = Mailbox(A, [B.public], lambda: 100)
    _, old = a.write(B.public, LEAVE, b"x")
    assert code_of(Mailbox(B, [A.public], lambda: 101).read, old) == "replay"
    assert Mailbox(B, [A.public], lambda: 100).read(old).number == 100


def test_who_is_not_known_or_not_meant_is_refused() -> None:
    a, b = boxes()
    _, sealed = Mailbox(STRANGER, []).write(b.public, LEAVE, b"x")
    assert code_of(b.read, sealed) == "stranger"
    assert code_of(a.read, a.write(b.public, LEAVE, b"x")[1]) == "letter"


def test_every_byte_of_a_letter_counts() -> None:
    a, b = boxes()
    _, sealed = a.write(b.public, LEAVE, b"import")
    for place in range(len(sealed)):
        for flip in (1, 128):
            changed = bytearray(sealed)
            changed[place] ^= flip
            assert code_of(b.read, bytes(changed)) in {"letter", "signature", "stranger"}
    for cut in (b"", sealed[:-1], sealed + b"\0", encode([1]), encode({"a": 1})):
        assert code_of(b.read, cut) == "letter"
    assert b.read(sealed).data == b"import"


def test_without_the_signature_a_changed_letter_would_be_read() -> None:
    """The twin of the test above: what is changed is a letter like any other, but for its signature."""
    a, b = boxes()
    parts = decode(a.write(b.public, LEAVE, b"import")[1])
    parts[4] = b"export"
    assert opened_letter(encode(parts))[0].data == b"export"
    assert code_of(b.read, encode(parts)) == "signature"


def test_answers_to_something_else_are_refused() -> None:
    a, b = boxes()
    number, sealed = a.write(b.public, ASK, b"x")
    letter = b.read(sealed)
    good = b.answer(letter, "answer", b"y")
    assert code_of(a.read_answer, good, b.public, number + 1) == "letter"
    assert code_of(a.read_answer, good, STRANGER.public, number) == "letter"
    assert code_of(a.read, good) == "letter"
    echo = b.answer(letter, LEAVE, b"y")
    assert code_of(a.read_answer, echo, b.public, number) == "letter"


def test_a_letter_that_is_too_long_is_not_written() -> None:
    a, b = boxes()
    assert code_of(a.write, b.public, LEAVE, bytes(DATA_BYTES_MAX + 1)) == "too-long"
    assert b.read(a.write(b.public, LEAVE, bytes(DATA_BYTES_MAX))[1]).number == 1
