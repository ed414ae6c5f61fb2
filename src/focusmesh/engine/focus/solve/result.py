"""Focus: scores that never travel without their bound."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.devices.vector import HeldVector
from focusmesh.engine.support.displays import display
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.focus.devices.vector import CardVector
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.focus.solve.estimate import Report
    from focusmesh.engine.links import Names
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a ranking.

    ``separated`` is False where the bounds do not prove that this particle stands before all that follow, so that it
    may stand elsewhere. ``relevance`` is ln(score / global score), None outside of a context. The score is off by at
    most ``bound``: its own, not that of all scores together.
    """

    rank: int
    particle: Hashable
    score: float
    separated: bool
    relevance: float | None = None
    bound: float = 1.0


def verify_count(count: object) -> None:
    """Raises ParameterError unless ``count`` is a number of particles that can be listed."""
    if not isinstance(count, int | np.integer) or isinstance(count, bool) or count < 1:
        raise ParameterError(f"top lists count ≥ 1 particles, count = {count!r}")


@dataclass(frozen=True, eq=False)
class Focus(Mapping[Hashable, float]):
    """The focus of a graph: ``scores[i]`` belongs to ``particles[i]``; float64, ≥ 0, they add up to 1.

    It is a mapping from names to scores: ``focus["a"]``, ``"a" in focus``, ``dict(focus)``.

    The true distribution differs from ``scores`` by at most ``bound`` in L1 (so any two scores, together, by at most
    that). ``residual`` is ‖R(x) − x‖₁ by one application in float64, ``kappa`` the proved contraction of R,
    ``rate`` the observed one of the solver (median of its last five residual ratios), ``iterations`` the number of
    applications of R and of what stands in for it. A context's focus has its ``prior``, the global focus. ``report``
    says what was expected of the solve and what it took.
    """

    particles: Names
    scores: FloatArray
    params: FocusParams
    tolerance: float
    residual: float
    bound: float
    iterations: int
    seconds: float
    rate: float
    solver: str
    backend: str
    seeds: tuple[Hashable, ...] = ()
    prior: Focus | None = None
    report: Report | None = None

    @property
    def kappa(self) -> float:
        """κ = 1 − diffusion·alpha."""
        return self.params.kappa

    @property
    def spectral_gap(self) -> float:
        """1 − ``rate``: the gap as the solver saw it. An observation beside κ, never a bound."""
        return 1.0 - self.rate

    @property
    def entropy(self) -> float:
        """H of the scores, in nats."""
        from focusmesh.engine.focus.solve.measures import entropy

        return entropy(self.scores)

    @property
    def syntropy(self) -> float:
        """J = ln n − H, in nats."""
        from focusmesh.engine.focus.solve.measures import syntropy

        return syntropy(self.scores)

    @cached_property
    def relevance(self) -> FloatArray | None:
        """ln(score / global score) of each particle in a context: what it adds beyond popularity."""
        if self.prior is None:
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log(self.scores) - np.log(self.prior.scores)
        return np.where(self.scores > 0, ratio, -np.inf)

    def __getitem__(self, name: Hashable) -> float:
        return self.score(name)

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self.particles)

    def __len__(self) -> int:
        return len(self.particles)

    def __contains__(self, name: object) -> bool:
        return name in self.particles

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def score(self, name: Hashable) -> float:
        """Score of one particle; raises UnknownParticleError."""
        return float(self.scores[self.particles.index(name)])

    def order(self, count: int | None = None) -> OffsetArray:
        """Indices of the ``count`` best particles (default: all), best first, ties by index. O(n + count log count)."""
        if count is None or count >= len(self.scores):
            return np.argsort(-self.scores, kind="stable")
        if count <= 0:
            return np.zeros(0, dtype=np.int64)
        least = np.partition(self.scores, len(self.scores) - count)[len(self.scores) - count]
        candidates = np.flatnonzero(self.scores >= least)
        ranked = candidates[np.argsort(-self.scores[candidates], kind="stable")]
        return ranked[:count]

    def top(self, count: int = 10) -> list[Ranked]:
        """The ``count`` ≥ 1 best particles, each marked with whether the bound separates it from the next.

        Scores and the true ones both add up to 1: no single one is off by more than half of what all are off by.
        Raises ParameterError for another count.
        """
        verify_count(count)
        order = self.order(count + 1)
        scores = self.scores[order]
        gaps = np.append(scores[:-1] - scores[1:], np.inf)
        relevance = self.relevance
        return [
            Ranked(
                rank=rank + 1,
                particle=self.particles[int(i)],
                score=float(self.scores[i]),
                separated=bool(gaps[rank] > self.bound),
                relevance=None if relevance is None else float(relevance[i]),
                bound=self.bound / 2,
            )
            for rank, i in enumerate(order[:count])
        ]

    def to_table(self) -> Any:
        """An Arrow table ``particle``, ``score`` (and ``relevance`` in a context), in particle order."""
        from focusmesh.engine.links import arrow_table

        columns: dict[str, Any] = {"particle": self.particles, "score": self.scores}
        if self.relevance is not None:
            columns["relevance"] = self.relevance
        return arrow_table(columns)

    def plot(
        self, kind: str = "bars", ax: Any = None, *, count: int = 20, title: str | None = None
    ) -> Any:
        """Draws the ``count`` best particles as ``"bars"`` or all scores by rank as a ``"curve"``; returns the axes.

        Needs the extra ``plot``. Pictures with links in them come from ``Graph.plot(..., focus=focus)``.
        """
        return display("plot", self, kind, ax, count, title)

    def __repr__(self) -> str:
        leader = f", first {self.top(1)[0].particle!r}" if len(self.scores) else ""
        return f"<Focus of {len(self.scores):,} particles, bound {self.bound:.1e}{leader}>"

    def _repr_html_(self) -> str:
        return str(display("html", self))


class CardFocus(Focus):
    """A focus whose ``scores`` lie on a card until they are read: what goes on there needs no copy on the host.

    ``cupy.asarray(focus)``, ``torch.from_dlpack(focus)`` and whatever else knows DLPack or the CUDA array interface
    take the scores where they lie, in the order of ``particles``. The card lets go of them once the host has read
    them; whoever asks the card afterwards has them copied back.
    """

    @classmethod
    def of(cls, focus: Focus, there: CardVector) -> CardFocus:
        """``focus`` with the scores ``there`` in the place of its own."""
        told: dict[str, Any] = {field.name: getattr(focus, field.name) for field in fields(focus)}
        return cls(**told | {"scores": there})

    @property
    def scores(self) -> FloatArray:
        """float64, ≥ 0, they add up to 1: copied to the host when they are first asked for. O(n) once."""
        return self._there.to_host()

    @scores.setter
    def scores(self, values: FloatArray | CardVector) -> None:
        self.__dict__["_there"] = HeldVector(values)

    @property
    def _there(self) -> HeldVector:
        held: HeldVector = self.__dict__["_there"]
        return held

    @property
    def card_scores(self) -> Any:
        """The scores as an array of CuPy, float64, shape (n,). O(1) until the host reads them, then O(n)."""
        return self._there.to_card().array

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        """Where the scores lie on the card (CUDA array interface 3)."""
        described: dict[str, Any] = self.card_scores.__cuda_array_interface__
        return described

    def __dlpack__(self, **asked: Any) -> Any:
        """The scores as DLPack hands arrays over."""
        return self.card_scores.__dlpack__(**asked)

    def __dlpack_device__(self) -> tuple[int, int]:
        """The kind and the number of the card."""
        kind, number = self.card_scores.__dlpack_device__()
        return int(kind), int(number)

    def __reduce__(self) -> tuple[type[Focus], tuple[Any, ...]]:
        """Pickles a focus of the host: other processes see no memory of this one's card."""
        return Focus, tuple(getattr(self, field.name) for field in fields(self))
