"""The descent: links are asked for from their sources, and the weights follow what would have found them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.support.progress import Throttle
from focusmesh.engine.tuning.baselines import teleports
from focusmesh.engine.tuning.link_scores import LinkRows
from focusmesh.engine.tuning.split import Targets, keys
from focusmesh.engine.tuning.torch_loader import load_torch, one_core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.engine.compile import CompiledModel
    from focusmesh.engine.support.arrays import BoolArray, OffsetArray
    from focusmesh.engine.support.progress import Progress
    from focusmesh.engine.tuning.params import TuneParams
    from focusmesh.engine.tuning.split import Split
    from focusmesh.engine.tuning.weights import Weights

_LOOKS = 20
_LOOKED_AT = 256
_DRAW = 105


@dataclass(frozen=True)
class Point:
    """Loss after ``step`` steps, in nats a link: of those trained on since the last point (None at 0), mean, and of
    those kept out for validation."""

    step: int
    train: float | None
    validation: float


def train_weights(
    weights: Weights,
    model: CompiledModel,
    split: Split,
    params: TuneParams,
    progress: Progress | None = None,
) -> tuple[Point, ...]:
    """Tunes ``weights`` in place and leaves them as they were at the best point by validation."""
    torch = load_torch()
    loss = _loss(weights, model, split, params)
    told = Throttle(progress, f"tuning from a {params.start} start", params.steps, "steps")
    seen = _some(split.validation, params.seed)
    with one_core(torch):
        optimiser = torch.optim.Adam(weights.tensors(), lr=params.rate)
        best, kept = float("inf"), list[Any]()
        losses: list[float] = []
        curve: list[Point] = []
        for step, batch in enumerate(_batches(split.train, params)):
            if step % max(1, params.steps // _LOOKS) == 0 or step == params.steps:
                with torch.no_grad():
                    looked = float(loss(seen, False))
                curve.append(Point(step, float(np.mean(losses)) if losses else None, looked))
                losses = []
                if looked < best:
                    best, kept = looked, [each.detach().clone() for each in weights.tensors()]
            if step < params.steps:
                optimiser.zero_grad()
                found = loss(batch, True)
                found.backward()
                optimiser.step()
                losses.append(float(found.detach()))
            told.at(step)
        with torch.no_grad():
            for each, value in zip(weights.tensors(), kept, strict=True):
                each.copy_(value)
    told.finish(params.steps)
    return tuple(curve)


def _loss(
    weights: Weights, model: CompiledModel, split: Split, params: TuneParams
) -> Callable[[Targets, bool], Any]:
    """−ln of the share that the right particle has of all that could be linked, mean over a batch."""
    torch, count = load_torch(), split.heads.particle_count
    pairs = keys(split.heads.first, split.heads.second, count)
    hides = weights.hides and not split.observed
    linked = LinkRows.of(split.train if hides else Targets.none(), count)

    def loss(batch: Targets, training: bool) -> Any:
        drawn = torch.from_numpy(teleports(model, batch.source))
        step = weights.layer(_hidden(batch, pairs, count, training and hides))
        x = drawn
        for _ in range(params.layers):
            x = step(x, drawn)
        allowed = linked.free_targets(batch.source)
        columns = np.arange(len(batch))
        allowed[batch.target, columns] = True
        among = torch.where(torch.from_numpy(allowed), x, 0.0).sum(dim=0)
        right = x[torch.from_numpy(batch.target), torch.from_numpy(columns)]
        nats = (torch.log(among) - torch.log(right)).mean()
        if not training:
            return nats
        return nats + params.decay * weights.drift() / len(split.train)

    return loss


def _hidden(batch: Targets, pairs: OffsetArray, count: int, hiding: bool) -> BoolArray:
    """The pairs of a batch, so that nothing is told of what is asked for."""
    hidden = np.zeros(len(pairs), dtype=np.bool_)
    if hiding:
        hidden[np.searchsorted(pairs, keys(batch.source, batch.target, count))] = True
    return hidden


def _batches(links: Targets, params: TuneParams) -> Iterator[Targets]:
    """``steps`` + 1 batches, all links in a drawn order before any comes again."""
    random = np.random.default_rng([params.seed, _DRAW])
    order = np.zeros(0, dtype=np.int64)
    size = min(params.batch, len(links))
    for _ in range(params.steps + 1):
        if len(order) < size:
            order = random.permutation(len(links))
        some, order = order[:size], order[size:]
        yield Targets(links.source[some], links.target[some])


def _some(links: Targets, seed: int) -> Targets:
    chosen = np.random.default_rng([seed, _DRAW, 1]).permutation(len(links))[:_LOOKED_AT]
    return Targets(links.source[chosen], links.target[chosen])
