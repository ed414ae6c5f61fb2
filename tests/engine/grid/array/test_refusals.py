"""What an array refuses: a code, a message that names the place, and nothing changed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh.engine.grid.array import (
    BlockArray,
    Ranges,
    ShardedField,
    face_box,
    interlock,
    process,
)
from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Callable


class Even:
    """A model that finds every byte as likely as any other."""

    def forward_batch(self, windows: Any) -> Any:
        return np.full((len(windows), 256), 1 / 256)


def array() -> BlockArray:
    made = BlockArray((20, 10, 5))
    made.set(1, 2, 3, 300.5, model=7)
    made.set(1, 2, 4, 1.0, model=7)
    return made


BAD: dict[str, list[Callable[[BlockArray], object]]] = {
    "shape": [
        lambda _: BlockArray(0),
        lambda _: BlockArray((1, 2)),  # type: ignore[arg-type]
        lambda _: BlockArray(2**21 + 1),
        lambda _: BlockArray((1, 2, True)),
        lambda _: BlockArray((1, 2, 2.5)),  # type: ignore[arg-type]
        lambda _: BlockArray(2.5),  # type: ignore[arg-type]
    ],
    "coordinates": [
        lambda a: a.set(20, 0, 0, 1.0),
        lambda a: a.set(0, -1, 0, 1.0),
        lambda a: a.get(0, 0, 5),
        lambda a: a.clear(0.5, 0, 0),  # type: ignore[arg-type]
        lambda a: a.activate(True, 0, 0),
        lambda a: a.neighbours(0, 10, 0),
        lambda a: a.set_many([[0, 0, 0], [0, 0, 5]], 1.0),
        lambda a: a.get_many([[0, 0]]),
        lambda a: a.get_many([[0, 0, 0], [0, 0]]),
        lambda a: a.region(0, (1, 1, 1)),  # type: ignore[arg-type]
        lambda a: a.get_many([[0.0, 0.0, 0.0]]),
        lambda a: a.clear_many([[-1, 0, 0]]),
        lambda a: a.region((0, 0, 0), (21, 1, 1)),
        lambda a: a.region((2, 0, 0), (1, 1, 1)),
        lambda a: a.activate_box((0, 0), (1, 1)),  # type: ignore[arg-type]
    ],
    "block": [
        lambda a: a.set(0, 0, 0, math.nan),
        lambda a: a.set(0, 0, 0, math.inf),
        lambda a: a.set(0, 0, 0, "seven"),  # type: ignore[arg-type]
        lambda a: a.set(0, 0, 0, 10**400),
        lambda a: a.set_many([[0, 0, 0]], 10**400),
        lambda a: a.set(0, 0, 0, 1.0, kappa=1.5),
        lambda a: a.set(0, 0, 0, 1.0, kappa=math.nan),
        lambda a: a.set(0, 0, 0, 1.0, model=65_535),
        lambda a: a.set(0, 0, 0, 1.0, model=1.5),  # type: ignore[arg-type]
        lambda a: a.set(0, 0, 0, 1.0, time=2**32),
        lambda a: a.set_many([[0, 0, 0], [0, 0, 1]], [1.0, math.nan]),
        lambda a: a.set_many([[0, 0, 0]], [1.0, 2.0]),
        lambda a: a.set_many([[0, 0, 0]], 1.0, time=-1),
    ],
    "face": [
        lambda a: a.face("inside"),
        lambda a: a.face("z"),
        lambda a: a.face("z", 5),
        lambda a: a.face("x", -1),
        lambda a: a.face("x", True),
        lambda a: a.face("x", 1.5),  # type: ignore[arg-type]
        lambda a: a.face("x", "1"),  # type: ignore[arg-type]
        lambda a: a.face("north", 3),
        lambda a: interlock(a, "clear", "n"),
        lambda a: process(a, {7: Even()}, "nowhere"),
    ],
    "neighbours": [lambda a: a.neighbours(0, 0, 0, 18)],
    "operation": [lambda a: interlock(a, "explode", "up")],
    "unknown-model": [lambda a: process(a, {1: Even()}, "z", 4)],
    "batch": [lambda a: process(a, {7: Even()}, "z", 4, batch=0)],
    "levels": [
        lambda a: process(a, {7: Even()}, "z", 4, levels=(1.0, 1.0)),
        lambda a: process(a, {7: Even()}, "z", 4, levels=(-1.7e308, 1.7e308)),
        lambda a: process(a, {7: Even()}, "z", 4, levels=(0.0, 5e-324)),
        lambda a: process(a, {7: Even()}, "z", 4, levels=(0.0, math.inf)),
        lambda a: list(process(a, {7: Even()}, "z", 4)),
    ],
    "ranges": [
        lambda _: Ranges((1,), ("a",)),
        lambda _: Ranges((0, 5, 5), ("a",)),
        lambda _: Ranges((0,), ()),
        lambda _: Ranges((0,), ("a", "a")),
        lambda a: ShardedField(a.blocks().keys, np.zeros(1, np.float32), Ranges((0,), ("a",))),
    ],
    "tile": [
        lambda a: a.put_tile(-1, b""),
        lambda a: a.put_tile(1 << 51, b""),
        lambda a: a.put_tile(0, b"\x02" + bytes(20)),
        lambda a: a.put_tile(0, b"\x01"),
        lambda a: a.put_tile(0, b"\x01" + bytes(19)),
        lambda a: a.put_tile(0, b"\x01" + bytes(40)),
        lambda a: a.put_tile(8, b"\x01" + bytes(20)),
        lambda a: BlockArray.from_tiles(a.shape, [*a.tiles()] * 2),
        *(
            (lambda a, at=at, byte=byte: a.put_tile(0, with_byte(a.tile(0), at, byte)))
            for at, byte in [(2, 0x10), (10, 0xFF), (14, 0xBF), (20, 0xFF)]
        ),
    ],
}


def with_byte(tile: bytes, at: int, byte: int) -> bytes:
    """The first record of a tile with another place, value, κ, or model."""
    changed = bytearray(tile)
    changed[at] = byte
    if at in {10, 20}:
        changed[at - 1] = 0xFF
    return bytes(changed)


@pytest.mark.parametrize(
    ("code", "act"), [(code, act) for code, acts in BAD.items() for act in acts]
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    code: str, act: Callable[[BlockArray], object]
) -> None:
    changed = array()
    before, tick = list(changed.tiles()), changed.tick
    dirty = changed.take_dirty()
    with pytest.raises(GridError) as refused:
        act(changed)
    assert refused.value.code == code
    assert list(changed.tiles()) == before
    assert changed.tick == tick
    assert changed.take_dirty() == []
    assert dirty == [0]


def test_ticks_end_with_a_refusal() -> None:
    full = array()
    full.tick = 2**32 - 1
    with pytest.raises(GridError, match="no ticks left"):
        full.set(0, 0, 0, 1.0)
    assert full.get(0, 0, 0) is None
    assert full.set(0, 0, 0, 1.0, time=5).time == 5


def test_every_face_is_one_of_six_boxes() -> None:
    shape = (20, 10, 5)
    boxes = {name: face_box(shape, name) for name in ("W", "east", "South", "N", "D", "UP")}
    assert boxes == {
        "W": ((0, 0, 0), (1, 10, 5)),
        "east": ((19, 0, 0), (20, 10, 5)),
        "South": ((0, 0, 0), (20, 1, 5)),
        "N": ((0, 9, 0), (20, 10, 5)),
        "D": ((0, 0, 0), (20, 10, 1)),
        "UP": ((0, 0, 4), (20, 10, 5)),
    }
    assert face_box(shape, "xz", 3) == face_box(shape, "Y", 3) == ((0, 3, 0), (20, 4, 5))
