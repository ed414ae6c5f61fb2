"""Where a solver begins that is given nothing better than the teleport."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.operator.vectors import total

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.operator import Operator
    from focusmesh.engine.support.arrays import FloatArray


def is_cold(operator: Operator, start: FloatArray) -> bool:
    """Whether ``start`` knows no more than a teleport that is the same everywhere."""
    is_even = len(operator.flat_u) == 1 and (
        start is operator.u or np.array_equal(start, operator.u)
    )
    return operator.reduction.holds_everywhere(is_even)


def by_weight(operator: Operator, share: float) -> FloatArray:
    """``share`` of the mass as u has it, the rest in proportion to the weight of the links into each particle.

    Where weights are those of links both ways this is the walk's own limit, and near it elsewhere.
    """
    structure = operator.structure
    inward = structure.degree_total - structure.out_total
    return _blend(operator, inward, share)


def by_degree(operator: Operator, share: float) -> FloatArray:
    """The same with the links both ways: the limit of the undirected walk."""
    return _blend(operator, operator.structure.degree_total, share)


def _blend(operator: Operator, weight: FloatArray, share: float) -> FloatArray:
    mass = total(weight, operator.reduction)
    if not mass > 0:
        return operator.u
    return share * operator.u + (1 - share) / mass * np.maximum(weight, 0.0)
