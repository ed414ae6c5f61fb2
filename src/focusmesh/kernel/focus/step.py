"""What goes into a step of the focus and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import WEIGHT_MAX
from focusmesh.errors import InputError
from focusmesh.ids import DIGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import ByteArray, IndexArray, MassArray, OffsetArray


@dataclass(frozen=True)
class FocusEdits:
    """What changed since the last step: ``digests`` (uint8, (k, 32)) of new particles, and axons with their weight now.

    New particles get the ids n, n + 1, … in the order given. ``source``, ``target`` (int64) are ids, ``weight``
    (int64) is from 0 (the axon is gone) to 2³² − 1; a pair comes at most once. Raises InputError.
    """

    digests: ByteArray
    source: OffsetArray
    target: OffsetArray
    weight: OffsetArray

    @classmethod
    def of(
        cls,
        digests: npt.ArrayLike | list[bytes],
        source: npt.ArrayLike,
        target: npt.ArrayLike,
        weight: npt.ArrayLike,
    ) -> FocusEdits:
        """From anything array-like; ``digests`` may be a list of 32 bytes each."""
        if isinstance(digests, list):
            digests = np.frombuffer(b"".join(digests), dtype=np.uint8)
        rows = np.asarray(digests, dtype=np.uint8).reshape(-1, DIGEST_BYTES)
        return cls(rows, *(np.asarray(part, dtype=np.int64) for part in (source, target, weight)))

    def __post_init__(self) -> None:
        if not len(self.source) == len(self.target) == len(self.weight):
            raise InputError("edits of axons need as many sources as targets and weights")
        bad = np.flatnonzero(
            (self.source == self.target) | (self.weight < 0) | (self.weight > WEIGHT_MAX)
        )
        if len(bad):
            at = int(bad[0])
            raise InputError(
                f"axon {self.source[at]} → {self.target[at]} of weight {self.weight[at]}: "
                "ends must differ, weights lie within 0 … 2^32 − 1"
            )

    def verify_ends(self, count: int) -> None:
        """Raises InputError where an end is no id below ``count``."""
        for ends in (self.source, self.target):
            if len(ends) and not (int(ends.min()) >= 0 and int(ends.max()) < count):
                raise InputError(f"an axon's end is not among the {count} particles")

    def __len__(self) -> int:
        return len(self.source)


@dataclass(frozen=True)
class FocusStep:
    """A block's focus: what its header and body say of it.

    ``vector`` is uint64 at scale 2⁶³ in committed order (ascending digests), ``delta`` its differences to the vector
    of the step before (delta.py). The roots are those of its pages, of the pages of digests, of the leaders
    (leaders.py) and of the trace (trace.py; zeros where the network commits to none). ``rise`` is h = ρ/2, at most
    ``limit``; ``params_hash`` names the coefficients and the limit. ``particle_places`` are where the new particles
    stand. ``seconds`` tells what each stage took.
    """

    vector: MassArray
    delta: bytes
    focus_root: bytes
    particles_root: bytes
    leaders_root: bytes
    trace_root: bytes
    rise: int
    limit: int
    params_hash: bytes
    particle_places: IndexArray
    seconds: dict[str, float] = field(compare=False)

    @property
    def particle_count(self) -> int:
        """n."""
        return len(self.vector)


def no_time() -> float:
    """The timer of whoever wants no report: nothing takes any time."""
    return 0.0


class StageClock:
    """Seconds by stage, for reports only; ``timer`` gives seconds since any moment."""

    def __init__(self, timer: Callable[[], float]) -> None:
        self.seconds: dict[str, float] = {}
        self._timer = timer
        self._last = timer()

    def lap(self, stage: str) -> None:
        """What was done since the last lap was ``stage``."""
        now = self._timer()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now
