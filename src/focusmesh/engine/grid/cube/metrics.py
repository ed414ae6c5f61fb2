"""What a grid tells of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.engine.grid.cube.grid import Grid


@dataclass(frozen=True)
class GridStatistics:
    """What a grid holds and has done; ``busy_fraction`` of the time since the last cycle of κ."""

    blocks: int
    cubes: int
    edges: int
    models: int
    templates: int
    states: Mapping[str, int]
    operations: int
    forwards: int
    generated_bytes: int
    messages: int
    busy_seconds: float
    busy_fraction: float
    kappa_mean: float
    kappa_min: float
    kappa_max: float
    array_bytes: int


@dataclass(frozen=True)
class Health:
    """Whether every cube can be worked with, or which cannot and why."""

    ok: bool
    problems: tuple[str, ...]


def statistics_of(grid: Grid, elapsed: float) -> GridStatistics:
    """The numbers now, ``elapsed`` seconds after the last cycle of κ. O(cubes)."""
    cubes = list(grid.instances.values())
    done = [cube.statistics for cube in cubes]
    kappas = [cube.kappa for cube in cubes] or [grid.fields.load.params.setpoint]
    busy = sum(cube.measured_seconds for cube in cubes)
    states = [cube.state for cube in cubes]
    return GridStatistics(
        blocks=grid.array.count,
        cubes=len(cubes),
        edges=len(grid.edges),
        models=len(grid.models),
        templates=len(grid.templates),
        states={state: states.count(state) for state in sorted(set(states))},
        operations=sum(one.operations for one in done),
        forwards=sum(one.forwards for one in done),
        generated_bytes=sum(one.generated_bytes for one in done),
        messages=sum(one.messages for one in done),
        busy_seconds=sum(one.busy_seconds for one in done),
        busy_fraction=min(busy / elapsed, 1.0) if elapsed > 0 else 0.0,
        kappa_mean=sum(kappas) / len(kappas),
        kappa_min=min(kappas),
        kappa_max=max(kappas),
        array_bytes=grid.array.memory_bytes,
    )
