"""A process is weighed from outside, file pages apart; the mapped graphs are what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data import mapped
from benchmarks.weighing import Weigher
from benchmarks.worker import Worker

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    import pytest

_BYTES = 1 << 26


class Holder:
    """Something in a process of its own that holds memory."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.held: list[npt.NDArray[Any]] = []

    def own(self) -> None:
        self.held.append(np.ones(_BYTES // 8))

    def mapped(self) -> int:
        self.held.append(np.load(self.path, mmap_mode="r"))
        return int(self.held[-1].sum())


def test_own_and_mapped_pages_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "zeros.npy"
    np.save(path, np.zeros(_BYTES, dtype=np.uint8))
    with Worker("tests.benchmarks.test_weighing:Holder", str(path)) as worker:
        assert worker.missing is None
        with Weigher(worker.process_id) as before:
            pass
        with Weigher(worker.process_id) as own:
            worker.ask("own")
        with Weigher(worker.process_id) as both:
            assert worker.ask("mapped")["answer"] == 0
    assert own.own - before.own > 0.9 * _BYTES
    assert own.mapped - before.mapped < 0.1 * _BYTES
    assert both.mapped - before.mapped > 0.9 * _BYTES


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
