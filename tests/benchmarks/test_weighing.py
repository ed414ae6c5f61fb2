"""A process is weighed from outside, file pages apart; the mapped graphs are what they say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import mapped
from benchmarks.weighing import Weigher

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_BYTES = 1 << 26


def test_own_and_mapped_pages_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "zeros.npy"
    np.save(path, np.zeros(_BYTES, dtype=np.uint8))
    with Weigher(os.getpid()) as before:
        pass
    with Weigher(os.getpid()) as weigher:
        held, kept = np.ones(_BYTES // 8), np.load(path, mmap_mode="r")
        total = int(kept.sum()) + int(held.sum())
    assert total == len(held)
    assert weigher.own - before.own > 0.9 * _BYTES
    assert weigher.mapped - before.mapped > 0.9 * _BYTES


def test_a_process_that_is_gone_weighs_nothing() -> None:
    with Weigher(2**22 + 1) as weigher:
        pass
    assert (weigher.own, weigher.mapped) == (0, 0)


def test_mapped_graphs_are_drawn_once_from_their_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "FOLDER", tmp_path)
    source, target, weight = mapped.opened(10)
    assert len(source) == len(target) == len(weight) == 12_800
    assert [part.dtype.name for part in (source, target, weight)] == ["uint32", "uint32", "float32"]
    assert max(source.max(), target.max()) < 1 << 10
    assert 0.1 <= weight.min() <= weight.max() <= 1.0
    again = mapped.opened(10)[0]
    np.testing.assert_array_equal(source, again)
