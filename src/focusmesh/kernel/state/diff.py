"""Where two states differ, prefix by prefix."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from focusmesh.kernel.state.key_space import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.state.view import StateView


@dataclass(frozen=True)
class StateDifference:
    """The first key under ``prefix`` whose values differ, None where a state has none; and how many do."""

    prefix: bytes
    key: bytes
    first: bytes | None
    second: bytes | None
    count: int


def state_differences(first: StateView, second: StateView) -> list[StateDifference]:
    """One for each prefix under which the states differ; none where their roots are the same. O(n) keys read."""
    if first.root == second.root:
        return []
    found = []
    for prefix in PREFIXES:
        keys = list(_differing(first.scan(prefix), second.scan(prefix)))
        if keys:
            key = keys[0]
            found.append(StateDifference(prefix, key, first.get(key), second.get(key), len(keys)))
    return found


def _differing(
    first: Iterator[tuple[bytes, bytes]], second: Iterator[tuple[bytes, bytes]]
) -> Iterator[bytes]:
    """Keys, ascending, that are in one of two ascending scans alone, or have different values."""
    entries = merge(first, second)
    for key, same in groupby(entries, itemgetter(0)):
        values = [value for _, value in same]
        if len(values) == 1 or values[0] != values[1]:
            yield key
