"""What the machine says of memory, from files like its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh.engine.support import machine

if TYPE_CHECKING:
    from pathlib import Path

PAGE = 4096


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(machine, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(machine, "_GROUP_ROOT", tmp_path)
    monkeypatch.setattr(machine, "_of_process", lambda: None)
    return tmp_path


def test_a_machine_that_says_nothing(files: Path) -> None:
    assert machine.free_memory_bytes() is None


def test_the_machine_s_memory(files: Path) -> None:
    (files / "meminfo").write_text("MemTotal:  9000 kB\nMemAvailable:    5000 kB\n")
    assert machine.free_memory_bytes() == 5000 * 1024


def test_a_control_group_allows_less(files: Path) -> None:
    (files / "meminfo").write_text("MemAvailable:    5000 kB\n")
    (files / "memory.max").write_text("1000000\n")
    (files / "memory.current").write_text("700000\n")
    assert machine.free_memory_bytes() == 300_000
    # Pages of files that nobody looked at lately can be taken back.
    (files / "memory.stat").write_text("anon 400000\ninactive_file 200000\n")
    assert machine.free_memory_bytes() == 500_000
    (files / "memory.max").write_text("max\n")
    assert machine.free_memory_bytes() == 5000 * 1024


def test_a_control_group_of_the_first_kind(files: Path) -> None:
    (files / "memory").mkdir()
    (files / "memory" / "memory.limit_in_bytes").write_text("1000000\n")
    (files / "memory" / "memory.usage_in_bytes").write_text("1200000\n")
    assert machine.free_memory_bytes() == 0


def test_a_limit_of_the_process_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (2**50, 2**50))
    free = machine._of_process()
    assert free is None or 0 < free < 2**50
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    assert machine._of_process() is None


def test_what_is_allocated_is_seen_and_what_is_freed_is_not() -> None:
    before = machine.own_memory_bytes()
    if before is None:
        return
    held = np.ones(4_000_000)
    assert machine.own_memory_bytes() - before == pytest.approx(held.nbytes, rel=0.05)  # type: ignore[operator]
    del held
    assert abs(machine.own_memory_bytes() - before) < 4_000_000  # type: ignore[operator]
