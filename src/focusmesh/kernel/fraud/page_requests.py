"""Pages of a block's focus on demand: what is asked for, what was had, and how an honest node answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from focusmesh.errors import CodecError, FocusmeshError, ProofError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.fraud.forms import TREE_NAMES
from focusmesh.protocol.codec import decode, encode, from_bytes, to_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

HEAD = len(TREE_NAMES)
"""In place of a tree: the head of the trace, whose roots the others are under."""
PAGES, HASHES = range(2)
ANSWER_BYTES_MAX = 1 << 20
_ASK_BYTES_MAX = 256
_HASHES_AT_ONCE = 1 << 14
_PAGE_BYTES_MOST = 1 << 19


class TraceAsk(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """``count`` pages of ``tree`` from ``first`` on (``what`` 0), or hashes of its leaves (1); HEAD has one page."""

    block: bytes
    tree: int
    what: int
    first: int
    count: int

    def encode(self) -> bytes:
        """Canonical bytes: a dag-cbor array."""
        return to_bytes(self)

    @classmethod
    def decode(cls, data: bytes) -> TraceAsk:
        """Raises ProofError ("fraud") for anything but canonical bytes of one."""
        try:
            ask = from_bytes(data, cls, _ASK_BYTES_MAX)
        except CodecError as error:
            raise ProofError(
                "fraud", f"{len(data)} bytes are not a request for pages: {error}"
            ) from error
        known = len(ask.block) == DIGEST_BYTES and 0 <= ask.tree <= HEAD
        if not known or ask.what not in (PAGES, HASHES) or ask.first < 0:
            raise ProofError("fraud", "the request names pages that no block has")
        if not 0 < ask.count <= _HASHES_AT_ONCE:
            raise ProofError("fraud", f"1 to {_HASHES_AT_ONCE} pages can be asked for at once")
        return ask


class TraceSource(Protocol):
    """Where pages of a block come from."""

    def answers(self, asks: Sequence[TraceAsk]) -> list[bytes]:
        """An answer to each; raises LackingError with those that there is none for yet."""

    def refuse(self, ask: TraceAsk) -> None:
        """The answer to this was none of the block's."""


class LackingError(FocusmeshError):
    """Answers are missing: ``asks`` says to what."""

    def __init__(self, asks: Sequence[TraceAsk]) -> None:
        self.asks = tuple(asks)
        super().__init__(f"{len(self.asks)} pages of a trace are not here")

    def __reduce__(self) -> tuple[type[LackingError], tuple[tuple[TraceAsk, ...]]]:
        return type(self), (self.asks,)


class KnownPages:
    """Answers that were had from others; whoever fetches adds to them until nothing is lacking."""

    def __init__(self) -> None:
        self._known: dict[TraceAsk, bytes] = {}

    def add(self, ask: TraceAsk, answer: bytes) -> None:
        """One more answer."""
        self._known[ask] = answer

    def answers(self, asks: Sequence[TraceAsk]) -> list[bytes]:
        """See ``TraceSource``."""
        lacking = [ask for ask in asks if ask not in self._known]
        if lacking:
            raise LackingError(lacking)
        return [self._known[ask] for ask in asks]

    def refuse(self, ask: TraceAsk) -> None:
        """See ``TraceSource``."""
        self._known.pop(ask, None)


def asks_for(
    block: bytes, tree: int, what: int, places: Sequence[int], page_bytes: int
) -> list[TraceAsk]:
    """Asks for those places, which rise; as many in one as an answer has room for."""
    size = DIGEST_BYTES if what == HASHES else page_bytes
    most = min(_HASHES_AT_ONCE, max(1, _PAGE_BYTES_MOST // size))
    asks: list[TraceAsk] = []
    for place in places:
        last = asks[-1] if asks else None
        if last is not None and last.first + last.count == place and last.count < most:
            asks[-1] = msgspec.structs.replace(last, count=last.count + 1)
        else:
            asks.append(TraceAsk(block, tree, what, place, 1))
    return asks


def pages_in(ask: TraceAsk, answer: bytes) -> list[bytes]:
    """The pages, or hashes, of an answer; raises ProofError ("fraud") where there are not as many as were asked for."""
    if ask.tree == HEAD:
        return [answer]
    found: list[bytes] = []
    if ask.what == HASHES:
        found = [answer[at : at + DIGEST_BYTES] for at in range(0, len(answer), DIGEST_BYTES)]
        sound = len(answer) == DIGEST_BYTES * ask.count
    else:
        try:
            read = decode(answer, bytes_max=ANSWER_BYTES_MAX)
        except CodecError:
            read = None
        if isinstance(read, list) and all(isinstance(page, bytes) for page in read):
            found = read
        sound = len(found) == ask.count
    if not sound:
        raise ProofError("fraud", "the answer does not have what was asked for")
    return found


def answer_of(ask: TraceAsk, pages: Sequence[bytes]) -> bytes:
    """Pages or hashes as an answer."""
    return b"".join(pages) if ask.tree == HEAD or ask.what == HASHES else encode(list(pages))
