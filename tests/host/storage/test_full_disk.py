"""A node whose disk is full ends with a word, and what it was sent is in a block once it runs again with room.

A limit on the size of its files, set while it runs, stands for the full disk.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import focusmesh
from focusmesh.host.storage.ledger_folder import Folder, serving
from tests.interface.cli.conftest import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS = 60
LINKED = """
import sys, focusmesh
with focusmesh.open(sys.argv[1]) as graph:
    graph.update([("a", name) for name in sys.argv[2:]])
"""


@pytest.fixture
def started(ledger: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a node that serves; none outlives the test."""
    nodes: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        nodes.append(serving_node(ledger))
        return nodes[-1]

    yield start
    for node in nodes:
        if node.poll() is None:
            node.kill()
        node.communicate()


def serving_node(ledger: Path) -> subprocess.Popen[str]:
    command = [*PROGRAM, "node", "start", str(ledger), "--key", "alice", "--interval", "0"]
    node = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + SECONDS
    while serving(Folder(ledger)) != node.pid:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return node


def linked(ledger: Path, *targets: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINKED, str(ledger), *targets],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


@pytest.mark.parametrize(("file", "text_bytes"), [("data.mdb", 4), ("contents.heap", 4_000)])
def test_a_node_without_room_ends_and_its_signals_wait(
    ledger: Path, file: str, text_bytes: int, started: Callable[[], subprocess.Popen[str]]
) -> None:
    """Texts that are larger than all tables together make the heap the file that has no room."""
    before = [f"{number} ".ljust(text_bytes, "x") for number in range(100)]
    late, after = "late".ljust(text_bytes, "x"), "after"
    node = started()
    assert linked(ledger, *before).returncode == 0
    sizes = {each.name: each.stat().st_size for each in Folder(ledger).store.iterdir()}
    assert max(sizes, key=sizes.__getitem__) == file
    _, hard = resource.prlimit(node.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (sizes[file], hard))
    refused = linked(ledger, late)
    assert "waits for the next one" in refused.stderr
    _, told = node.communicate(timeout=SECONDS)
    assert node.returncode == 4, told
    assert str(Folder(ledger).store) in told
    assert "cannot be written" in told
    assert "File too large" in told
    again = started()
    assert linked(ledger, after).returncode == 0
    again.terminate()
    assert again.wait(SECONDS) == 0
    with focusmesh.open(ledger) as graph:
        assert dict(graph.successors("a")) == dict.fromkeys([*before, late, after], 1)
