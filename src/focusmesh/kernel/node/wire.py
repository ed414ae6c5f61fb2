"""What nodes ask each other, as values of dag-cbor: names, forms, limits. Whatever a peer sends goes through here.

    hello      Hello → Hello                     of which network, how far; first on every connection, then now and then
    genesis    null → chunks                     the genesis of the network
    headers    [first, count] → lists of bytes   signed headers, ascending, as many as there are
    body       height → chunks                   the body of a block
    contents   digests → chunks                  those that are kept, of what signals published
    pool       null → lists of ids               signals that wait
    packets    ids → chunks                      those that wait still, with their contents
    snapshot   height or null → chunks           the manifest of a snapshot, numbered by its height
    page       [height, number] → bytes          a page of that snapshot
    square     height → [header, proof, roots of rows, roots of columns]
    shares     [height, axis, places] → ShareTold each
    line       [height, axis, number] → bytes    a whole row or column of shares
    validators     null → a list of cards            by which keys and addresses nodes of validators are reached
    motion     id → chunks                       the body of a block that validators have not decided yet
    cut        digest → chunks                   what travelled with a proposal that was decided lately
    trace      an ask (kernel/fraud) → chunks    pages of a block's focus
    frauds     null → a list of ids              blocks that are proved to be wrong
    proof      id → chunks                       such a proof

Chunks are [number, is the last, bytes]: parts of the thing with that number in the question, which may be left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import msgspec

from focusmesh.errors import NetworkError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.protocol.transport import FRAME_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from focusmesh.protocol.codec import Value

PROTOCOL_VERSION = 1
HEADERS_MAX = 256
"""Headers in one question."""
HEADERS_A_FRAME = 32
CONTENTS_MAX = 1_024
PACKETS_MAX = 64
SHARES_MAX = 64
IDS_A_FRAME = 4_096
FRAUDS_MAX = 256
ADDRESS_CHARACTERS_MAX = 200
CHUNK_BYTES = FRAME_BYTES_MAX - 1_024

_PLAIN = r"^[!-~]*\Z"
"""Addresses are shown to people: nothing that moves a terminal's cursor is in one."""
Digest = Annotated[bytes, msgspec.Meta(min_length=DIGEST_BYTES, max_length=DIGEST_BYTES)]
Height = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
Digests = Annotated[list[Digest], msgspec.Meta(max_length=IDS_A_FRAME)]
FormT = TypeVar("FormT")


class Hello(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a node says of itself: where it listens, its network, its last block, how many signals wait there.

    ``base`` is the first height whose body it has.
    """

    version: int
    network: Digest
    height: Height
    tip: Digest
    base: Height
    waiting: Height
    address: Annotated[str, msgspec.Meta(max_length=ADDRESS_CHARACTERS_MAX, pattern=_PLAIN)]

    def value(self) -> Value:
        """As it travels."""
        return list(msgspec.structs.astuple(self))


class Range(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Heights: ``count`` of them from ``first`` on."""

    first: Height
    count: Annotated[int, msgspec.Meta(ge=1, le=HEADERS_MAX)]


class PageOf(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A page of the snapshot of a height."""

    height: Height
    number: Height


Axis = Literal["row", "column"]
Nodes = Annotated[tuple[bytes, ...], msgspec.Meta(max_length=512)]


class SharesOf(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Shares of a block at (row, column), to be proved along their rows or columns."""

    height: Height
    axis: Axis
    places: Annotated[list[tuple[Height, Height]], msgspec.Meta(max_length=SHARES_MAX)]


class LineOf(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A whole row or column of a block."""

    height: Height
    axis: Axis
    line: Height


class SquareMessage(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A header, who stands by it, and the roots that it is said to lead to."""

    header: bytes
    proof: bytes
    rows: Nodes
    columns: Nodes


class ShareMessage(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A share, and its way to the root of its row or column."""

    row: Height
    column: Height
    share: bytes
    start: Height
    stop: Height
    nodes: Nodes


class Chunk(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A part of the ``number``-th thing."""

    number: Annotated[int, msgspec.Meta(ge=0)]
    is_last: bool
    data: bytes


def read(value: Any, form: type[FormT], what: str) -> FormT:
    """A value in the form that it has to have. Raises NetworkError ``"form"``."""
    try:
        return msgspec.convert(value, form, builtin_types=(bytes,), strict=True)
    except (msgspec.ValidationError, TypeError, ValueError, RecursionError) as error:
        raise NetworkError(
            "form", f"{what} has another form than the protocol gives it: {error}"
        ) from error


def chunks(number: int, data: bytes) -> Iterator[Value]:
    """A thing in parts that fit a frame; nothing is one empty part."""
    for start in range(0, max(len(data), 1), CHUNK_BYTES):
        part = data[start : start + CHUNK_BYTES]
        yield [number, start + CHUNK_BYTES >= len(data), part]


async def gather_parts(
    answers: AsyncIterator[Any], bytes_max: int, things_max: int = 1
) -> dict[int, bytes]:
    """Things by their numbers from their parts, each in order. Raises NetworkError ``"form"``, ``"size"``.

    There are at most ``things_max``, and all of them together have at most ``bytes_max`` bytes.
    """
    found: dict[int, bytes] = {}
    parts: list[bytes] = []
    at, size = -1, 0
    async for answer in answers:
        chunk = read(answer, Chunk, "a part of an answer")
        if chunk.number in found or (parts and chunk.number != at):
            raise NetworkError("form", f"part of answer {chunk.number} comes out of turn")
        if len(found) >= things_max:
            raise NetworkError(
                "size", f"the peer sent more than the {things_max:,} answers that were asked for"
            )
        if not chunk.data and (parts or not chunk.is_last):
            # They would cost nothing of what may come, and so be without end.
            raise NetworkError("form", f"a part of answer {chunk.number} is empty")
        size += len(chunk.data)
        if size > bytes_max:
            raise NetworkError("size", f"the peer sent answers of more than {bytes_max:,} bytes")
        at = chunk.number
        parts.append(chunk.data)
        if chunk.is_last:
            found[at] = b"".join(parts)
            parts = []
    if parts:
        raise NetworkError("form", f"answer {at} ends in the middle")
    return found


async def gathered_one(answers: AsyncIterator[Any], bytes_max: int) -> tuple[int, bytes]:
    """The number and the bytes of the one thing that was asked for. Raises as ``gather_parts``."""
    found = await gather_parts(answers, bytes_max)
    if len(found) != 1:
        raise NetworkError("form", f"{len(found)} answers came instead of one")
    return next(iter(found.items()))
