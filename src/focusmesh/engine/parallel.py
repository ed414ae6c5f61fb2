"""Threads for compiled kernels, which release the interpreter lock.

Work is cut into chunks that depend on the data only, never on the number of threads, so that sums over chunks
have the same bits on one core and on many.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COMPILED_FROM_LINKS = 100_000
"""Below this many links NumPy is used and nothing is compiled: the compiler alone would take longer."""

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


def thread_count() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(function: Callable[[Chunk], Result], chunks: Sequence[Chunk]) -> list[Result]:
    """``[function(chunk) for chunk in chunks]``, spread over the cores, results in order."""
    if len(chunks) <= 1 or thread_count() == 1:
        return [function(chunk) for chunk in chunks]
    return list(_pool(os.getpid()).map(function, chunks))


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """One pool for each process: threads do not survive a fork."""
    return ThreadPoolExecutor(thread_count(), thread_name_prefix=f"focusmesh-{process}")


def even_chunks(count: int, size: int) -> list[tuple[int, int]]:
    """Half-open ranges of about ``size`` that cover ``range(count)``."""
    step = max(size, 1)
    return [(start, min(start + step, count)) for start in range(0, count, step)]
