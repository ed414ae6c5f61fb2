"""SciPy's loop: taken without SciPy, from SciPy where that is loaded, and only if it adds what it should."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh.engine.support import sparse_loops
from focusmesh.engine.support.sparse_loops import sparse_loop

if TYPE_CHECKING:
    from collections.abc import Iterator

LOADED = "scipy.sparse._sparsetools"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    sparse_loop.cache_clear()
    yield
    sparse_loop.cache_clear()


def test_it_comes_without_the_rest_of_scipy() -> None:
    code = (
        "import sys; from focusmesh.engine.support.sparse_loops import sparse_loop; "
        "assert sparse_loop() is not None; print(*[m for m in sys.modules if 'scipy' in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_it_adds_row_sums_to_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, LOADED, raising=False)
    loop = sparse_loop()
    assert loop is not None
    sums = np.array([10.0])
    start, column = np.array([0, 2], np.int32), np.array([1, 0], np.int32)
    loop(1, 2, start, column, np.array([2.0, 3.0]), np.array([5.0, 7.0]), sums)
    assert sums.tolist() == [10 + 14 + 15]


def _wrong(*given: Any) -> None:
    given[-1][:] = 7.0


@pytest.mark.parametrize(
    "module", [SimpleNamespace(), SimpleNamespace(csr_matvec=_wrong)], ids=["missing", "wrong"]
)
def test_a_scipy_whose_loop_is_another_is_not_used(
    module: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, LOADED, module)
    assert sparse_loop() is None


def test_without_scipy_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, LOADED, raising=False)
    monkeypatch.setattr(sparse_loops, "find_spec", lambda name: None)
    assert sparse_loop() is None
