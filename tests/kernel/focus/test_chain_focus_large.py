"""A ledger that is worth compiled loops: the same blocks, bit by bit, with NumPy and on one thread."""

from __future__ import annotations

import numpy as np
import pytest

from focusmesh.engine.focus.certificate import patch as certificate_patch
from focusmesh.engine.links.structure import structure
from focusmesh.engine.support.parallel import limited
from focusmesh.errors import BlockError
from focusmesh.kernel.focus import ChainFocus, FocusEdits, varints
from tests.kernel.focus.focus_cases import FULL, LIMIT, agreed, fresh

_PARTICLES, _LINKS = 40_000, 130_000


class _Large:
    """Edits of a heavy-tailed graph."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(12)
        self.count = 0

    def block(self, new: int, edits: int) -> FocusEdits:
        digests = self.random.integers(0, 256, (new, 32), dtype=np.uint8)
        self.count += new
        ends = (self.count * self.random.random((2, edits)) ** [[3], [2]]).astype(np.int64)
        weight = self.random.integers(0, 5, edits) * self.random.integers(1, 2**30, edits)
        _, kept = np.unique(ends[0] * self.count + ends[1], return_index=True)
        kept = kept[ends[0, kept] != ends[1, kept]]
        return FocusEdits.of(digests, ends[0, kept], ends[1, kept], weight[kept])


def _with_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (structure, certificate_patch):
        monkeypatch.setattr(module, "COMPILED_FROM_EDITED_LINKS", 10**9)
    monkeypatch.setattr(varints, "COMPILED_FROM_VALUES", 10**9)


def test_the_same_bits_with_numpy_and_with_compiled_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    large, proposer, checker = _Large(), fresh(), fresh()
    blocks = [large.block(_PARTICLES, 2 * _LINKS), large.block(0, 3_000), large.block(500, 2_000)]
    steps = [proposer.advance(block) for block in blocks]
    proposer.undo()
    with limited(1):
        assert agreed(proposer.check(blocks[-1], steps[-1].delta), steps[-1])
    with monkeypatch.context() as changed:
        _with_numpy(changed)
        for block, step in zip(blocks, steps, strict=True):
            assert agreed(checker.check(block, step.delta), step)
    assert checker.particle_count == _PARTICLES + 500


def test_a_wrong_large_vector_is_refused_and_nothing_moves() -> None:
    large = _Large()
    whole, block = large.block(_PARTICLES, 2 * _LINKS), large.block(3, 1_000)
    proposer = fresh()
    begun = proposer.advance(whole)
    step = proposer.advance(block)
    checker = ChainFocus.of(FULL, LIMIT, whole, begun.vector)
    damaged = bytearray(step.delta)
    damaged[len(damaged) // 2] ^= 1
    for content in (bytes(damaged), step.delta[:-1], begun.delta):
        with pytest.raises(BlockError) as caught:
            checker.check(block, content)
        assert caught.value.code.startswith("focus-")
    assert checker.focus_root == begun.focus_root
    assert agreed(checker.check(block, step.delta), step)
