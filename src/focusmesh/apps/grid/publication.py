"""A history goes into a ledger, commit after commit, and an array comes out of one again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from focusmesh.apps.grid.commit import tile_leaf
from focusmesh.apps.grid.operations import ARRAY_PREFIX, TILE_PREFIX, TILES_MAX, CommitTiles
from focusmesh.engine.grid.array import BlockArray
from focusmesh.errors import GridError
from focusmesh.ids import digest
from focusmesh.kernel.session import Step
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from focusmesh.apps.grid.history import History


class State(Protocol):
    """A ledger's state at a height."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a key."""

    def scan(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Keys that begin with ``prefix``, ascending, with their values."""

    def content(self, digest: bytes) -> bytes | None:
        """The content with this digest, None where it is not kept."""


def last_publication(state: State, author: bytes, array: str) -> tuple[int, bytes] | None:
    """Height and id of the last commit of an array that is in a ledger, None where there is none."""
    known = _read_publication(state, author, array)
    return None if known is None else (known[0], known[1])


def publishing_steps(
    history: History, after: tuple[int, bytes] | None, *, contents: bool = False
) -> Iterator[Step]:
    """The steps that bring a ledger, which has come to ``after``, up to the last commit.

    Where it has nothing of the array, that is the last commit alone, with all tiles. ``contents``: the tiles' bytes are
    published too, as particles, so that the array can be had from the ledger.

    Raises GridError ``"conflict"`` where the ledger has another history, ``"height"`` where it has come less far than
    the history is pruned, ``"too-long"`` for a commit of more than 10,000 tiles.
    """
    if after is None:
        yield _step(history, history.height, whole=True, contents=contents)
        return
    height, commit_id = after
    if height > history.height or history.commits(height, height)[0].id != commit_id:
        raise GridError(
            "conflict",
            f"the ledger has another history of {history.name!r}: its commit {height} is "
            f"{commit_id.hex()}",
        )
    for following in range(height + 1, history.height + 1):
        yield _step(history, following, whole=False, contents=contents)


def published_array(state: State, author: bytes, array: str) -> BlockArray:
    """The array as of its last commit in a ledger. O(tiles).

    Raises GridError ``"unknown-array"``, ``"content"`` where a tile's bytes were not published or are forgotten.
    """
    known = _read_publication(state, author, array)
    if known is None:
        raise GridError("unknown-array", f"{author.hex()} has no array {array!r} in this ledger")
    _, _, shape = known
    prefix = TILE_PREFIX + author + digest(array.encode())
    tiles = []
    for leaf, tile_digest in state.scan(prefix):
        content = state.content(tile_digest)
        if content is None:
            raise GridError(
                "content",
                f"the ledger has the digest of tile {leaf[len(prefix) :].hex()} of {array!r} and not "
                "its bytes: publish them with --contents, or take the array from its store",
            )
        tiles.append((int.from_bytes(leaf[len(prefix) :], "big"), content))
    found = BlockArray.from_tiles(tuple(shape), tiles)
    found.take_dirty()
    return found


def _read_publication(state: State, author: bytes, array: str) -> Any:
    value = state.get(ARRAY_PREFIX + author + digest(array.encode()))
    return None if value is None else decode(value)


def _step(history: History, height: int, *, whole: bool, contents: bool) -> Step:
    (commit,) = history.commits(height, height)
    tiles = list(history.tiles(height) if whole else history.tiles_written(height))
    if len(tiles) > TILES_MAX:
        raise GridError(
            "too-long",
            f"commit {height} has {len(tiles):,} tiles; one operation holds {TILES_MAX:,}",
        )
    leaves = b"".join(tile_leaf(tile.key, tile.digest) for tile in tiles)
    there = {tile.digest: tile.content for tile in tiles if tile.content} if contents else {}
    return Step(CommitTiles(commit.encode(), leaves).as_fields(), there)
