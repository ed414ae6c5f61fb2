"""Rows edited, cut into pages and laid out for hashing in machine code: for blocks that touch many links.

The same results as in merge.py, page_cuts.py and hashing.py, which say what they are. A link is three uint64
here: target and relation, neuron and height, amount.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from focusmesh.engine.support.compiled import inline, kernel

Array: TypeAlias = npt.NDArray[Any]

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_NOTHING = np.uint64(0)
_PAGE_ENTRIES_MAX = 32
_HEAD_BITS = 64


@inline
def _less(one: Array, other: Array, heads: Any, digests: Any) -> int:
    """Whether the key of one link is less than that of another: −1, 0 or 1."""
    for part in range(3):
        if part == 0:
            mine, theirs = one[0] & _LOW, other[0] & _LOW
        elif part == 1:
            mine, theirs = one[0] >> _HALF, other[0] >> _HALF
        else:
            mine, theirs = one[1] & _LOW, other[1] & _LOW
        if mine == theirs:
            continue
        first, second = heads[part][mine], heads[part][theirs]
        if first != second:
            return -1 if first < second else 1
        for byte in range(8, 32):
            if digests[part][mine, byte] != digests[part][theirs, byte]:
                return -1 if digests[part][mine, byte] < digests[part][theirs, byte] else 1
    return 0


@kernel
def locate(
    rows: Array,
    start: Array,
    changed: Array,
    row: Array,
    heads: Any,
    digests: Any,
    at: Array,
    found: Array,
) -> None:
    """Where changed links are in their rows or would be, and whether they are."""
    for change in range(len(changed)):
        low, high = start[row[change]], start[row[change] + 1]
        found[change] = False
        while low < high:
            middle = (low + high) // 2
            order = _less(rows[middle], changed[change], heads, digests)
            if order < 0:
                low = middle + 1
            else:
                high = middle
                found[change] |= order == 0
        at[change] = low


@kernel
def edit(
    rows: Array,
    start: Array,
    changed: Array,
    changed_start: Array,
    place: Any,
    live: Any,
    axons: Any,
    moves: Any,
) -> tuple[int, int, int]:
    """Changes put into rows: links that are left, their axons, and the axons that were touched; counts these three.

    ``place`` is what ``locate`` found. ``live`` has links, origins, touched and row offsets, ``axons`` first links,
    amounts, touched and row offsets, ``moves`` rows and (target, amount before, amount now).
    """
    # Taken apart once, and all in one loop: calls and tuples in it would cost more than its work.
    places, found = place
    links, origin, touched, link_start = live
    axon_first, axon_total, axon_touched, axon_start = axons
    moved_row, moved = moves
    link_count, axon_count, moved_count = 0, 0, 0
    for row in range(len(start) - 1):
        old, change, ended = start[row], changed_start[row], False
        at_hand, total, before, is_touched, first = -1, _NOTHING, _NOTHING, False, 0
        while not ended:
            is_change = change < changed_start[row + 1] and places[change] == old
            ended = not is_change and old == start[row + 1]
            replaces = not is_change or found[change]
            # Where the row has ended this names a link that nobody looks at.
            link = changed[change] if is_change else rows[old - ended]
            target = -2 if ended else int(link[0] & _LOW)
            if target != at_hand:
                if is_touched:
                    moved_row[moved_count], moved[moved_count, 0] = row, np.uint64(at_hand)
                    moved[moved_count, 1], moved[moved_count, 2] = before, total
                    moved_count += 1
                if total > 0:
                    axon_first[axon_count], axon_total[axon_count] = first, total
                    axon_touched[axon_count] = is_touched
                    axon_count += 1
                at_hand, first, is_touched = target, link_count, False
                total, before = _NOTHING, _NOTHING
            if ended:
                break
            total += link[2]
            before += rows[old, 2] if replaces else _NOTHING
            is_touched |= is_change
            if link[2] > 0:
                for word in range(3):
                    links[link_count, word] = link[word]
                origin[link_count], touched[link_count] = old if replaces else -1, is_change
                link_count += 1
            old, change = old + replaces, change + is_change
        link_start[row + 1], axon_start[row + 1] = link_count, axon_count
    return link_count, axon_count, moved_count


@inline
def _bit(head: Array, parts: Any, entry: int, place: int) -> bool:
    """The bit of an entry's key at ``place``."""
    if place < _HEAD_BITS:
        return bool((head[entry] >> np.uint64(_HEAD_BITS - 1 - place)) & np.uint64(1))
    digests, ids = parts[place // 256]
    byte = digests[ids[entry], place % 256 // 8]
    return bool((byte >> np.uint8(7 - place % 8)) & np.uint8(1))


@kernel
def cut_rows(
    head: Array, parts: Any, row_start: Array, page_start: Array, depths: Array, page_row: Array
) -> int:
    """Pages of rows, as rows_cut.cut has them; counts them. A key has 256 bits a part."""
    count = 0
    stops, levels = np.empty(1_024, dtype=np.int64), np.empty(1_024, dtype=np.int64)
    for row in range(len(row_start) - 1):
        first, waiting = row_start[row], 1
        stops[0], levels[0] = row_start[row + 1], 0
        while waiting:
            stop, level = stops[waiting - 1], levels[waiting - 1]
            if stop - first > _PAGE_ENTRIES_MAX:
                low, high = first, stop
                while low < high:
                    middle = (low + high) // 2
                    if _bit(head, parts, middle, level):
                        high = middle
                    else:
                        low = middle + 1
                levels[waiting - 1] = level + 1
                stops[waiting], levels[waiting] = low, level + 1
                waiting += 1
                continue
            if stop > first:
                page_start[count], depths[count], page_row[count] = first, level, row
                count += 1
            first = stop
            waiting -= 1
    page_start[count] = row_start[-1]
    return count


@kernel
def lay_out(
    parts: Any, entry: Array, numbers: Array, page_offset: Array, content: Array, start: Array
) -> None:
    """Writes pages one after the other, each its tag and its entries: digests of the key, numbers in big-endian.

    ``entry`` and ``numbers`` are by place in the pages; ``start`` gets where each begins in ``content``.
    """
    place = 0
    base = page_offset[0]
    for page in range(len(page_offset) - 1):
        start[page] = place
        content[place] = 0
        place += 1
        for at in range(page_offset[page] - base, page_offset[page + 1] - base):
            for part in parts:
                digest = part[0][part[1][entry[at]]]
                for byte in range(32):
                    content[place + byte] = digest[byte]
                place += 32
            for number in range(numbers.shape[1]):
                for byte in range(8):
                    shift = np.uint64(56 - 8 * byte)
                    content[place + byte] = (numbers[at, number] >> shift) & np.uint64(0xFF)
                place += 8
    start[len(page_offset) - 1] = place
