"""BlockArray against a dictionary of tuples, over every representation that a tile can have."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from focusmesh.engine.grid.array import FACES, KAPPA, Block, BlockArray, blocks
from focusmesh.engine.grid.array import tile_store as tiling

SIDE = 20
"""Tiles are cut on each axis."""
COORDINATE = st.sampled_from([0, 1, 15, 16, 19])
"""Few enough to be met again, on both sides of where tiles meet."""
PLACE = st.tuples(COORDINATE, COORDINATE, COORDINATE)
CORNERS = st.tuples(PLACE, PLACE).map(
    lambda pair: (
        tuple(min(ends) for ends in zip(*pair, strict=True)),
        tuple(max(ends) + 1 for ends in zip(*pair, strict=True)),
    )
)
VALUE = st.floats(-1e9, 1e9)
SHARE = st.floats(0, 1, width=32)
MODEL = st.integers(0, 65_534)


class AgainstADictionary(RuleBasedStateMachine):
    """Every command on an array and on a dictionary {(x, y, z): Block}."""

    def __init__(self) -> None:
        super().__init__()
        self.array = BlockArray(SIDE)
        self.model: dict[tuple[int, int, int], Block] = {}
        self.dirty: set[int] = set()

    @rule(at=PLACE, value=VALUE, share=st.none() | SHARE, model=st.none() | MODEL)
    def put(self, at: Any, value: float, share: float | None, model: int | None) -> None:
        block = self.array.set(at[0], at[1], at[2], value, kappa=share, model=model)
        old = self.model.get(at, Block(0.0, KAPPA, 0, 0))
        assert block.value == value
        assert block.kappa == pytest.approx(old.kappa if share is None else share)
        assert block.model == (old.model if model is None else model)
        assert block.time == self.array.tick
        self.model[at] = block
        self.touch([at])

    @rule(at=PLACE)
    def activate(self, at: Any) -> None:
        assert self.array.activate(*at) == (at not in self.model)
        self.add([at])

    @rule(at=PLACE)
    def clear(self, at: Any) -> None:
        assert self.array.clear(*at) == (at in self.model)
        self.drop([at])

    @rule(rows=st.lists(st.tuples(PLACE, VALUE), max_size=30))
    def set_many(self, rows: list[tuple[Any, float]]) -> None:
        places, values = [at for at, _ in rows], [value for _, value in rows]
        new = {*places} - self.model.keys()
        assert self.array.set_many(places, values) == len(new)
        for at, value in rows:
            old = self.model.get(at, Block(0.0, KAPPA, 0, 0))
            self.model[at] = old._replace(value=value + 0.0, time=self.array.tick)
        self.touch(places)

    @rule(places=st.lists(PLACE, max_size=30))
    def activate_many(self, places: list[Any]) -> None:
        new = {*places} - self.model.keys()
        assert self.array.activate_many(places) == len(new)
        self.add(places)

    @rule(places=st.lists(PLACE, max_size=30))
    def clear_many(self, places: list[Any]) -> None:
        assert self.array.clear_many(places) == len({*places} & self.model.keys())
        self.drop(places)

    @rule(box=CORNERS)
    def activate_box(self, box: Any) -> None:
        inside = within(box)
        assert self.array.activate_box(*box) == len({*inside} - self.model.keys())
        self.add(inside)

    @rule(box=CORNERS)
    def clear_box(self, box: Any) -> None:
        inside = within(box)
        assert self.array.clear_box(*box) == len({*inside} & self.model.keys())
        self.drop(inside)

    @rule(box=CORNERS)
    def region(self, box: Any) -> None:
        found = dict(self.array.region(*box).items())
        assert found == {at: self.model[at] for at in within(box) if at in self.model}

    @rule(places=st.lists(PLACE, max_size=30))
    def get_many(self, places: list[Any]) -> None:
        read = self.array.get_many(places)
        for at, active, value, kappa, time, number in zip(places, *read, strict=True):
            assert active == (at in self.model)
            known = self.model.get(at, Block(0.0, 0.0, 0, 0))
            assert (value, np.float32(known.kappa), time, number) == (
                *(known.value, kappa, known.time, known.model),
            )

    @rule(at=PLACE, reach=st.sampled_from([6, 26]))
    def neighbours(self, at: Any, reach: int) -> None:
        steps = [step for step in product((-1, 0, 1), repeat=3) if any(step)]
        far = 1 if reach == 6 else 3
        near = {tuple(np.add(at, step).tolist()) for step in steps if sum(map(abs, step)) <= far}
        assert dict(self.array.neighbours(at[0], at[1], at[2], reach).items()) == {
            place: self.model[place] for place in near & self.model.keys()
        }

    @rule(face=st.sampled_from(sorted(FACES)))
    def face(self, face: str) -> None:
        axis, at_end = FACES[face]
        at = SIDE - 1 if at_end else 0
        assert dict(self.array.face(face).items()) == {
            place: block for place, block in self.model.items() if place[axis] == at
        }

    @rule()
    def copy_by_tiles(self) -> None:
        """The bytes do not depend on how the array came to be, nor on which of its tiles are dense."""
        tiles = list(self.array.tiles())
        again = BlockArray.from_tiles(SIDE, reversed(tiles))
        assert list(again.tiles()) == tiles
        assert dict(again.blocks().items()) == self.model
        assert [number for number, _ in tiles] == sorted({tile(at) for at in self.model})
        assert {number: self.array.tile(number) for number, _ in tiles} == dict(tiles)

    @rule(tile_at=st.tuples(*[st.integers(0, 1)] * 3), other=st.lists(PLACE, max_size=5))
    def put_tile(self, tile_at: Any, other: list[Any]) -> None:
        source = BlockArray(SIDE)
        inside = [at for at in other if tuple(number // 16 for number in at) == tile_at]
        source.set_many(inside, 7.0, time=3)
        number = int(tile(tuple(16 * side for side in tile_at)))
        self.array.put_tile(number, source.tile(number))
        kept = {at: block for at, block in self.model.items() if tile(at) != number}
        self.model = kept | dict(source.blocks().items())
        self.dirty.add(number)

    @rule()
    def take_dirty(self) -> None:
        assert self.array.take_dirty() == sorted(self.dirty)
        self.dirty = set()

    @invariant()
    def counts_agree(self) -> None:
        assert len(self.array) == len(self.model)

    def teardown(self) -> None:
        assert dict(self.array.blocks().items()) == self.model

    def add(self, places: Any) -> None:
        new = [at for at in places if at not in self.model]
        self.model |= dict.fromkeys(new, Block(0.0, KAPPA, self.array.tick, 0))
        self.touch(new)

    def drop(self, places: Any) -> None:
        self.touch([at for at in places if self.model.pop(at, None) is not None])

    def touch(self, places: Any) -> None:
        self.dirty |= {tile(at) for at in places}


def within(box: Any) -> list[Any]:
    return list(product(*(range(start, end) for start, end in zip(*box, strict=True))))


def tile(at: Any) -> int:
    """The Morton key of a tile of the small array, bit by bit."""
    return sum((number // 16) << axis for axis, number in enumerate(at))


class Small(AgainstADictionary):
    """As it is: an array of this size waits, and few of its tiles become dense."""


class Eager(AgainstADictionary):
    """What large arrays do: merges at once, by compiled loops, and dense tiles from ten blocks on."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()

    @initialize()
    def thresholds(self) -> None:
        self.patch.setattr(tiling, "WAITING_MIN", 3)
        self.patch.setattr(tiling, "DENSE_FROM", 10)
        self.patch.setattr(tiling, "SPARSE_BELOW", 6)
        self.patch.setattr(blocks, "COMPILED_FROM_LINKS", 0)

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self.patch.undo()


class Waiting(Eager):
    """An array that has merged much, on which a few writes wait most of the time."""

    @initialize()
    def thresholds(self) -> None:
        super().thresholds()
        self.patch.setattr(tiling, "DENSE_FROM", 600)
        self.patch.setattr(tiling, "SPARSE_BELOW", 550)
        self.activate_box(((0, 0, 0), (17, 17, 2)))
        self.patch.setattr(tiling, "WAITING_MIN", 40)


Small.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
Eager.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestSmall = Small.TestCase
TestEager = Eager.TestCase
Waiting.TestCase.settings = Eager.TestCase.settings
TestWaiting = Waiting.TestCase
