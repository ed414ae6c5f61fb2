"""Pages of mapped files leave memory when they are let go, and come back as they were."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh.engine.support import mapped_pages as pages
from focusmesh.engine.support.mapped_pages import let_go

if TYPE_CHECKING:
    import numpy.typing as npt

_STATUS = Path("/proc/self/status")
_COUNT = 1 << 23


def _mapped_kib() -> int:
    fields = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
    return int(fields["RssFile"].split()[0])


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> npt.NDArray[Any]:
    monkeypatch.setattr(pages, "WORTH", 1 << 20)
    path = tmp_path / "numbers"
    np.arange(_COUNT, dtype=np.uint32).tofile(path)
    with path.open("rb") as file:
        buffer = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    return np.frombuffer(buffer, dtype=np.uint32)


def test_pages_leave_and_come_back(kept: npt.NDArray[Any]) -> None:
    total = int(kept.sum(dtype=np.int64))
    before = _mapped_kib()
    let_go(kept[1:], None)
    assert before - _mapped_kib() > 0.9 * kept.nbytes / 1024
    assert int(kept.sum(dtype=np.int64)) == total == _COUNT * (_COUNT - 1) // 2


def test_neighbours_of_a_view_stay_as_they_are(
    kept: npt.NDArray[Any],
) -> None:
    """The mapping is private: a page that was written to would be lost if it were let go."""
    kept[0], kept[-1] = 7, 9
    let_go(kept[1024:-1024])
    assert (kept[0], kept[-1], kept[5000]) == (7, 9, 5000)


def test_small_arrays_stay(kept: npt.NDArray[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "WORTH", kept.nbytes + 1)
    kept.sum()
    before = _mapped_kib()
    let_go(kept)
    assert _mapped_kib() >= before


def test_arrays_in_memory_are_left_alone() -> None:
    numbers = np.arange(_COUNT)
    numbers[0] = 5
    let_go(numbers, numbers[1:])
    assert numbers[0] == 5
