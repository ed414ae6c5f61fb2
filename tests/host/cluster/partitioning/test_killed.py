"""Processes that are killed while they partition: whoever comes after goes on, and the bytes are the same."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.cluster.parts import write_parts
from focusmesh.engine.graph import Graph
from focusmesh.host.cluster.partitioning import partition_graph
from tests.host.cluster.partitioning.made import folder_bytes, many_links, write_table
from tests.interface.cli.conftest import PROGRAM

if TYPE_CHECKING:
    from focusmesh.engine.support.progress import Step
    from tests.conftest import Needs

SECONDS = 120


@pytest.fixture
def table(tmp_path: Path, needs: Needs) -> Path:
    needs("pyarrow")
    needs("fsspec")
    return write_table(tmp_path / "links.parquet", many_links("weights"), group=70)


@pytest.fixture
def whole(tmp_path: Path, table: Path) -> dict[str, bytes]:
    write_parts(Graph.read(table), 3, tmp_path / "whole", align=False)
    return folder_bytes(tmp_path / "whole")


def command(table: Path, made: Path, cluster: tuple[str, ...]) -> list[str]:
    words = ("cluster", "partition", str(table), "-o", str(made), "--parts", "3", "--anywhere")
    return [*PROGRAM, *words, *cluster]


def killed_at(command: list[str], piece: Path) -> None:
    """Runs a command and kills it when ``piece`` is there, or whatever comes after it."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and not piece.exists() and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("phase", ["read", "in", "parts"])
def test_a_killed_process_is_followed_by_one_that_goes_on(
    tmp_path: Path, table: Path, whole: dict[str, bytes], phase: str
) -> None:
    made = tmp_path / "made"
    killed_at(command(table, made, ("--cluster", "here")), made / ".work" / phase / "000000.piece")
    assert not (made / "manifest.json").exists() or folder_bytes(made) == whole
    again = partition_graph(table, made, 3, address="here", align=False)
    assert folder_bytes(made) == whole
    assert again.pieces >= again.reused


def ray_workers() -> list[int]:
    """Processes of Ray that carry out work."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            name = (entry / "cmdline").read_bytes() if entry.name.isdecimal() else b""
        except OSError:
            continue
        if name.startswith((b"ray::_attempt", b"ray::Map", b"ray::IDLE")):
            found.append(int(entry.name))
    return found


@pytest.mark.soak
@pytest.mark.filterwarnings(r"ignore::DeprecationWarning:ray\..*")
@pytest.mark.parametrize("phase", ["read tables", "number names", "merge links", "write parts"])
def test_killed_workers_of_ray_are_replaced(
    tmp_path: Path,
    table: Path,
    whole: dict[str, bytes],
    needs: Needs,
    phase: str,
) -> None:
    needs("ray")
    killed: list[int] = []

    def progress(step: Step) -> None:
        if step.what == phase and not killed:
            killed.extend(ray_workers())
            for worker in killed:
                os.kill(worker, signal.SIGKILL)

    made = partition_graph(
        table, tmp_path / "made", 3, align=False, block_rows=400, progress=progress
    )
    assert killed
    assert folder_bytes(tmp_path / "made") == whole
    assert made.reused == 0


@pytest.mark.soak
@pytest.mark.filterwarnings(r"ignore::DeprecationWarning:ray\..*")
def test_a_lost_driver_loses_nothing_but_time(
    tmp_path: Path, table: Path, whole: dict[str, bytes], needs: Needs
) -> None:
    needs("ray")
    made = tmp_path / "made"
    killed_at(command(table, made, ()), made / ".work" / "order" / "000000.piece")
    before: Any = [path.name for path in (made / ".work").iterdir()]
    again = partition_graph(table, made, 3, address="here", align=False)
    assert folder_bytes(made) == whole
    assert "order" in before
    assert again.reused > 0
