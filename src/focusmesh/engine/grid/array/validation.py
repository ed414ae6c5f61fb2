"""What an array takes: whole coordinates inside of it, finite values, κ from 0 to 1, model numbers."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.grid.array.blocks import ABSENT, DTYPES, Block, short
from focusmesh.engine.grid.array.morton import AXIS_BITS
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from focusmesh.engine.grid.array.box import Box, Shape
    from focusmesh.engine.support.arrays import OffsetArray

SIDE_MAX = 1 << AXIS_BITS
TIME_MAX = (1 << 32) - 1
_LARGEST = float(np.finfo(np.float64).max)


def checked_shape(shape: int | tuple[int, int, int]) -> Shape:
    """Three sides; one number is all three. Raises GridError ``shape`` unless 1 ≤ side ≤ 2²¹."""
    sides = tuple(shape) if isinstance(shape, Iterable) else (shape,) * 3
    if len(sides) != 3 or not all(whole(side) and 1 <= side <= SIDE_MAX for side in sides):
        raise GridError(
            "shape", f"an array has three sides from 1 to {SIDE_MAX:,}, shape = {shape!r}"
        )
    x, y, z = (int(side) for side in sides)
    return x, y, z


def checked_one(shape: Shape, x: int, y: int, z: int) -> tuple[int, int, int]:
    """One block's coordinates. Raises GridError ``coordinates``."""
    at = (x, y, z)
    for number, side in zip(at, shape, strict=True):
        if not whole(number) or not 0 <= number < side:
            raise GridError("coordinates", _outside(at, shape))
    return operator.index(x), operator.index(y), operator.index(z)


def checked_many(shape: Shape, coordinates: Any) -> OffsetArray:
    """Coordinates as int64, shape (n, 3). Raises GridError ``coordinates`` naming the first that is outside."""
    try:
        given = np.asarray(coordinates)
    except ValueError:
        raise GridError(
            "coordinates", "coordinates are integers of shape (n, 3), these rows differ in length"
        ) from None
    if given.size == 0 and given.ndim <= 2:
        return np.empty((0, 3), dtype=np.int64)
    if given.ndim != 2 or given.shape[1] != 3 or given.dtype.kind not in "iu":
        raise GridError(
            "coordinates",
            f"coordinates are integers of shape (n, 3), these are {given.dtype} of shape {given.shape}",
        )
    outside = np.any((given < 0) | (given >= np.array(shape)), axis=1)
    if outside.any():
        row = int(np.argmax(outside))
        raise GridError("coordinates", f"row {row}: {_outside(tuple(given[row].tolist()), shape)}")
    return given.astype(np.int64, copy=False)


def checked_box(shape: Shape, low: Any, high: Any) -> Box:
    """A box whose corners are inside or on the outer border. Raises GridError ``coordinates``."""
    from focusmesh.engine.grid.array.box import Box

    corners = []
    for corner in (low, high):
        sides = tuple(corner) if isinstance(corner, Iterable) else (corner,)
        if len(sides) != 3 or not all(
            whole(number) and 0 <= number <= side for number, side in zip(sides, shape, strict=True)
        ):
            raise GridError(
                "coordinates", f"corner {sides} is outside of the array {_sides(shape)}"
            )
        corners.append((int(sides[0]), int(sides[1]), int(sides[2])))
    if any(end < start for start, end in zip(*corners, strict=True)):
        raise GridError(
            "coordinates", f"a box from {corners[0]} to {corners[1]} ends before it begins"
        )
    return Box(*corners)


def _plain(value: Any, kappa: Any, time: Any, model: Any) -> bool:
    """Whether these are Python's own numbers in range: the usual case, in a hundredth of the time of arrays."""
    return (
        type(value) in {float, int}
        and type(kappa) in {float, int}
        and type(time) is int
        and type(model) is int
        and -_LARGEST <= value <= _LARGEST
        and 0 <= kappa <= 1
        and 0 <= time <= TIME_MAX
        and 0 <= model < ABSENT
    )


def checked_column(name: str, numbers: Any, count: int) -> npt.NDArray[Any]:
    """A number, or ``count`` of them, as the column ``name`` keeps them. Raises GridError ``block``."""
    accepted, wanted, dtype = _RULES[name]
    try:
        given = np.asarray(numbers, dtype=np.float64)
    except (TypeError, ValueError):
        raise GridError("block", f"{name} is {wanted}, not {numbers!r}") from None
    except OverflowError:
        raise GridError("block", f"{name} is {wanted}, not one beyond {_LARGEST}") from None
    if given.shape not in {(), (count,)}:
        raise GridError("block", f"{name} is one number or {count:,}, its shape is {given.shape}")
    good = accepted(given)
    if not good.all():
        bad = given if given.ndim == 0 else given[np.argmin(good)]
        raise GridError("block", f"{name} is {wanted}, {name} = {float(bad)!r}")
    # Minus nothing is nothing: equal blocks have equal bytes.
    column = given.astype(dtype) + dtype.type(0)
    return np.broadcast_to(column, (count,))


def checked_block(value: Any, kappa: Any, time: Any, model: Any) -> Block:
    """One block's contents, as an array will give them back. Raises GridError ``block``."""
    if _plain(value, kappa, time, model):
        return Block(float(value) + 0.0, short(np.float32(kappa)) + 0.0, time, model)
    given = {"value": value, "kappa": kappa, "time": time, "model": model}
    kept = {name: checked_column(name, number, 1)[0] for name, number in given.items()}
    return Block(float(kept["value"]), short(kept["kappa"]), int(kept["time"]), int(kept["model"]))


def _finite(given: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    good: npt.NDArray[np.bool_] = np.isfinite(given)
    return good


def _within(most: int, whole: bool) -> Callable[[npt.NDArray[Any]], npt.NDArray[np.bool_]]:
    def accepts(given: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        good = (given >= 0) & (given <= most)
        return good & (np.floor(given) == given) if whole else good

    return accepts


_RULES: dict[str, tuple[Callable[..., npt.NDArray[np.bool_]], str, np.dtype[Any]]] = {
    "value": (_finite, "a finite number", DTYPES[0]),
    "kappa": (_within(1, whole=False), "a number from 0 to 1", DTYPES[1]),
    "time": (_within(TIME_MAX, whole=True), "a whole number from 0 to 2³² − 1", DTYPES[2]),
    "model": (
        _within(ABSENT - 1, whole=True),
        f"a whole number from 0 to {ABSENT - 1:,}",
        DTYPES[3],
    ),
}


def whole(number: Any) -> bool:
    """Whether it is an integer, of Python or of NumPy, and no truth value."""
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def _outside(at: tuple[Any, ...], shape: Shape) -> str:
    return f"block {at} is outside of the array {_sides(shape)}, whose coordinates begin at 0"


def _sides(shape: Shape) -> str:
    return "×".join(str(side) for side in shape)
