"""How far an author's links count: the karma factor of docs/explanation/attacks.md."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from focusmesh.engine.links.columns import LinkColumns


def karma_factor(karma: float, half: float, least: float) -> float:
    """``least + (1 − least)·karma / (karma + half)``: from ``least`` at 0 towards 1."""
    return least + (1 - least) * karma / (karma + half)


def weigh_by_karma(
    columns: LinkColumns, karma: Mapping[Any, float], half: float, least: float
) -> LinkColumns:
    """See ``Graph.weighed``."""
    if columns.authors is None or columns.author is None:
        raise InputError("karma needs links with authors; these links have none")
    if not (half > 0 and 0 <= least <= 1):
        raise InputError(f"karma needs half > 0 and 0 ≤ least ≤ 1; half = {half}, least = {least}")
    for name in karma:
        columns.authors.index(name)
    factors = np.array([_factor(name, karma, half, least) for name in columns.authors])
    amounts = np.ones(len(columns)) if columns.weight is None else columns.weight.astype(np.float64)
    return replace(columns, weight=amounts * factors[columns.author])


def _factor(name: Hashable, karma: Mapping[Any, float], half: float, least: float) -> float:
    value = float(karma.get(name, 0.0))
    if not (math.isfinite(value) and value >= 0):
        raise InputError(f"author {name!r}: karma {value!r} must be finite and not negative")
    return karma_factor(value, half, least)
