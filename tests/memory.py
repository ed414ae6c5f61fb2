"""What a call takes in memory at its peak, by count: every allocation of Python's, nothing of the machine's."""

from __future__ import annotations

import gc
import tracemalloc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def peak_bytes(call: Callable[[], object]) -> int:
    """The most that was allocated at one time while ``call`` ran, beside what there was before."""
    gc.collect()
    began_here = not tracemalloc.is_tracing()
    if began_here:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        if began_here:
            tracemalloc.stop()
