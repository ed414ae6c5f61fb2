"""Several models that learn side by side, each from a text of its own."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.model.training import Trained, Trainer, TrainParams, curve_of
from focusmesh.engine.support import parallel
from focusmesh.engine.support.progress import Throttle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.grid.tensor import Governor
    from focusmesh.engine.support.progress import Progress

_ROUND = 10
"""Steps of each model between two looks at the clock, so that an interrupt waits for no more."""


def train_specialists(
    texts: Mapping[str, bytes],
    params: TrainParams | None = None,
    *,
    governor: Governor | None = None,
    progress: Progress | None = None,
) -> dict[str, Trained]:
    """A model of each text, in the threads that may work; they are what ``train`` makes of each, with seeds that
    count up from ``params.seed``. ``seconds`` is of all together. Raises ParameterError as ``Trainer`` does."""
    params = params or TrainParams()
    began = time.perf_counter()
    trainers = [
        Trainer(text, replace(params, seed=params.seed + at))
        for at, text in enumerate(texts.values())
    ]
    told = Throttle(progress, "training", params.steps * len(trainers), "steps")
    costs = np.empty((params.steps, len(trainers)))
    for begin, end in parallel.even_chunks(params.steps, _ROUND):

        def work(trainer: Trainer, count: int = end - begin) -> list[float]:
            return [trainer.step() for _ in range(count)]

        costs[begin:end] = np.transpose(parallel.run(work, trainers))
        told.at(end * len(trainers))
        if governor is not None:
            governor.pace()
    told.finish(params.steps * len(trainers))
    seconds = time.perf_counter() - began
    return {
        name: Trained(trainer.model(), curve_of(own.tolist()), seconds)
        for name, trainer, own in zip(texts, trainers, costs.T, strict=True)
    }
