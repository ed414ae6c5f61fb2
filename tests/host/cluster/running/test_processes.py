"""Ranks that are processes, with gloo between them on loopback: what they exchange, and who is gone."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.cluster import write_parts
from focusmesh.engine.focus import certify
from focusmesh.errors import RankError
from focusmesh.host.cluster.torch_ranks import joined_group
from tests.engine.cluster.ranking.ranked import drawn
from tests.engine.focus.ranks.exchanging import expected_of
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.conftest import Needs


@pytest.fixture(autouse=True)
def _torch(needs: Needs) -> None:
    needs("torch")


SECONDS = 120


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def told_by(size: int, what: str, heard: Sequence[int]) -> list[Any]:
    """What the ranks ``heard`` print; the others are ended then."""
    address = f"tcp://127.0.0.1:{free_port()}"
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.host.cluster.running.rank_process"),
                *(str(rank), str(size), address, what),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for rank in range(size)
    ]
    try:
        return [
            [
                json.loads(line)
                for line in processes[rank].communicate(timeout=SECONDS)[0].splitlines()
            ]
            for rank in heard
        ]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("killed", "of rank 1 nothing is heard of any more"),
        pytest.param("stopped", "of rank 1 nothing is heard of any more", marks=pytest.mark.soak),
        pytest.param("late", "of rank 1", marks=pytest.mark.soak),
    ],
)
def test_processes_exchange_as_threads_do_and_say_who_is_gone(what: str, words: str) -> None:
    ((exchanged, heard),) = told_by(2, what, (0,))
    assert exchanged == expected_of(0, 2)
    assert heard.startswith("rank 0 of 2: ")
    assert words in heard


def test_a_rank_that_nobody_joins_says_so() -> None:
    with (
        pytest.raises(RankError, match=r"rank 1 of 2 did not find the others at tcp://127"),
        joined_group(1, 2, f"tcp://127.0.0.1:{free_port()}", 1.0),
    ):
        raise AssertionError("nobody is there")


def torchrun(size: int, parts: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """``python -m focusmesh.host.cluster`` by torchrun, without Ray."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(size)),
            *("--master-addr", "127.0.0.1", "--master-port", str(free_port())),
            *("-m", "focusmesh.host.cluster", str(parts), "--threads", "1"),
            *options,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def test_torchrun_comes_to_the_bytes_of_one_machine(tmp_path: Path) -> None:
    graph, expected, made = drawn(33_500, 20_000), tmp_path / "expected", tmp_path / "made"
    write_parts(graph, 2, tmp_path / "parts")
    certify(graph).save(expected)
    done = torchrun(
        2,
        tmp_path / "parts",
        *("--certificate", str(made), "--scores", str(tmp_path / "scores")),
        *("--keep", str(tmp_path / "kept")),
    )
    assert done.returncode == 0, done.stderr
    scores, certificate = map(json.loads, done.stdout.splitlines())
    assert made.read_bytes() == expected.read_bytes()
    assert certificate["residual"] <= 1e-8
    assert scores["bound"] <= 1e-6
    assert sorted(entry.name for entry in (tmp_path / "scores").iterdir()) == [
        "_focus.json",
        "part-00000.parquet",
        "part-00001.parquet",
    ]
