"""What compiled models are held against: the focus of many contexts at once, certified by the operator of
docs/explanation/operator.md.

The contexts are solved together along the lists of links of the heads, and each is then certified by one
application of R on the graph's own structure, which knows nothing of heads, logits or gates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.compile.layers import edge_layer
from focusmesh.engine.focus import Operator
from focusmesh.engine.support.progress import Throttle

if TYPE_CHECKING:
    from focusmesh.engine.compile.heads import Heads
    from focusmesh.engine.focus import FocusParams
    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.engine.support.progress import Progress

_STEPS_MAX = 5_000


def solve_contexts(
    heads: Heads,
    params: FocusParams,
    drawn: FloatArray,
    tolerance: float,
    progress: Progress | None = None,
) -> FloatArray:
    """The focus with each teleport in ``drawn``, (n, c), to ``tolerance`` or what 5,000 steps give. O(steps·K·m·c)."""
    layer, watch = edge_layer(heads, params), Throttle(progress, "measuring", None, "steps")
    x, enough = drawn, tolerance * params.gap / 2
    for step in range(_STEPS_MAX):
        image = layer.apply(x, drawn)
        moved = float(np.abs(image - x).sum(axis=0).max())
        x = image / image.sum(axis=0)
        watch.at(step)
        if moved <= enough:
            break
    return x


def largest_bound(graph: LinkView, params: FocusParams, drawn: FloatArray, x: FloatArray) -> float:
    """The largest of the certified bounds of the columns of ``x``: (ρ + γ)/(1 − κ), ρ by one application of R."""
    structure = graph.structure
    count = structure.particle_count
    start = Operator.on(structure, params, np.full(count, 1 / count), np.full(count, 1 / count))
    worst = 0.0
    for teleport, found in zip(drawn.T, x.T, strict=True):
        operator = start.teleporting_to(np.ascontiguousarray(teleport[structure.order]))
        held = np.ascontiguousarray(found[structure.order])
        residual = float(np.abs(operator.apply(held) - held).sum())
        worst = max(worst, operator.bound(residual, float(held.sum())))
    return worst
