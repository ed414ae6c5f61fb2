"""``commit_tiles/1``: a commit of an array's history goes into a ledger, and its tiles into the state under ``/grid``.

What an array's history says of itself, a ledger says with it: who committed what and when, and of every tile which
bytes it has, each a leaf of the state that has proofs of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from focusmesh.apps.grid.commit import COMMIT_BYTES_MAX, Commit
from focusmesh.apps.grid.tile_index import NO_TILE, changes_root
from focusmesh.errors import GridError, SignalError
from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.kernel.runtime import Operation
from focusmesh.kernel.state import GRID_PREFIX
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context
    from focusmesh.kernel.state import Parameters

ARRAY_PREFIX = GRID_PREFIX + b"array/"
"""‖ neuron ‖ digest of the array's name: dag-cbor ``[height, id, shape]`` of the last commit."""
TILE_PREFIX = GRID_PREFIX + b"tile/"
"""‖ neuron ‖ digest of the array's name ‖ the tile's key in 8 bytes: the digest of the tile's bytes."""
KEY_BYTES = 8
TILE_BYTES = KEY_BYTES + DIGEST_BYTES
TILES_MAX = 10_000
_COMMIT_UNITS = 4
"""Of bandwidth, for a commit without its tiles: some 400 bytes are hashed and kept."""


class CommitTiles(Operation, frozen=True, tag="commit_tiles/1"):
    """Puts a commit of the neuron's own array into the ledger, with the tiles that it wrote.

    ``commit`` are its canonical bytes. ``tiles``: for each tile 8 bytes of its key (big end first) and the digest of
    its bytes, keys ascending; that of no bytes where the commit emptied it. An array stands under its author's name.
    The first commit of it in a ledger can be of any height; its tiles are then all that there are. Fails with
    ``"history"`` where it does not follow the last one.
    """

    commit: Annotated[bytes, msgspec.Meta(max_length=COMMIT_BYTES_MAX)]
    tiles: Annotated[bytes, msgspec.Meta(max_length=TILE_BYTES * TILES_MAX)]

    reads: ClassVar[tuple[bytes, ...]] = (GRID_PREFIX,)
    writes: ClassVar[tuple[bytes, ...]] = (GRID_PREFIX,)

    def validate(self, parameters: Parameters) -> None:
        """Refuses what is no commit, and tiles that it does not name."""
        try:
            commit = Commit.decode(self.commit)
        except GridError as error:
            raise SignalError("malformed", str(error)) from error
        if len(self.tiles) % TILE_BYTES:
            raise SignalError("malformed", f"tiles come in {TILE_BYTES} bytes each")
        changes = self._changes()
        keys = [key for key, _ in changes]
        if any(keys[at] >= keys[at + 1] for at in range(len(keys) - 1)):
            raise SignalError("malformed", "the keys of tiles must ascend")
        if (changes_root(changes), len(changes)) not in (
            (commit.root, commit.changed_count),
            (commit.state, commit.tile_count),
        ):
            raise SignalError("malformed", "these tiles are not those of the commit")

    def bandwidth(self) -> int:
        """One unit for every tile, whose leaf stays, and four for the commit."""
        return _COMMIT_UNITS + len(self.tiles) // TILE_BYTES

    def apply(self, context: Context) -> None:
        """One leaf says how far the history has come, one for each tile which bytes it has."""
        commit = Commit.decode(self.commit)
        changes = self._changes()
        array = context.author + digest(commit.array.encode())
        _verify_follows(commit, changes, context.get(ARRAY_PREFIX + array))
        x, y, z = commit.shape
        context.put(ARRAY_PREFIX + array, encode([commit.height, commit.id, [x, y, z]]))
        for key, tile_digest in changes:
            leaf = TILE_PREFIX + array + key.to_bytes(KEY_BYTES, "big")
            if tile_digest != NO_TILE:
                context.put(leaf, tile_digest)
            elif context.get(leaf) is not None:
                context.delete(leaf)

    def _changes(self) -> list[tuple[int, bytes]]:
        starts = range(0, len(self.tiles), TILE_BYTES)
        parts = [self.tiles[at : at + TILE_BYTES] for at in starts]
        return [(int.from_bytes(part[:KEY_BYTES], "big"), part[KEY_BYTES:]) for part in parts]


GRID_OPERATIONS: tuple[type[Operation], ...] = (CommitTiles,)


def _verify_follows(commit: Commit, changes: list[tuple[int, bytes]], known: bytes | None) -> None:
    """Raises SignalError ``"history"`` unless these tiles make the state of before that of the commit."""
    root, count = changes_root(changes), len(changes)
    if known is None:
        if (root, count) != (commit.state, commit.tile_count):
            raise SignalError(
                "history",
                f"the first commit of {commit.array!r} here, of height {commit.height}, must come "
                "with all tiles of the array",
            )
        return
    height, commit_id, _ = decode(known)
    if (commit.height, commit.previous) != (height + 1, commit_id):
        raise SignalError(
            "history",
            f"commit {commit.height} of {commit.array!r} does not follow {height}, which is the last "
            "one here: send those between first",
        )
    if (root, count) != (commit.root, commit.changed_count):
        raise SignalError("history", f"these tiles are not those that commit {commit.height} wrote")
