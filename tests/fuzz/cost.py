"""What reading an input may cost: processor time and memory in proportion to its bytes, beside what is constant.

Memory is counted: every allocation of Python's, whoever asks for it, at its peak: the same on any machine.
"""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class CostError(AssertionError):
    """An input cost more than its bytes may."""


@dataclass(frozen=True)
class Cost:
    """The most that an input of n bytes may take: a constant, and so much more a byte; all above 0.

    Seconds are of instrumented code whose allocations are traced, some ten times slower than it is without.
    """

    memory: int = 1 << 23
    memory_a_byte: int = 32
    seconds: float = 2.0
    seconds_a_byte: float = 50e-6

    def verify(self, size: int, peak: int, seconds: float) -> None:
        """Raises CostError for more than an input of ``size`` bytes may take."""
        memory_max = self.memory + self.memory_a_byte * size
        if peak > memory_max:
            raise CostError(f"{size} bytes took {peak:,} bytes of memory, not {memory_max:,}")
        seconds_max = self.seconds + self.seconds_a_byte * size
        if seconds > seconds_max:
            raise CostError(
                f"{size} bytes took {seconds:.1f} s of a processor, not {seconds_max:.1f}"
            )


USUAL = Cost()
NARROW = Cost(memory=1 << 20, memory_a_byte=16)
"""Of a reader that makes objects of a few items alone."""


def measured(check: Callable[[bytes], bool], cost: Cost, data: bytes) -> bool:
    """What ``check`` says of ``data``. Raises what it raises, and CostError where it cost too much."""
    begins = not tracemalloc.is_tracing()
    if begins:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before, begun = tracemalloc.get_traced_memory()[0], time.process_time()
        accepted = check(data)
        seconds = time.process_time() - begun
        cost.verify(len(data), tracemalloc.get_traced_memory()[1] - before, seconds)
    finally:
        if begins:
            tracemalloc.stop()
    return accepted
