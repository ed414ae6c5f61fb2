"""Commits of arrays as neurons make them, and what a ledger makes of them: from the reference, without src.

A commit's bytes are known by whoever made them; any other bytes are none, as those of nobody here can be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.world.naive import cbor, digest, merkle

if TYPE_CHECKING:
    from random import Random

NAME = "sensors"
NO_TILE = digest(b"")
COMMITS: dict[bytes, dict[str, Any]] = {}
"""Fields of all commits that were ever made, by their bytes."""
BY_LEAF: dict[bytes, bytes] = {}
"""A commit's bytes by the leaf of the array that it leads to."""
TILES: dict[bytes, dict[int, bytes]] = {}
"""All tiles as of a commit, by its id."""

Changes = list[tuple[int, bytes]]


def leaf(key: int, tile: bytes) -> bytes:
    return key.to_bytes(8, "big") + tile


def root(changes: Changes) -> bytes:
    return merkle([leaf(key, tile) for key, tile in changes])


def cut(tiles: bytes) -> Changes:
    parts = [tiles[at : at + 40] for at in range(0, len(tiles), 40)]
    return [(int.from_bytes(part[:8], "big"), part[8:]) for part in parts]


def array_key(author: bytes) -> bytes:
    return b"/grid/array/" + author + digest(NAME.encode())


def tile_key(author: bytes, key: int) -> bytes:
    return b"/grid/tile/" + author + digest(NAME.encode()) + key.to_bytes(8, "big")


def next_commit(random: Random, height: int, previous: bytes) -> list[Any]:
    """The operation that follows ``previous``, which is empty where there was none, with random changes."""
    before = TILES.get(previous, {})
    keys = sorted(random.sample(range(6), random.randrange(1, 4)))
    changes = [(key, random.choice([NO_TILE, digest(b"%d" % random.randrange(9))])) for key in keys]
    after = {key: tile for key, tile in {**before, **dict(changes)}.items() if tile != NO_TILE}
    fields = {
        "array": NAME,
        "shape": [64, 64, 64],
        "height": height,
        "previous": previous or bytes(32),
        "operation": "set",
        "root": root(changes),
        "changed_count": len(changes),
        "state": root(sorted(after.items())),
        "tile_count": len(after),
        "time": height,
        "version": 1,
    }
    data = cbor(fields)
    COMMITS[data] = fields
    TILES[digest(data)] = after
    BY_LEAF[array_leaf(data)] = data
    sent = changes if previous or random.random() < 0.2 else sorted(after.items())
    return ["commit_tiles/1", data, b"".join(leaf(*change) for change in sent)]


def is_whole(data: bytes, tiles: bytes) -> bool:
    """Whether an operation may stand in a block at all."""
    changes = cut(tiles)
    keys = [key for key, _ in changes]
    return (
        data in COMMITS
        and len(tiles) % 40 == 0
        and keys == sorted(set(keys))
        and (_is_change(data, changes) or _is_state(data, changes))
    )


def follows(known: bytes | None, data: bytes, tiles: bytes) -> bool:
    """Whether a commit comes next, ``known`` being the leaf of the one before."""
    changes, fields = cut(tiles), COMMITS[data]
    if known is None:
        return _is_state(data, changes)
    before = BY_LEAF[known]
    return (
        fields["previous"] == digest(before)
        and fields["height"] == COMMITS[before]["height"] + 1
        and _is_change(data, changes)
    )


def array_leaf(data: bytes) -> bytes:
    fields = COMMITS[data]
    return cbor([fields["height"], digest(data), fields["shape"]])


def _is_change(data: bytes, changes: Changes) -> bool:
    fields = COMMITS[data]
    return (root(changes), len(changes)) == (fields["root"], fields["changed_count"])


def _is_state(data: bytes, changes: Changes) -> bool:
    fields = COMMITS[data]
    return (root(changes), len(changes)) == (fields["state"], fields["tile_count"])
