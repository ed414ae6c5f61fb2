"""Models that learn from a text: Adam down the gradient of what each next byte costs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.model.language import language_scores
from focusmesh.engine.grid.model.model import Model
from focusmesh.engine.grid.model.shape import Shape
from focusmesh.engine.grid.model.weights import initial_weights, weights_fault
from focusmesh.engine.grid.tensor import Adam, Tensor, cross_entropy
from focusmesh.engine.support.parallel import even_chunks
from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.grid.tensor import Governor
    from focusmesh.engine.support.progress import Progress

_LOOKS = 30
_WARM = 100
_LAST_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class TrainParams:
    """1 ≤ steps, 1 ≤ batch, 0 < rate < 1, seed ≥ 0: ``batch`` windows of the shape's context a step.

    The rate rises for 100 steps and falls to a twentieth by a cosine.
    """

    steps: int = 1_500
    batch: int = 32
    rate: float = 0.01
    seed: int = 0
    shape: Shape = field(default_factory=Shape)

    def verify(self) -> None:
        """Raises ParameterError with the inequality that is broken."""
        self.shape.verify()
        for name, low in (("steps", 1), ("batch", 1), ("seed", 0)):
            if getattr(self, name) < low:
                raise ParameterError(f"{name} ≥ {low}, {name} = {getattr(self, name)}")
        if not 0.0 < self.rate < 1.0:
            raise ParameterError(f"0 < rate < 1, rate = {self.rate}")

    def rate_at(self, step: int) -> float:
        """The rate of one step, from 0."""
        warm = min(1.0, (step + 1) / min(_WARM, self.steps))
        fall = 0.5 + 0.5 * float(np.cos(np.pi * step / self.steps))
        return self.rate * warm * (_LAST_SHARE + (1.0 - _LAST_SHARE) * fall)


@dataclass(frozen=True, slots=True)
class Trained:
    """A model and how it came about: ``curve`` has pairs (steps done, mean nats a byte since the pair before)."""

    model: Model
    curve: tuple[tuple[int, float], ...]
    seconds: float


class Trainer:
    """Training that is done step by step, so that several models can learn in turn."""

    def __init__(self, text: bytes, params: TrainParams | None = None) -> None:
        """Raises ParameterError for parameters out of range, or a text not longer than a window."""
        self.params = params or TrainParams()
        self.params.verify()
        context = self.params.shape.context
        if len(text) <= context:
            raise ParameterError(
                f"a text of more than {context} bytes is needed to train on, this one has {len(text)}"
            )
        self._text = np.frombuffer(text, dtype=np.uint8)
        self._weights = {
            name: Tensor(array, requires_grad=True)
            for name, array in initial_weights(self.params.shape, self.params.seed, text).items()
        }
        self._adam = Adam(list(self._weights.values()))
        self._random = np.random.default_rng([self.params.seed, 11])
        self.steps_done = 0

    def step(self) -> float:
        """One step on windows drawn from the text; nats a byte before it."""
        context = self.params.shape.context
        starts = self._random.integers(0, len(self._text) - context, self.params.batch)
        windows = self._text[starts[:, None] + np.arange(context + 1)]
        scores = language_scores(self._weights, windows[:, :-1])
        cost = cross_entropy(scores, windows[:, 1:])
        cost.backward()
        self._adam.step(self.params.rate_at(self.steps_done))
        self.steps_done += 1
        return cost.item()

    def model(self) -> Model:
        """The model as it is now. Raises ParameterError where its numbers grew beyond what a model may have."""
        weights = {name: each.data.astype(np.float32) for name, each in self._weights.items()}
        fault = weights_fault(weights)
        if fault is not None:
            raise ParameterError(
                f"training failed: {fault}; choose a rate below {self.params.rate}"
            )
        return Model(self.params.shape, weights)


def train(
    text: bytes,
    params: TrainParams | None = None,
    *,
    governor: Governor | None = None,
    progress: Progress | None = None,
) -> Trained:
    """A model of ``text``. The same text and parameters give the same model on one machine.

    ``governor`` paces the steps. Raises ParameterError as ``Trainer`` does. About 9 ms a step of 32 windows.
    """
    began, trainer = time.perf_counter(), Trainer(text, params)
    steps = trainer.params.steps
    told = Throttle(progress, "training", steps, "steps")
    costs = list[float]()
    for step in range(1, steps + 1):
        costs.append(trainer.step())
        told.at(step)
        if governor is not None:
            governor.pace()
    told.finish(steps)
    return Trained(trainer.model(), curve_of(costs), time.perf_counter() - began)


def curve_of(costs: Sequence[float]) -> tuple[tuple[int, float], ...]:
    """The curve of ``Trained``, of what every step cost."""
    looks = even_chunks(len(costs), max(1, len(costs) // _LOOKS))
    return tuple((end, float(np.mean(costs[begin:end]))) for begin, end in looks)
