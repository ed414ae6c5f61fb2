"""Faces and planes of an array, by name or by axis and index, as boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.grid.array.box import Box
from focusmesh.engine.grid.array.validation import whole
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from focusmesh.engine.grid.array.box import Shape

FACES = {
    "west": (0, False),
    "east": (0, True),
    "south": (1, False),
    "north": (1, True),
    "down": (2, False),
    "up": (2, True),
}
"""The six faces: (axis, whether at its end): east is where x is largest, north y, up z."""
PLANES = {"x": 0, "y": 1, "z": 2, "yz": 0, "xz": 1, "xy": 2}
"""Planes across the array, by the axis that stands on them or by the two that they hold."""


def face_box(shape: Shape, plane: str, index: int | None = None) -> Box:
    """A face (``"north"``, ``"N"``), or the plane of blocks that have ``index`` on an axis (``"z", 3``; ``"xy", 3``).

    Raises GridError ``face`` for an unknown name, a face with an index, a plane without, and an index outside.
    """
    axis, at = _axis_and_index(shape, plane, index)
    low, high = [0, 0, 0], list(shape)
    low[axis], high[axis] = at, at + 1
    return Box((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def plane_axis(plane: str) -> int:
    """The axis that stands on a face or plane: 0, 1 or 2. Raises GridError ``face`` for an unknown name."""
    face = _face(plane)
    return FACES[face][0] if face is not None else _plane(plane)


def _axis_and_index(shape: Shape, plane: str, index: int | None) -> tuple[int, int]:
    face = _face(plane)
    if face is not None:
        axis, at_end = FACES[face]
        at = shape[axis] - 1 if at_end else 0
        if index is not None and index != at:
            raise GridError(
                "face", f"the {face} face is at {at}; leave the index out, or name a plane"
            )
        return axis, at
    axis = _plane(plane)
    if index is None or not whole(index) or not 0 <= index < shape[axis]:
        most = shape[axis] - 1
        raise GridError(
            "face", f"plane {plane!r} needs an index from 0 to {most}, index = {index!r}"
        )
    return axis, int(index)


def _face(plane: str) -> str | None:
    name = str(plane)
    if name.lower() in FACES:
        return name.lower()
    return next((face for face in FACES if face[0].upper() == name), None)


def _plane(plane: str) -> int:
    try:
        return PLANES[str(plane).lower()]
    except KeyError:
        names = ", ".join([*FACES, *PLANES])
        raise GridError("face", f"no face or plane is named {plane!r}; there are {names}") from None
