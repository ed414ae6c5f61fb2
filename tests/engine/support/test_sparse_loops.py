"""SciPy's loop: taken without SciPy, from SciPy where that is loaded, and only if it adds what it should."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.support import sparse_loops
from focusmesh.engine.support.sparse_loops import sparse_loop, stable_order

if TYPE_CHECKING:
    from collections.abc import Iterator

LOADED = "scipy.sparse._sparsetools"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    for kept in (sparse_loop, sparse_loops._counting_loop):
        kept.cache_clear()
    yield
    for kept in (sparse_loop, sparse_loops._counting_loop):
        kept.cache_clear()


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
    "module",
    [SimpleNamespace(), SimpleNamespace(csr_matvec=_wrong, coo_tocsr=_wrong)],
    ids=["missing", "wrong"],
)
def test_a_scipy_whose_loop_is_another_is_not_used(
    module: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, LOADED, module)
    assert sparse_loop() is None
    assert stable_order(np.array([1, 0, 1, 0]), 2).tolist() == [1, 3, 0, 2]


def test_without_scipy_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, LOADED, raising=False)
    monkeypatch.setattr(sparse_loops, "find_spec", lambda name: None)
    assert sparse_loop() is None


@given(keys=st.lists(st.integers(0, 9)), kind=st.sampled_from([np.uint32, np.int64]))
def test_an_order_is_that_of_a_stable_sort(keys: list[int], kind: type[np.integer]) -> None:
    given_keys = np.array(keys, dtype=kind)
    expected = np.argsort(given_keys, kind="stable")
    assert np.array_equal(stable_order(given_keys, 10), expected)
