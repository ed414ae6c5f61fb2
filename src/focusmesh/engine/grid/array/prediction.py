"""Interlock ``process``: every block of a plane asks its model what comes next, in batches, as a stream.

What a block shows its model is the line of values behind the plane: the 32 blocks before it on the plane's axis. With
sensors on x and y and time on z, that is the past of each sensor, and its surprise is how unusual its last reading is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import numpy as np

from focusmesh.engine.grid.array.faces import FACES, plane_axis
from focusmesh.engine.grid.array.validation import whole
from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from focusmesh.engine.grid.array.array import BlockArray
    from focusmesh.engine.grid.array.blocks import Blocks
    from focusmesh.engine.support.arrays import ByteArray, FloatArray
    from focusmesh.engine.support.progress import Progress

    Windows: TypeAlias = bytes | Callable[[Blocks], Sequence[bytes]] | None

WINDOW = 32
"""Values that a block shows its model, at most."""
BATCH = 4_096
"""Blocks of one batch, unless another number is asked for."""
_SMALLEST = np.finfo(np.float64).tiny


class Forward(Protocol):
    """A model of the next byte."""

    def forward_batch(self, windows: Sequence[bytes]) -> npt.NDArray[np.floating]:
        """The distribution of the next byte after each window: shape (n, 256), rows that sum to 1."""
        ...


class Batch(NamedTuple):
    """What one model says of some blocks: the likeliest ``next_byte``, its ``share``, and the ``surprise`` in nats of
    the value that the block has (not a number where that is no byte)."""

    model: int
    blocks: Blocks
    next_byte: ByteArray
    share: FloatArray
    surprise: FloatArray


@dataclass(frozen=True)
class Processing:
    """A stream of batches, worked out as it is read. ``total`` blocks have a model, ``without_model`` have none."""

    total: int
    without_model: int
    batches: Iterator[Batch]

    def __iter__(self) -> Iterator[Batch]:
        return self.batches


def process(
    array: BlockArray,
    models: Mapping[int, Forward],
    plane: str,
    index: int | None = None,
    *,
    windows: Windows = None,
    levels: tuple[float, float] | None = None,
    batch: int = BATCH,
    write: bool = False,
    progress: Progress | None = None,
) -> Processing:
    """Runs each block's model on all active blocks of a face or plane, model after model, by rising key.

    ``windows`` is what the blocks show: one text for all, a function of blocks, or (None) the values behind the plane,
    nearest last: those of smaller index, or of larger ones for the faces west, south and down. Values are bytes, whole
    numbers from 0 to 255, or become so by ``levels`` = (low, high): 256 steps between, what is outside at their ends.
    Equal windows are worked out once a batch. ``write`` makes the likeliest next byte the block's value.

    Raises GridError before anything is done: ``face``, ``unknown-model`` for a number that ``models`` lacks,
    ``batch``, ``levels``; and ``levels`` from a batch whose values are no bytes.
    """
    blocks = array.face(plane, index)
    if not whole(batch) or batch < 1:
        raise GridError("batch", f"a batch has at least 1 block, batch = {batch!r}")
    if levels is not None:
        _check_levels(levels)
    numbers = np.unique(blocks.model)
    unknown = [number for number in numbers.tolist() if number and number not in models]
    if unknown:
        raise GridError(
            "unknown-model", f"blocks of the plane have models {unknown}, which are not given"
        )
    total = int(np.count_nonzero(blocks.model))
    behind = _Behind(array, plane, levels) if windows is None else None
    shown = behind.windows if behind is not None else _window_reader(windows)
    work = _Work(array, models, shown, levels, write)
    throttle = Throttle(progress, "process", total, "blocks")
    batches = work.batches(blocks, [n for n in numbers.tolist() if n], batch, throttle)
    return Processing(total, len(blocks) - total, batches)


def _check_levels(levels: tuple[float, float]) -> None:
    low, high = levels
    if not low < high or not isfinite(high - low) or not isfinite(255 / (high - low)):
        raise GridError(
            "levels", f"levels are (low, high) with low < high, 255 steps apart, not {levels!r}"
        )


def _window_reader(windows: Windows) -> Callable[[Blocks], Sequence[bytes]]:
    if isinstance(windows, bytes):
        text = windows
        return lambda blocks: [text] * len(blocks)
    if windows is None:
        raise AssertionError("the line behind a plane is not a given window")
    return windows


@dataclass(frozen=True)
class _Behind:
    """The values behind a plane."""

    array: BlockArray
    plane: str
    levels: tuple[float, float] | None

    def windows(self, blocks: Blocks) -> list[bytes]:
        axis = plane_axis(self.plane)
        name = next(
            (n for n in FACES if self.plane.lower() == n or self.plane == n[0].upper()), None
        )
        step = 1 if name is not None and not FACES[name][1] else -1
        at = blocks.coordinates
        there = np.zeros((len(at), WINDOW), dtype=np.bool_)
        values = np.zeros((len(at), WINDOW), dtype=np.uint8)
        for back in range(WINDOW, 0, -1):
            place = at.copy()
            place[:, axis] += step * back
            inside = (place[:, axis] >= 0) & (place[:, axis] < self.array.shape[axis])
            read = self.array.get_many(place[inside])
            whole, good = as_bytes(read.value, self.levels)
            if not np.all(good | ~read.active):
                bad = float(read.value[read.active & ~good][0])
                raise GridError(
                    "levels",
                    f"a value behind the plane is not a byte: {bad!r}; give the range of values as levels=(low, high)",
                )
            there[inside, WINDOW - back] = read.active
            values[inside, WINDOW - back] = whole
        return [row[known].tobytes() for row, known in zip(values, there, strict=True)]


@dataclass(frozen=True)
class _Work:
    array: BlockArray
    models: Mapping[int, Forward]
    shown: Callable[[Blocks], Sequence[bytes]]
    levels: tuple[float, float] | None
    write: bool

    def batches(
        self, blocks: Blocks, numbers: Sequence[int], size: int, throttle: Throttle
    ) -> Iterator[Batch]:
        done = 0
        for number in numbers:
            places = np.flatnonzero(blocks.model == number)
            for start in range(0, len(places), size):
                part = blocks.taken(places[start : start + size])
                made = self.batch(number, part)
                done += len(part)
                throttle.at(done)
                yield made
        throttle.finish(done)

    def batch(self, number: int, blocks: Blocks) -> Batch:
        windows = self.shown(blocks)
        different = {window: at for at, window in enumerate(dict.fromkeys(windows))}
        shares = np.asarray(self.models[number].forward_batch(list(different)), dtype=np.float64)
        of_block = shares[[different[window] for window in windows]]
        likeliest = of_block.argmax(axis=1)
        rows = np.arange(len(blocks))
        actual, good = as_bytes(blocks.value, self.levels)
        surprise = -np.log(np.maximum(of_block[rows, actual], _SMALLEST))
        if self.write:
            written = blocks.with_columns(
                value=likeliest.astype(np.float64),
                time=np.full(len(blocks), self.array.next_tick(), dtype=np.uint32),
            )
            self.array.write(written)
        return Batch(
            number,
            blocks,
            likeliest.astype(np.uint8),
            of_block[rows, likeliest],
            np.where(good, surprise, np.nan),
        )


def as_bytes(
    values: FloatArray, levels: tuple[float, float] | None
) -> tuple[ByteArray, npt.NDArray[np.bool_]]:
    """Values as bytes, and which of them are bytes; with levels all are."""
    if levels is not None:
        low, high = levels
        scaled = np.rint((np.clip(values, low, high) - low) * (255 / (high - low)))
        return scaled.astype(np.uint8), np.ones(len(values), dtype=np.bool_)
    good = (values >= 0) & (values <= 255) & (np.floor(values) == values)
    return np.where(good, values, 0).astype(np.uint8), good
