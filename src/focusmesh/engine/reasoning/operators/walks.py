"""A walk drawn from where seeds stand, and the strongest walks by which a score comes about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.links import LinkStore
from focusmesh.engine.reasoning.operators.scores import BETA, OPERATOR, no_rows
from focusmesh.engine.reasoning.registry import PARTICLES, Argument, Column, OperatorAtom

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    import numpy.typing as npt

    from focusmesh.engine.links import Snapshot

STEPS_MOST, WALKS_MOST = 1_000, 100


def _walk(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[npt.NDArray[Any], ...]:
    """Costs as ``Graph.walk``."""
    from focusmesh.engine.focus import graph_walk

    tick()
    if not arguments["seeds"]:
        return no_rows(np.int64, np.int64, np.float64, np.float64)
    drawn = graph_walk(
        LinkStore(snapshot),
        arguments["seeds"],
        arguments["steps"],
        arguments["temperature"],
        arguments["seed"],
        params=arguments["operator"],
        beta=arguments["beta"],
        progress=lambda *_: tick(),
    )
    return (
        np.arange(1, len(drawn) + 1),
        snapshot.particles.indices(drawn.particles).astype(np.int64),
        np.array([step.score for step in drawn], dtype=np.float64),
        np.array([step.bound for step in drawn], dtype=np.float64),
    )


def _explain(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[npt.NDArray[Any], ...]:
    """Costs as ``focusmesh.explain``."""
    from focusmesh.engine.focus import explain

    tick()
    if not arguments["seeds"]:
        return no_rows(np.int64, np.int64, np.int64, np.float64)
    found = explain(
        LinkStore(snapshot),
        arguments["seeds"],
        arguments["target"],
        params=arguments["operator"],
        beta=arguments["beta"],
        walks=arguments["walks"],
        progress=lambda *_: tick(),
    )
    lengths = [len(walk.particles) for walk in found.walks]
    passed = [particle for walk in found.walks for particle in walk.particles]
    return (
        np.repeat(np.arange(1, len(lengths) + 1), lengths),
        np.concatenate([np.zeros(0, np.int64), *map(np.arange, lengths)]).astype(np.int64),
        snapshot.particles.indices(passed).astype(np.int64),
        np.repeat(np.array([walk.share for walk in found.walks], np.float64), lengths),
    )


WALK = OperatorAtom(
    "walk",
    (
        Column("step", "number"),
        Column("p", "particle"),
        Column("score", "float"),
        Column("bound", "float"),
    ),
    _walk,
    (
        Argument("seeds", PARTICLES, required=True),
        Argument("steps", "number", 8, least=0, most=STEPS_MOST),
        Argument("temperature", "float", 1.0, least=0),
        Argument("seed", "number", 0, least=0),
        BETA,
        OPERATOR,
    ),
    bounded=(("score", "bound"),),
)
EXPLAIN = OperatorAtom(
    "explain",
    (
        Column("walk", "number"),
        Column("step", "number"),
        Column("p", "particle"),
        Column("share", "float"),
    ),
    _explain,
    (
        Argument("seeds", PARTICLES, required=True),
        Argument("target", "particle", required=True),
        Argument("walks", "number", 5, least=0, most=WALKS_MOST),
        BETA,
        OPERATOR,
    ),
)
