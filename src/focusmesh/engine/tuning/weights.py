"""What is tuned of a model: the one shape that its weights have in PyTorch, whether they are links or factors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from focusmesh.engine.tuning.factor_weights import FactorWeights
from focusmesh.engine.tuning.link_weights import LinkWeights

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.compile import CompiledModel
    from focusmesh.engine.support.arrays import BoolArray
    from focusmesh.engine.tuning.params import TuneParams


class Weights(Protocol):
    """The numbers of one model on its way."""

    @property
    def hides(self) -> bool:
        """Whether a pair can be left out of a step, so that it is not known when it is asked for."""

    def tensors(self) -> list[Any]:
        """What an optimiser changes."""

    def drift(self) -> Any:
        """How far the numbers are from where weight decay draws them, squared: a scalar."""

    def layer(self, hidden: BoolArray) -> Callable[[Any, Any], Any]:
        """x ← R(x) without the pairs that are ``hidden``, (p,), where they can be."""

    def model(self, whole: CompiledModel) -> CompiledModel:
        """``whole`` with the numbers as they stand; of links that it has more, with what was compiled."""


def weights_of(model: CompiledModel, params: TuneParams) -> Weights:
    """The weights of ``model``, as they were compiled or at random."""
    if model.factors is None:
        return LinkWeights(model.heads, model.params, params.start, params.seed)
    return FactorWeights(model.factors, model.params, params.start, params.seed)
