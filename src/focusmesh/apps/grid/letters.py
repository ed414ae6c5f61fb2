"""Letters between cubes of different grids: signed by the sender's key, read once by the one they are for.

No I/O: who carries the bytes is no part of this. A letter is the canonical encoding of sender, recipient, number, kind,
data and signature; numbers of one sender rise, so that a letter that comes again is refused.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.grid.cube import DATA_BYTES_MAX
from focusmesh.errors import CodecError, GridError
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import KEY_BYTES, SIGNATURE_BYTES, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.protocol.codec import Value
    from focusmesh.protocol.identity import SigningKey

LETTER_DOMAIN = b"focusmesh/grid/letter/1\0"
LETTER_BYTES_MAX = DATA_BYTES_MAX + 512
LEAVE, ASK, ANSWER, REFUSED = "leave", "ask", "answer", "refused"
KINDS = (LEAVE, ASK, ANSWER, REFUSED)
"""Data to be read later; data to be read now and answered; the answer, under the number of what it answers; why not."""


class Letter(NamedTuple):
    """``sender`` and ``recipient`` are public keys; ``number`` is above 0 and below 2⁶³."""

    sender: bytes
    recipient: bytes
    number: int
    kind: str
    data: bytes

    def digest(self) -> bytes:
        """What is signed."""
        return sha256(encode(self._parts())).digest()

    def seal(self, key: SigningKey) -> bytes:
        """The letter as it travels, signed. About 60 µs."""
        return encode([*self._parts(), key.sign(LETTER_DOMAIN, self.digest())])

    def _parts(self) -> list[Value]:
        return [self.sender, self.recipient, self.number, self.kind, self.data]


class Mailbox:
    """One cube's: it writes with the cube's key and reads what the ``known`` keys wrote to it.

    Letters are numbered by ``clock``, such as the time in ns, or one by one where that stands still: a box that was
    opened anew takes no letter that was written before. Safe for one thread at a time.
    """

    def __init__(
        self, key: SigningKey, known: Iterable[bytes], clock: Callable[[], int] = lambda: 1
    ) -> None:
        self.known = frozenset(known)
        self._key = key
        self._clock = clock
        self._first = clock()
        self._written = 0
        self._read: dict[bytes, int] = {}

    @property
    def public(self) -> bytes:
        """Whom letters to it are for."""
        public: bytes = self._key.public
        return public

    def write(self, recipient: bytes, kind: str, data: bytes) -> tuple[int, bytes]:
        """A letter with the next number: that, and its bytes. Raises GridError ``"too-long"``."""
        if len(data) > DATA_BYTES_MAX:
            raise GridError("too-long", f"{len(data)} bytes in a letter; at most {DATA_BYTES_MAX}")
        self._written = max(self._written + 1, self._clock())
        letter = Letter(self.public, recipient, self._written, kind, data)
        return self._written, letter.seal(self._key)

    def answer(self, letter: Letter, kind: str, data: bytes) -> bytes:
        """The bytes of an answer to a letter that was read."""
        return Letter(self.public, letter.sender, letter.number, kind, data).seal(self._key)

    def read(self, sealed: bytes) -> Letter:
        """A letter that somebody wrote to this box, once.

        Raises GridError ``"letter"`` for bytes that are none, or for somebody else; ``"stranger"`` for a sender who is
        not known; ``"signature"``; ``"replay"`` for a number that is not above the last one read.
        """
        letter = self._open_letter(sealed)
        if letter.kind not in {LEAVE, ASK}:
            raise GridError("letter", f"this cube asked for no {letter.kind}")
        last = self._read.get(letter.sender, self._first - 1)
        if letter.number <= last:
            raise GridError(
                "replay",
                f"letter {letter.number} of {letter.sender.hex()} repeats an old number: its last letter is {last}",
            )
        self._read[letter.sender] = letter.number
        return letter

    def read_answer(self, sealed: bytes, sender: bytes, number: int) -> Letter:
        """The answer to letter ``number`` to ``sender``. Raises GridError as ``read`` does."""
        letter = self._open_letter(sealed)
        if (letter.sender, letter.number) != (sender, number) or letter.kind in {LEAVE, ASK}:
            raise GridError("letter", f"this does not answer letter {number}")
        return letter

    def _open_letter(self, sealed: bytes) -> Letter:
        letter, signature = opened_letter(sealed)
        if letter.recipient != self.public:
            raise GridError(
                "letter", f"the letter is for {letter.recipient.hex()}, not for this cube"
            )
        if letter.sender not in self.known:
            raise GridError("stranger", f"{letter.sender.hex()} is not among the known keys")
        if not verify(letter.sender, LETTER_DOMAIN, letter.digest(), signature):
            raise GridError("signature", f"the letter is not signed by {letter.sender.hex()}")
        return letter


def opened_letter(sealed: bytes) -> tuple[Letter, bytes]:
    """A letter and its signature, which is not looked at. Raises GridError ``"letter"``."""
    try:
        parts = decode(sealed, bytes_max=LETTER_BYTES_MAX, depth_max=1)
        *fields, signature = parts
        letter = Letter(*fields)
    except (CodecError, TypeError, ValueError) as error:
        raise GridError("letter", f"these bytes are not a letter: {error}") from error
    sizes = [
        isinstance(part, bytes) and len(part) == size
        for part, size in (
            (letter.sender, KEY_BYTES),
            (letter.recipient, KEY_BYTES),
            (signature, SIGNATURE_BYTES),
        )
    ]
    number = type(letter.number) is int and 0 < letter.number < 1 << 63
    if not (all(sizes) and number and letter.kind in KINDS and isinstance(letter.data, bytes)):
        raise GridError("letter", "the parts of the letter have wrong types or sizes")
    return letter, signature
