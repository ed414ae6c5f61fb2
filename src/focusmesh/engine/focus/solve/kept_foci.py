"""Foci that an earlier process solved: where a solve begins again, whatever is in them.

A solver ends only where the residual of its own application of R proves the tolerance. So kept vectors that are
wrong, stale or forged cost applications, and never change what an answer is worth.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from focusmesh.engine.focus.operator.params import FocusParams
from focusmesh.engine.focus.solve.watch import SWEEPS_MOST

if TYPE_CHECKING:
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray

_KEY = "kept foci"
_HEAD_BYTES = 4


class _Head(msgspec.Struct, array_like=True):
    """What stands before the vectors."""

    params: tuple[float, float, float, float, float, float, int]
    iterations: int
    rate: float
    particles: int
    walked: bool


@dataclass(frozen=True, eq=False)
class KeptFoci:
    """``here`` is φ*, ``walked`` Ψ(w) where contexts are pushed; float64, shape (n,), in the order of particles.

    ``iterations`` and ``rate`` are those of the solve that found φ*.
    """

    params: FocusParams
    iterations: int
    rate: float
    here: FloatArray
    walked: FloatArray | None = None

    def dump(self) -> bytes:
        """For ``load``."""
        head = msgspec.json.encode(
            _Head(
                astuple(self.params),
                self.iterations,
                self.rate,
                len(self.here),
                self.walked is not None,
            )
        )
        vectors = [self.here] if self.walked is None else [self.here, self.walked]
        content = np.concatenate(vectors).astype("<f8").tobytes()
        return len(head).to_bytes(_HEAD_BYTES, "little") + head + content

    @classmethod
    def load(cls, content: bytes | memoryview) -> KeptFoci:
        """Raises ValueError (msgspec's errors are such), ParameterError for what no ``dump`` gave."""
        begin = _HEAD_BYTES + int.from_bytes(content[:_HEAD_BYTES], "little")
        head = msgspec.json.decode(content[_HEAD_BYTES:begin], type=_Head)
        values = np.frombuffer(content, dtype="<f8", offset=begin).astype(np.float64)
        vectors = values.reshape(1 + head.walked, head.particles)
        if not (np.isfinite(vectors).all() and (vectors >= 0).all() and vectors.any(axis=1).all()):
            raise ValueError("kept foci are no distributions")
        return cls(
            FocusParams(*head.params),
            min(max(head.iterations, 0), SWEEPS_MOST),
            min(max(head.rate, 0.0), 1.0),
            vectors[0],
            vectors[1] if head.walked else None,
        )

    def keep(self, graph: LinkView) -> None:
        """Lets solves of ``graph`` begin here, until an edit."""
        graph.derived[_KEY] = self

    def start(self, graph: LinkView, *, walked: bool = False) -> FloatArray | None:
        """Where a solve of the graph begins, in solver order; None where nothing fits.

        Particles that the graph has besides begin with an equal share.
        """
        known, count = self.walked if walked else self.here, graph.particle_count
        if known is None or not 0 < len(known) <= count:
            return None
        shares = np.full(count, 1.0 / count)
        shares[: len(known)] = known / known.sum() * (len(known) / count)
        ordered: FloatArray = shares[graph.structure.order]
        return ordered


def kept_foci(graph: LinkView, params: FocusParams) -> KeptFoci | None:
    """What is kept for a graph under these parameters."""
    kept: KeptFoci | None = graph.derived.get(_KEY)
    return kept if kept is not None and kept.params == params else None
