"""What a block array is measured beside: a dictionary of tuples, and NumPy arrays with a place for every block."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Protocol

import numpy as np

from focusmesh.engine.grid.array import BlockArray

if TYPE_CHECKING:
    import numpy.typing as npt

    Box = tuple[tuple[int, int, int], tuple[int, int, int]]
    Places = npt.NDArray[np.int64]

KAPPA = 0.6


class Lattice(Protocol):
    """What all of them can do. Coordinates are int64, shape (n, 3)."""

    @property
    def count(self) -> int: ...
    def activate(self, box: Box) -> None: ...
    def clear(self, box: Box) -> None: ...
    def sync(self, box: Box) -> None: ...
    def read(self, box: Box) -> int:
        """How many blocks there are, with all of their contents at hand."""
        ...

    def put(self, places: Places, values: npt.NDArray[np.float64]) -> None: ...
    def get(self, places: Places) -> float:
        """The sum of their values."""
        ...

    def near(self, places: Places) -> int:
        """How many of the 26 neighbours of each are active, in all."""
        ...


class Own:
    """The block array."""

    def __init__(self, side: int) -> None:
        self.array = BlockArray(side)

    @property
    def count(self) -> int:
        return self.array.count

    def activate(self, box: Box) -> None:
        self.array.activate_box(*box)

    def clear(self, box: Box) -> None:
        self.array.clear_box(*box)

    def sync(self, box: Box) -> None:
        blocks = self.array.region(*box)
        mean = np.full(len(blocks), blocks.kappa.mean(), dtype=np.float32)
        time = np.full(len(blocks), self.array.next_tick(), dtype=np.uint32)
        self.array.write(blocks.with_columns(kappa=mean, time=time))

    def read(self, box: Box) -> int:
        return len(self.array.region(*box))

    def put(self, places: Places, values: npt.NDArray[np.float64]) -> None:
        self.array.set_many(places, values)

    def get(self, places: Places) -> float:
        return float(self.array.get_many(places).value.sum())

    def near(self, places: Places) -> int:
        return sum(len(self.array.neighbours(x, y, z, 26)) for x, y, z in places.tolist())


class Dictionary:
    """{(x, y, z): (value, κ, time, model)}."""

    def __init__(self, side: int) -> None:
        self.side = side
        self.blocks: dict[tuple[int, int, int], tuple[float, float, int, int]] = {}
        self.tick = 0

    @property
    def count(self) -> int:
        return len(self.blocks)

    def activate(self, box: Box) -> None:
        self.tick += 1
        new = (0.0, KAPPA, self.tick, 0)
        for at in _places(box):
            self.blocks.setdefault(at, new)

    def clear(self, box: Box) -> None:
        for at in _places(box):
            self.blocks.pop(at, None)

    def sync(self, box: Box) -> None:
        self.tick += 1
        known = self.blocks
        found = [at for at in _places(box) if at in known]
        mean = sum(known[at][1] for at in found) / max(len(found), 1)
        for at in found:
            value, _, _, model = known[at]
            known[at] = (value, mean, self.tick, model)

    def read(self, box: Box) -> int:
        return len([self.blocks[at] for at in _places(box) if at in self.blocks])

    def put(self, places: Places, values: npt.NDArray[np.float64]) -> None:
        self.tick += 1
        for at, value in zip(map(tuple, places.tolist()), values.tolist(), strict=True):
            _, kappa, _, model = self.blocks.get(at, (0.0, KAPPA, 0, 0))
            self.blocks[at] = (value, kappa, self.tick, model)

    def get(self, places: Places) -> float:
        found = (self.blocks.get(at) for at in map(tuple, places.tolist()))
        return sum(block[0] for block in found if block)

    def near(self, places: Places) -> int:
        steps = [step for step in product((-1, 0, 1), repeat=3) if any(step)]
        return sum(
            (x + a, y + b, z + c) in self.blocks for x, y, z in places.tolist() for a, b, c in steps
        )


class Dense:
    """Four NumPy arrays of every block of the lattice, and one that says which are active."""

    def __init__(self, side: int) -> None:
        shape = (side,) * 3
        self.side = side
        self.active = np.zeros(shape, dtype=np.bool_)
        self.value = np.zeros(shape)
        self.kappa = np.zeros(shape, dtype=np.float32)
        self.time = np.zeros(shape, dtype=np.uint32)
        self.model = np.zeros(shape, dtype=np.uint16)
        self.tick = 0

    @property
    def count(self) -> int:
        return int(np.count_nonzero(self.active))

    def activate(self, box: Box) -> None:
        self.tick += 1
        part = _slices(box)
        new = ~self.active[part]
        self.value[part][new] = 0.0
        self.kappa[part][new] = KAPPA
        self.time[part][new] = self.tick
        self.model[part][new] = 0
        self.active[part] = True

    def clear(self, box: Box) -> None:
        self.active[_slices(box)] = False

    def sync(self, box: Box) -> None:
        self.tick += 1
        part = _slices(box)
        there = self.active[part]
        self.kappa[part][there] = self.kappa[part][there].mean() if there.any() else 0.0
        self.time[part][there] = self.tick

    def read(self, box: Box) -> int:
        part = _slices(box)
        there = self.active[part]
        columns = (self.value, self.kappa, self.time, self.model)
        return min(len(column[part][there]) for column in columns)

    def put(self, places: Places, values: npt.NDArray[np.float64]) -> None:
        self.tick += 1
        at = tuple(places.T)
        new = ~self.active[at]
        self.kappa[at] = np.where(new, KAPPA, self.kappa[at])
        self.value[at] = values
        self.time[at] = self.tick
        self.active[at] = True

    def get(self, places: Places) -> float:
        at = tuple(places.T)
        return float(self.value[at][self.active[at]].sum())

    def near(self, places: Places) -> int:
        found = 0
        for x, y, z in places.tolist():
            around = self.active[
                max(x - 1, 0) : x + 2, max(y - 1, 0) : y + 2, max(z - 1, 0) : z + 2
            ]
            found += int(np.count_nonzero(around)) - int(self.active[x, y, z])
        return found


def _places(box: Box) -> product[tuple[int, int, int]]:
    x, y, z = (range(start, end) for start, end in zip(*box, strict=True))
    return product(x, y, z)


def _slices(box: Box) -> tuple[slice, ...]:
    return tuple(slice(start, end) for start, end in zip(*box, strict=True))
