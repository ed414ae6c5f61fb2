"""Cubes and grids for tests: models that have seen nothing but how often bytes are, each in another text."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.array import BlockArray
from focusmesh.engine.grid.cube import PLACES, Cube, Grid
from focusmesh.engine.grid.model import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

TEXTS = (
    *(b"import numpy as np\n", b'{"a": [1, 2], "b": null}', b"<p>Once upon a time</p>"),
    *(b"1.5,2.25,3\n4,5,6.125\n", b"the quick brown fox jumps over the lazy dog ", b"0123456789"),
    *(
        b"GET /index.html HTTP/1.1 200\n",
        b"int main(void) { return 0; }\n",
        b"all of it, mixed 42\n",
    ),
)


@cache
def models() -> dict[str, Model]:
    """One for each place; they differ."""
    return {place: Model.initial(seed, TEXTS[seed] * 20) for seed, place in enumerate(PLACES)}


def cube(diagonals: str = "none") -> Cube:
    """A cube of them."""
    return Cube(models(), diagonals)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def grid(clock: Clock | None = None, side: int = 40) -> Grid:
    """A grid with the models, one template ``eight``, and nothing else."""
    made = Grid(BlockArray(side), clock or Clock())
    for place, model in models().items():
        made.add_model(place.lower(), model)
    made.create_template("eight", {place: place.lower() for place in PLACES})
    return made


class Counting:
    """A model that counts its forwards, and expects one byte with certainty."""

    digest = bytes(32)

    def __init__(self, byte: int = 0, takes: float = 0.0, clock: Clock | None = None) -> None:
        self.byte = byte
        self.forwards = 0
        self._takes = takes
        self._clock = clock

    def forward(self, window: bytes) -> npt.NDArray[np.float64]:
        self.forwards += 1
        if self._clock is not None:
            self._clock.now += self._takes
        certain = np.zeros(256)
        certain[self.byte] = 1.0
        return certain

    def forward_batch(self, windows: Sequence[bytes]) -> npt.NDArray[np.float64]:
        return np.array([self.forward(window) for window in windows])

    def surprisals(self, text: bytes) -> npt.NDArray[np.float64]:
        return np.array([0.0 if byte == self.byte else 20.0 for byte in text])
