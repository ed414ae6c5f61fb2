"""From block to block: proposer and checker come to the same valid vector, whatever was edited."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.engine.focus import ONE, FocusParams, ProtocolParams
from focusmesh.engine.support.parallel import limited
from focusmesh.errors import ConvergenceError, InputError
from focusmesh.kernel.focus import NO_TRACE, ChainFocus, FocusEdits, replay_focus
from tests.kernel.focus.focus_cases import (
    FULL,
    LIMIT,
    PAGERANK,
    Ledger,
    agreed,
    edits_of,
    fresh,
)


@pytest.mark.parametrize("params", [FULL, PAGERANK], ids=["full", "pagerank"])
@given(
    seed=st.integers(0, 2**32),
    blocks=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=6),
    weight_max=st.sampled_from([1, 9, 2**32 - 1]),
)
@settings(max_examples=40)
def test_each_block_is_valid_by_the_model(
    params: ProtocolParams, seed: int, blocks: list[tuple[int, int]], weight_max: int
) -> None:
    ledger, proposer, checker = Ledger(seed), fresh(params), fresh(params)
    for new, edits in blocks:
        block = ledger.block(new, edits, weight_max)
        step = proposer.advance(block)
        assert agreed(step, checker.check(block, step.delta))
        if ledger.digests:
            model, vector = ledger.model(params), step.vector.tolist()
            assert model.refusal(vector) is None
            assert step.rise == model.rise(vector) <= LIMIT


def test_thousands_of_edits_leave_what_a_new_ledger_has() -> None:
    ledger, chain = Ledger(3), fresh()
    for _ in range(20):
        step = chain.advance(ledger.block(20, 100))
    opened = ChainFocus.of(FULL, LIMIT, ledger.whole(), step.vector)
    same = opened.check(edits_of([], {}), _still(step.vector))
    assert same.rise == step.rise
    assert same.focus_root == step.focus_root
    assert same.particles_root == step.particles_root


@pytest.mark.parametrize("trace", [False, True], ids=["untraced", "traced"])
def test_who_opens_a_ledger_measures_what_its_last_step_committed_to(trace: bool) -> None:
    ledger, chain = Ledger(8), ChainFocus(FULL, LIMIT, depth=1, trace=trace)
    for _ in range(3):
        step = chain.advance(ledger.block(30, 200))
    opened = ChainFocus.of(FULL, LIMIT, ledger.whole(), step.vector, trace=trace)
    assert opened.measure() == (step.rise, step.leaders_root, step.trace_root)
    assert (step.trace_root == NO_TRACE) is not trace


def _still(vector: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> bytes:
    """Differences that are all zero."""
    return bytes(9 + -(-len(vector) // 512))


def test_a_block_without_particles_has_an_empty_vector() -> None:
    nothing = edits_of([], {})
    step = fresh().advance(nothing)
    assert step.particle_count == 0
    assert agreed(step, fresh().check(nothing, step.delta))


def test_particles_without_links_take_next_to_no_bytes() -> None:
    ledger, chain = Ledger(5), fresh()
    first = chain.advance(ledger.block(700, 2_000))
    step = chain.advance(ledger.block(7, 0))
    assert len(step.delta) == 9 + 2
    assert not any(step.delta[9:])
    assert len(first.delta) > 700
    newcomers = step.vector[step.particle_places].tolist()
    assert len(set(newcomers)) == 1
    assert newcomers[0] > 0


def test_a_small_edit_takes_fewer_bytes_than_a_large_one() -> None:
    ledger, chain = Ledger(6), fresh()
    chain.advance(ledger.block(2_000, 8_000))
    small = chain.advance(ledger.block(0, 1))
    large = chain.advance(ledger.block(0, 2_000))
    none = chain.advance(edits_of([], {}))
    assert len(none.delta) < len(small.delta) < len(large.delta)
    assert len(none.delta) < 2_000


def test_undo_takes_one_step_back() -> None:
    ledger, chain = Ledger(7), fresh()
    before = chain.advance(ledger.block(20, 40))
    block = ledger.block(5, 10)
    first = chain.advance(block)
    chain.undo()
    assert chain.particle_count == 20
    assert chain.focus_root == before.focus_root
    assert chain.particles_root == before.particles_root
    assert agreed(chain.check(block, first.delta), first)
    chain.undo()
    with pytest.raises(InputError, match="no step"):
        chain.undo()


def test_skipped_blocks_are_made_up_for_by_the_next_focus() -> None:
    ledger, chain, other = Ledger(8), fresh(), fresh()
    begun = chain.advance(ledger.block(20, 40))
    other.check(ledger.whole(), begun.delta)
    for _ in range(3):
        block = ledger.block(3, 6)
        chain.skip(block)
        other.skip(block)
        assert np.array_equal(chain.vector, begun.vector)
    opened = ChainFocus.of(FULL, LIMIT, ledger.whole(), chain.vector)
    block = ledger.block(2, 4)
    step = chain.advance(block)
    assert step.particle_count == 31
    assert ledger.model().accepts(step.vector.tolist())
    assert agreed(other.check(block, step.delta), step)
    assert agreed(opened.check(block, step.delta), step)


def test_later_vectors_follow_from_an_earlier_one_and_the_differences() -> None:
    ledger, chain = Ledger(9), fresh()
    first, told = chain.advance(ledger.block(10, 20)).vector, []
    for new in (0, 3, 0, 8):
        step = chain.advance(ledger.block(new, 10))
        told.append((step.particle_count, step.delta))
    digests = FocusEdits.of(ledger.digests, [], [], []).digests
    assert np.array_equal(replay_focus(first, digests, told), chain.vector)
    none = np.zeros(0, dtype=np.uint64)
    assert np.array_equal(replay_focus(none, digests, []), none)


def test_the_committed_vector_does_not_depend_on_threads() -> None:
    with limited(1):
        alone = fresh().advance(Ledger(4).block(40, 90))
    assert agreed(alone, fresh().advance(Ledger(4).block(40, 90)))


def test_a_limit_that_rounding_cannot_meet_is_said_to_be_too_small() -> None:
    chain = fresh(limit=1)
    with pytest.raises(ConvergenceError, match="limit is too small"):
        chain.advance(Ledger(2).block(30, 80))
    assert chain.particle_count == 0


def test_other_parameters_have_another_name() -> None:
    hashes = {fresh(FULL).params_hash, fresh(PAGERANK).params_hash, fresh(FULL, 7).params_hash}
    assert len(hashes) == 3
    assert fresh(ProtocolParams.of(FocusParams())).params_hash in hashes


@pytest.mark.parametrize(
    ("source", "target", "weight", "word"),
    [
        (1, 1, 1, "ends must differ"),
        (0, 1, -1, "weights"),
        (0, 1, 2**32, "weights"),
        (0, 9, 1, "not among"),
    ],
)
def test_edits_that_no_ledger_has_are_refused(
    source: int, target: int, weight: int, word: str
) -> None:
    chain = fresh()
    with pytest.raises(InputError, match=word):
        chain.advance(edits_of([bytes(32), bytes([1] * 32)], {(source, target): weight}))
    assert chain.particle_count == 0


def test_a_pair_or_a_particle_that_comes_twice_is_refused() -> None:
    chain, two = fresh(), [bytes(32), bytes([1] * 32)]
    with pytest.raises(InputError, match="the same pair"):
        chain.advance(FocusEdits.of(two, [0, 0], [1, 1], [2, 3]))
    with pytest.raises(InputError, match="in the order already"):
        chain.advance(FocusEdits.of([*two, two[0]], [], [], []))
    chain.advance(FocusEdits.of(two, [0], [1], [2]))
    with pytest.raises(InputError, match="in the order already"):
        chain.advance(FocusEdits.of(two[:1], [], [], []))
    with pytest.raises(InputError, match="as many sources"):
        FocusEdits.of([], [0], [1, 2], [1])
    with pytest.raises(InputError, match="entries for"):
        ChainFocus.of(FULL, LIMIT, edits_of(two, {}), np.zeros(3, dtype=np.uint64))


def test_a_small_ledger_loads_no_compiler() -> None:
    program = (
        "import sys\n"
        "from tests.kernel.focus.focus_cases import Ledger, fresh\n"
        "ledger, chain, other = Ledger(1), fresh(), fresh()\n"
        "for new in (10, 0, 2):\n"
        "    block = ledger.block(new, 3)\n"
        "    other.check(block, chain.advance(block).delta)\n"
        "print([name for name in ('numba', 'scipy') if name in sys.modules])\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


def test_mass_is_whole_at_every_step() -> None:
    ledger, chain = Ledger(11), fresh()
    for _ in range(5):
        step = chain.advance(ledger.block(3, 5))
        assert sum(step.vector.tolist()) == ONE
