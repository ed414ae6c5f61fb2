"""What ``grid demo`` works out: what each model costs, who is recognised, how κ settles, what a plane does."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.engine.grid.array import Blocks
    from focusmesh.engine.grid.cube import Cube, Grid, KappaField
    from focusmesh.engine.grid.model import Model, QuantisedModel, Trained
    from focusmesh.interface.cli.grid.texts import TextKind

EVERYTHING = "all"
"""The model in the middle, which learns from all kinds."""
SIDE, CUBES = 100, 4
"""Blocks along the array, cubes along the lattice in it."""
CYCLES, CLOSE = 50, 0.05
_JUDGED_BYTES = 16_000


@dataclass(frozen=True, slots=True)
class Judged:
    """Nats a byte of a kind's kept-out text by each way to foretell it, the models' first."""

    kind: str
    nats: Mapping[str, float]

    @property
    def best(self) -> str:
        """Whose nats are the least."""
        return min(self.nats, key=lambda way: self.nats[way])


def judge_model(name: str, kind: TextKind, model: Model, quantised: QuantisedModel) -> Judged:
    """The model, in float32 and in whole numbers, beside the tables and gzip, which had the same text."""
    from focusmesh.engine.grid.model import Gzip, Ngram

    text = kind.kept_out[:_JUDGED_BYTES]
    ways: dict[str, Callable[[bytes], float]] = {
        "model": model.nats,
        "int8": quantised.nats,
        "unigram": Ngram.of(kind.train, 0).nats,
        "bigram": Ngram.of(kind.train, 1).nats,
        "trigram": Ngram.of(kind.train, 2).nats,
        "gzip": Gzip(kind.train).nats,
    }
    return Judged(name, {way: nats(text) for way, nats in ways.items()})


@dataclass(frozen=True, slots=True)
class Recognised:
    """Snippets of unknown kind, and what each way took them for: ``counts[way][kind]`` by what was said."""

    snippet_count: int
    snippet_bytes: int
    kinds: tuple[str, ...]
    counts: Mapping[str, Mapping[str, tuple[int, ...]]]

    def hits(self, way: str) -> int:
        """How many were taken for what they are."""
        return sum(row[self.kinds.index(kind)] for kind, row in self.counts[way].items())


def recognise_snippets(
    cube: Cube, kinds: Mapping[str, TextKind], per_kind: int, snippet_bytes: int
) -> Recognised:
    """Snippets of kept-out text: whoever is least surprised says what they are. CENTRAL has no say."""
    from focusmesh.engine.grid.cube import VERTICES
    from focusmesh.engine.grid.model import Gzip, Ngram

    names = tuple(kinds)
    tables = [Ngram.of(kind.train, 2) for kind in kinds.values()]
    primed = [Gzip(kind.train) for kind in kinds.values()]
    ways: dict[str, Callable[[bytes], int]] = {
        "cube": lambda data: VERTICES.index(cube.identify(data).vertex),
        "trigram": lambda data: int(np.argmin([table.nats(data) for table in tables])),
        "gzip": lambda data: int(np.argmin([each.nats(data) for each in primed])),
    }
    counts: dict[str, dict[str, tuple[int, ...]]] = {}
    for way, said in ways.items():
        counts[way] = {}
        for name, kind in kinds.items():
            taken = [said(each) for each in _snippets(kind.kept_out, per_kind, snippet_bytes)]
            counts[way][name] = tuple(np.bincount(taken, minlength=len(names)).tolist())
    return Recognised(per_kind * len(names), snippet_bytes, names, counts)


def _snippets(text: bytes, count: int, length: int) -> list[bytes]:
    starts = np.linspace(0, len(text) - length, count).astype(int).tolist()
    return [text[start : start + length] for start in starts]


def assemble_grid(
    trained: Mapping[str, Trained], kinds: Mapping[str, TextKind]
) -> tuple[Grid, Cube]:
    """A grid of 100³ blocks with 4³ cubes of the quantised models, weighted by some of the kept-out text."""
    from focusmesh.engine.grid.array import BlockArray
    from focusmesh.engine.grid.cube import CENTRAL, VERTICES, Grid

    grid = Grid(BlockArray(SIDE))
    for name, each in trained.items():
        grid.add_model(name, each.model.quantise())
    models = {**dict(zip(VERTICES, kinds, strict=True)), CENTRAL: EVERYTHING}
    plain = grid.create_template("texts-unweighted", models).cube(grid.models)
    seen = b"\n".join(kind.kept_out[-500:] for kind in kinds.values())
    weights = plain.with_fitted_weights(seen).weights
    cube = grid.create_template("texts", models, weights=weights).cube(grid.models)
    names = {}
    for at in np.ndindex(CUBES, CUBES, CUBES):
        names[at] = f"cube-{at[0]}{at[1]}{at[2]}"
        x, y, z = (12 + 24 * each for each in at)
        grid.create_instance(names[at], "texts", (x, y, z))
    for at, name in names.items():
        for axis in range(3):
            beside = tuple(each + (axis == other) for other, each in enumerate(at))
            if beside in names:
                grid.connect(name, names[beside])
    return grid, cube


def kappa_curves(field: KappaField) -> dict[str, list[float]]:
    """The largest distance of any κ from the set-point after 0, 1, … 50 cycles, by where all of them began."""
    names = sorted(field.values())
    drawn = np.random.default_rng(6).random(len(names))
    starts = {"0": np.zeros(len(names)), "1": np.ones(len(names)), "random": drawn}
    curves = {}
    for start, values in starts.items():
        for name, value in zip(names, values.tolist(), strict=True):
            field.put(name, value)
        curves[start] = [_farthest(field)]
        for _ in range(CYCLES):
            field.step()
            curves[start].append(_farthest(field))
    return curves


def _farthest(field: KappaField) -> float:
    return max(abs(value - field.params.setpoint) for value in field.values().values())


def show_interlocking(grid: Grid, text: bytes) -> list[dict[str, Any]]:
    """A face is activated, synced and cleared; a plane through cubes gets models on all its blocks and is asked.

    Each block reads 32 bytes of ``text`` of its own.
    """
    from focusmesh.engine.grid.array import process

    rows = []
    for operation in ("activate", "sync", "clear"):
        began = time.perf_counter()
        done = grid.interlock(operation, "up")
        rows.append(_row(operation, "up", done.blocks, began))
    x, y = np.meshgrid(np.arange(SIDE), np.arange(SIDE), indexing="ij")
    plane = np.stack([x.ravel(), y.ravel(), np.full(SIDE * SIDE, 50)], axis=1)
    numbers = np.array(sorted(grid.model_numbers.values()))
    grid.array.set_many(plane, model=numbers[np.arange(len(plane)) % len(numbers)])
    began = time.perf_counter()
    models = {grid.model_numbers[name]: model for name, model in grid.models.items()}
    asked = process(grid.array, models, "z", 50, windows=lambda blocks: _windows(blocks, text))
    done_count = sum(len(batch.blocks) for batch in asked)
    return [*rows, _row("process", "z = 50", done_count, began)]


def _windows(blocks: Blocks, text: bytes) -> list[bytes]:
    starts = blocks.coordinates[:, :2] @ (SIDE, 1) % (len(text) - 32)
    return [text[start : start + 32] for start in starts.tolist()]


def _row(operation: str, plane: str, blocks: int, began: float) -> dict[str, Any]:
    seconds = time.perf_counter() - began
    return {"operation": operation, "plane": plane, "blocks": blocks, "seconds": seconds}
