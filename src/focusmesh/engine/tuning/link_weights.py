"""The heads of an exact model in PyTorch: a number a link, one a pair, and two a relation.

Attention and gates of a particle are one softmax over all of its links: the weight of a link is A·exp(bias of its
relation + its own offset). So rows still sum to 1 and R still shrinks distances by κ: a tuned model is the compiled
model of other weights, with the same bound on what its layers leave out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.tuning.products import MassSteps
from focusmesh.engine.tuning.split import ends_of, keys
from focusmesh.engine.tuning.torch_loader import load_torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.compile import CompiledModel, Heads
    from focusmesh.engine.focus import FocusParams
    from focusmesh.engine.support.arrays import BoolArray, FloatArray, OffsetArray

_DRAW = 102


class LinkWeights:
    """See ``Weights``. A random start knows which links there are, and nothing of their weights."""

    hides = True

    def __init__(self, heads: Heads, params: FocusParams, start: str, seed: int) -> None:
        self._torch = load_torch()
        self._heads, self._params, self._start = heads, params, start
        self._places = _places(heads)
        count, source, target = heads.particle_count, *ends_of(heads)
        first, second = heads.first.astype(np.int64), heads.second.astype(np.int64)
        self._walk = MassSteps.of(source, target, count)
        self._either = MassSteps.of(np.append(first, second), np.append(second, first), count)
        relation = heads.row_head[heads.row].astype(np.int64)
        self._source, self._relation = self._index(source), self._index(relation)
        self._pair = self._index(self._places)
        self._base = self._tensor(heads.logit if start == "compiled" else 0 * heads.logit)
        sizes = len(source), len(first), heads.head_count, heads.head_count
        random = np.random.default_rng([seed, _DRAW])
        spread = 0.0 if start == "compiled" else 1.0
        self._offset, self._pair_offset, self._bias, self._pair_bias = (
            self._tensor(spread * random.standard_normal(size)).requires_grad_() for size in sizes
        )

    def tensors(self) -> list[Any]:
        return [self._offset, self._pair_offset, self._bias, self._pair_bias]

    def drift(self) -> Any:
        return self._offset.square().sum() + self._pair_offset.square().sum()

    def layer(self, hidden: BoolArray) -> Callable[[Any, Any], Any]:
        torch, params = self._torch, self._params
        count = self._heads.particle_count
        share, fallen = self._softmax(
            self._logits(), self._source, torch.from_numpy(~hidden[self._places])
        )
        ends = self._index(self._either.source)
        both = torch.from_numpy(~np.concatenate((hidden, hidden)))
        pairs, alone = self._softmax(self._pair_logits().repeat(2), ends, both)
        coefficients, follow = params.coefficients, params.diffusion * (1 - params.alpha)

        def step(x: Any, drawn: Any) -> Any:
            image = self._walk.apply(share, x) + (fallen @ x)[None, :] / count
            image = follow * image + params.gap * drawn
            moved = x
            for k, coefficient in enumerate(coefficients):
                if k:
                    moved = self._either.apply(pairs, moved) + alone[:, None] * moved
                image = image + coefficient * moved
            return image

        return step

    def model(self, whole: CompiledModel) -> CompiledModel:
        heads = whole.heads
        base = heads.logit if self._start == "compiled" else 0 * heads.logit
        offset, pair_offset, *biases = (each.detach().numpy() for each in self.tensors())
        # A relation all of whose links were kept out has none of its own; what all have in common says nothing.
        bias, pair_bias = (np.append(tuned, tuned.mean()) for tuned in biases)
        relation = self._relations(heads)
        logit = base + bias[relation] + _spread(_link_keys(self._heads), offset, _link_keys(heads))
        amount = np.exp(base + pair_bias[relation])
        total = np.bincount(_places(heads), weights=amount, minlength=len(heads.first))
        own = _spread(_pair_keys(self._heads), pair_offset, _pair_keys(heads))
        return replace(whole, heads=_reweigh(heads, logit, np.log(total) + own))

    def _logits(self) -> Any:
        return self._base + self._offset + self._bias[self._relation]

    def _pair_logits(self) -> Any:
        amount = self._torch.exp(self._base + self._pair_bias[self._relation])
        total = self._torch.zeros(len(self._pair_offset), dtype=amount.dtype)
        return self._torch.log(total.index_add(0, self._pair, amount)) + self._pair_offset

    def _softmax(self, logit: Any, row: Any, shown: Any) -> tuple[Any, Any]:
        """Over the entries of each row that are shown, and which rows have none, as 0 and 1."""
        torch, count = self._torch, self._heads.particle_count
        highest = np.full(count, -np.inf)
        np.maximum.at(highest, row.numpy(), logit.detach().numpy())
        level = torch.from_numpy(highest)[row]
        raised = torch.where(shown, torch.exp(logit - level), 0.0)
        total = torch.zeros(count, dtype=raised.dtype).index_add(0, row, raised)
        empty = total <= 0
        return raised / torch.where(empty, 1.0, total)[row], empty.to(raised.dtype)

    def _relations(self, heads: Heads) -> OffsetArray:
        """The place among the tuned relations of each link of ``heads``; after the last, where it is of none."""
        place = {name: at for at, name in enumerate(self._heads.relations)}
        found = np.array([place.get(name, len(place)) for name in heads.relations])
        relation: OffsetArray = found[heads.row_head[heads.row]]
        return relation

    def _tensor(self, values: FloatArray) -> Any:
        return self._torch.from_numpy(np.array(values, dtype=np.float64))

    def _index(self, values: Any) -> Any:
        return self._torch.from_numpy(np.array(values, dtype=np.int64))


def _reweigh(heads: Heads, logit: FloatArray, pair_logit: FloatArray) -> Heads:
    """The same links with other weights: the gates follow from them."""
    source = heads.row_source[heads.row]
    highest = np.full(heads.particle_count, -np.inf)
    np.maximum.at(highest, source, logit)
    raised = np.exp(logit - highest[source])
    of_row = np.bincount(heads.row, weights=raised, minlength=len(heads.gate))
    total = np.bincount(heads.row_source, weights=of_row, minlength=heads.particle_count)
    gate = of_row / total[heads.row_source]
    return replace(heads, gate=gate, logit=logit, pair_logit=pair_logit)


def _places(heads: Heads) -> Any:
    """The pair that each link of the directed heads is of."""
    return np.searchsorted(_pair_keys(heads), keys(*ends_of(heads), heads.particle_count))


def _pair_keys(heads: Heads) -> Any:
    return keys(heads.first, heads.second, heads.particle_count)


def _link_keys(heads: Heads) -> list[tuple[Any, int, int]]:
    source, target = ends_of(heads)
    relations = [heads.relations[at] for at in heads.row_head[heads.row].tolist()]
    return list(zip(relations, source.tolist(), target.tolist(), strict=True))


def _spread(known: Any, values: FloatArray, wanted: Any) -> FloatArray:
    """``values`` by key, 0 where a key has none."""
    at = dict(zip(known if isinstance(known, list) else known.tolist(), values, strict=True))
    listed = wanted if isinstance(wanted, list) else wanted.tolist()
    return np.array([at.get(key, 0.0) for key in listed], dtype=np.float64)
