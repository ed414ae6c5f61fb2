"""What ranks say to each other in tests, and what each has to hear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from focusmesh.engine.focus.ranks import Ranks

KINDS = ("<f8", "<f4", "<u8", "<i8", "|u1")


def exchanged(ranks: Ranks) -> list[Any]:
    """Parcels of any lengths, two posts under way at once, sums, what was sent."""
    told: list[Any] = []
    size, rank = ranks.size, ranks.rank
    for kind in KINDS:
        parcels = [np.arange(rank + to, dtype=kind) for to in range(size)]
        told.append([parcel.tolist() for parcel in ranks.swap(parcels)])
    before = ranks.bytes
    lengths, due = [to + 1 for to in range(size)], [rank + 1] * size
    rooms = [np.zeros(sum(due), dtype=kind) for kind in ("<f8", "<f4")]
    sent = [np.full(sum(lengths), rank, dtype=room.dtype) for room in rooms]
    posts = [ranks.post(out, lengths, room, due) for out, room in zip(sent, rooms, strict=True)]
    for post in posts:
        post.wait()
    told += [room.tolist() for room in rooms]
    told.append(ranks.bytes - before)
    told.append([values.tolist() for values in ranks.gather(np.array([rank, 0.5]))])
    assert ranks.waited >= 0
    return told


def expected_of(rank: int, size: int) -> list[Any]:
    """What that rank hears."""
    told: list[Any] = [[list(range(other + rank)) for other in range(size)] for _ in KINDS]
    came = [float(other) for other in range(size) for _ in range(rank + 1)]
    told += [came, came]
    others = size * (size + 1) // 2 - (rank + 1)
    told.append(12 * others)
    told.append([[float(other), 0.5] for other in range(size)])
    return told
