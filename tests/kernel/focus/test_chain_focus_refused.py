"""Differences that are not those of a valid vector: refused with a code, and nothing has moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.focus import ONE
from focusmesh.errors import BlockError
from focusmesh.kernel.focus.delta import Delta, insert_particles
from tests.kernel.focus.focus_cases import FULL, LIMIT, Ledger, agreed, edits_of, fresh

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import MassArray, OffsetArray
    from focusmesh.kernel.focus import ChainFocus, FocusEdits, FocusStep


class Block:
    """A block that was proposed, and a ledger that is about to check it."""

    def __init__(self, seed: int = 1, new: int = 2) -> None:
        ledger = Ledger(seed)
        first = ledger.block(20, 60)
        proposer = fresh()
        self.begun: FocusStep = proposer.advance(first)
        self.edits: FocusEdits = ledger.block(new, 8)
        self.step: FocusStep = proposer.advance(self.edits)
        self.checker: ChainFocus = fresh()
        self.checker.check(first, self.begun.delta)
        self.delta = Delta.decode(self.step.delta, self.step.particle_count)

    def refused(self, content: bytes) -> str:
        """The code with which other differences are refused; the right ones are accepted afterwards."""
        with pytest.raises(BlockError) as caught:
            self.checker.check(self.edits, content)
        assert self.checker.focus_root == self.begun.focus_root
        assert agreed(self.checker.check(self.edits, self.step.delta), self.step)
        return caught.value.code

    def differences(self, vector: list[int]) -> bytes:
        """Those that lead to ``vector`` from the one before."""
        base = insert_particles(self.begun.vector, self.step.particle_places, self.delta.start)
        steps = np.array([new - old for new, old in zip(vector, base.tolist(), strict=True)])
        return Delta(0, self.delta.start, steps.astype(np.int64)).encode()


def test_the_vector_of_the_block_before_is_no_focus_of_this_graph() -> None:
    block = Block(new=0)
    assert block.refused(block.differences(block.begun.vector.tolist())) == "focus-residual"


def test_the_differences_of_another_block_are_refused() -> None:
    block = Block(seed=1)
    assert block.refused(Block(seed=2).step.delta).startswith("focus-")


@pytest.mark.parametrize("by", [1, -1])
def test_a_sum_that_is_off_by_one_is_refused(by: int) -> None:
    block = Block()
    vector = block.step.vector.tolist()
    vector[5] += by
    assert block.refused(block.differences(vector)) == "focus-sum"


def test_an_entry_under_its_floor_is_refused() -> None:
    block = Block()
    vector = block.step.vector.tolist()
    floor = FULL.alpha * FULL.diffusion * (ONE // len(vector)) >> 64
    least = int(np.argmin(block.step.vector))
    taken = vector[least] - (floor - 1)
    vector[least], vector[least - 1] = floor - 1, vector[least - 1] + taken
    assert block.refused(block.differences(vector)) == "focus-floor"


def test_mass_moved_between_two_particles_is_refused_once_it_matters() -> None:
    block = Block()
    vector = block.step.vector.tolist()
    vector[3], vector[4] = vector[3] - 2 * LIMIT, vector[4] + 2 * LIMIT
    assert block.refused(block.differences(vector)) == "focus-residual"


@pytest.mark.parametrize("factor", [3, 5])
def test_mass_that_wraps_around_to_the_right_sum_is_refused(factor: int) -> None:
    block = Block()
    vector = [factor * value for value in block.step.vector.tolist()]
    assert sum(vector) % 2**64 == ONE
    shown = [min(value, ONE) for value in vector]
    assert block.refused(block.differences(shown)) in {"focus-sum", "focus-range"}


@pytest.mark.parametrize("sign", [1, -1])
def test_an_entry_that_leaves_its_range_is_refused(sign: int) -> None:
    block = Block()
    steps = block.delta.steps.copy()
    steps[0] = sign * 2**62
    outside = Delta(3, block.delta.start, steps)
    assert block.refused(outside.encode()) == "focus-range"


def test_the_lowest_number_there_is_is_refused() -> None:
    block = Block()
    lowest = Delta(0, block.delta.start, np.full_like(block.delta.steps, -(2**63)))
    assert block.refused(lowest.encode()) == "focus-range"


@pytest.mark.parametrize(("start", "new"), [(ONE, 2), (2**64 - 1, 1), (1, 0)])
def test_a_start_that_there_is_no_mass_for_is_refused(start: int, new: int) -> None:
    block = Block(new=new)
    wrong = Delta(block.delta.shift, start, block.delta.steps)
    assert block.refused(wrong.encode()) == "focus-start"


def test_a_first_vector_starts_uniform() -> None:
    ledger, chain = Ledger(3), fresh()
    edits = ledger.block(4, 3)
    delta = Delta.decode(fresh().advance(edits).delta, 4)
    with pytest.raises(BlockError) as caught:
        chain.check(edits, Delta(delta.shift, 1, delta.steps).encode())
    assert caught.value.code == "focus-start"


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda content: b"",
        lambda content: content[:8],
        lambda content: content[:-1],
        lambda content: content + b"\0",
        lambda content: bytes((64,)) + content[1:],
        lambda content: content[:9] + b"\xff\xff\xff\xff" + content[10:],
        lambda content: content[:9] + bytes((content[9] | 0x80, 0)) + content[10:],
        lambda content: content[:9] + bytes((22,)) + bytes(22),
    ],
    ids=["nothing", "short", "cut", "long", "shift", "length", "spelling", "zeros"],
)
def test_bytes_that_are_no_differences_are_refused(spoilt: object) -> None:
    block = Block()
    assert callable(spoilt)
    assert block.refused(spoilt(block.step.delta)) == "focus-delta"


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_flipped_bit_leads_to_another_vector_but_through_the_start(place: int, bit: int) -> None:
    block = PROPOSED
    content = bytearray(block.step.delta)
    at = place % len(content)
    content[at] ^= 1 << bit
    code, step = "", None
    try:
        step = block.checker.check(block.edits, bytes(content))
    except BlockError as error:
        code = error.code
    if step is None:
        assert code.startswith("focus-")
        return
    block.checker.undo()
    # Another start value moves all entries by next to nothing: the vector is as valid, and its root is another.
    assert 1 <= at < 9
    assert step.rise <= LIMIT
    assert step.focus_root != block.step.focus_root


PROPOSED = Block(seed=8)


def _accepted_without(block: Block, content: bytes, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(
        "focusmesh.engine.focus.certificate.operator.IntegerOperator.verify_vector",
        lambda self, x: None,
    )
    return bool(block.checker.check(block.edits, content).particle_count)


def test_without_the_check_of_the_sum_a_wrong_sum_would_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    block = Block()
    vector = block.step.vector.tolist()
    vector[5] += 1
    assert _accepted_without(block, block.differences(vector), monkeypatch)


def test_without_the_limit_an_old_vector_would_pass() -> None:
    block = Block(new=0)
    block.checker.limit = 2**62
    same = block.differences(block.begun.vector.tolist())
    assert block.checker.check(block.edits, same).rise > LIMIT


def test_an_entry_that_wraps_around_is_refused_by_the_operator_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unchecked(self: Delta, base: MassArray) -> MassArray:
        steps: OffsetArray = self.steps
        return base + (steps.astype(np.uint64) << np.uint64(self.shift))

    block = Block()
    steps = np.zeros_like(block.delta.steps)
    steps[0], steps[1] = 1, -1
    around = Delta(63, block.delta.start, steps)
    code = block.refused(around.encode())
    assert code == "focus-range"
    block.checker.undo()
    monkeypatch.setattr(Delta, "apply_to", unchecked)
    with pytest.raises(BlockError) as caught:
        block.checker.check(block.edits, around.encode())
    assert caught.value.code == "focus-range"


def test_nothing_moves_where_a_block_is_refused() -> None:
    block = Block()
    assert block.refused(edits_of([], {}).digests.tobytes()) == "focus-delta"
