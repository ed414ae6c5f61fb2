"""The focus of all particles, and that of a context: scores with bounds (docs/explanation/operator.md).

All scores are there, each off by at most its bound. With ``least`` those go that are certainly below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import context_scores, graph_focus
from focusmesh.engine.links import LinkStore
from focusmesh.engine.reasoning.registry import PARTICLES, Argument, Column, OperatorAtom

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    import numpy.typing as npt

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.support.arrays import FloatArray


def no_rows(*kinds: type) -> tuple[npt.NDArray[Any], ...]:
    """An answer without rows: an empty array of each kind."""
    return tuple(np.zeros(0, dtype=kind) for kind in kinds)


TOLERANCES = tuple(float(f"1e-{digits}") for digits in range(13))
"""A focus is solved to one of these: it is kept with the links, so that others would fill memory with one each."""


def _focus(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[npt.NDArray[Any], ...]:
    tick()
    found = graph_focus(
        LinkStore(snapshot),
        arguments["operator"],
        max(tolerance for tolerance in TOLERANCES if tolerance <= arguments["tolerance"]),
        progress=lambda *_: tick(),
    )
    return _score_rows(found.scores, found.bound, arguments["least"])


def _context(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[npt.NDArray[Any], ...]:
    if not arguments["seeds"]:
        return no_rows(np.int64, np.float64, np.float64)
    tick()
    found = context_scores(
        LinkStore(snapshot),
        arguments["seeds"],
        "exact",
        arguments["operator"],
        beta=arguments["beta"],
        tolerance=arguments["tolerance"],
        progress=lambda *_: tick(),
    )
    return _score_rows(found.scores, found.bound, arguments["least"])


def _score_rows(scores: FloatArray, bound: float, least: float) -> tuple[npt.NDArray[Any], ...]:
    """Those that may reach ``least``, the best first. O(n log n)."""
    kept = np.flatnonzero(scores + bound >= least)
    order = kept[np.argsort(-scores[kept], kind="stable")]
    return order, scores[order], np.full(len(order), bound)


_COLUMNS = (Column("p", "particle"), Column("score", "float"), Column("bound", "float"))
OPERATOR = Argument("operator", "symbol", "focus", choices=("focus", "pagerank"))
BETA = Argument("beta", "float", 0.5, least=0, most=1)
_HOW = (
    OPERATOR,
    Argument("tolerance", "float", 1e-9, least=1e-12, most=1.0),
    Argument("least", "float", 0.0, least=0),
)

FOCUS = OperatorAtom(
    "focus",
    _COLUMNS,
    _focus,
    _HOW,
    bounded=(("score", "bound"),),
)
CONTEXT = OperatorAtom(
    "context",
    _COLUMNS,
    _context,
    (
        Argument("seeds", PARTICLES, required=True),
        BETA,
        *_HOW,
    ),
    bounded=(("score", "bound"),),
)
