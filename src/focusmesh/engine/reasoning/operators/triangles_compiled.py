"""The count of triangles, each found once."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from focusmesh.engine.support.compiled import kernel

Array: TypeAlias = npt.NDArray[Any]


@kernel
def count_triangles(
    start: Array, column: Array, ways: Array, rows: tuple[int, int], mark: Array, between: Array
) -> None:
    """Adds to each corner of a triangle the ways between the other two; ``mark`` (n,) is 0 before and after."""
    for a in range(rows[0], rows[1]):
        for link in range(start[a], start[a + 1]):
            mark[column[link]] = ways[link]
        of_a = 0
        for first in range(start[a], start[a + 1]):
            b = column[first]
            of_b = 0
            for second in range(start[b], start[b + 1]):
                c = column[second]
                if mark[c]:
                    of_a += ways[second]
                    of_b += mark[c]
                    between[c] += ways[first]
            between[b] += of_b
        between[a] += of_a
        for link in range(start[a], start[a + 1]):
            mark[column[link]] = 0
