"""Workers that are actors of a Ray of this machine, on loopback: lost ones are replaced, and the run ends certified."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh.engine.cluster import open_manifest, write_parts
from focusmesh.engine.focus import certify
from focusmesh.errors import ConvergenceError, InputError, RankError
from focusmesh.host.cluster.cluster_graph import ClusterGraph
from focusmesh.host.cluster.ray_group import RayGroup, placing
from focusmesh.host.cluster.ray_session import ray_session
from tests.engine.cluster.ranking.ranked import drawn

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.support.progress import Step
    from focusmesh.host.cluster.workers import Worker
    from tests.conftest import Needs


@pytest.fixture(autouse=True)
def _extras(needs: Needs) -> None:
    needs("torch")
    needs("ray")


@pytest.mark.soak  # test_processes.py kills ranks of other backends with every change
def test_a_run_whose_workers_are_killed_ends_certified(tmp_path: Path) -> None:
    """One Ray for all: a focus that is told of, a killed worker in a solve, a refusal, an end that is said."""
    graph, folder = drawn(33_500, 20_000), tmp_path / "parts"
    write_parts(graph, 2, folder)
    certify(graph).save(tmp_path / "expected")
    heard: list[Step] = []
    with ray_session(), closing(RayGroup(folder, 2, threads=1, seconds=120.0)) as group:
        cluster = ClusterGraph(group, open_manifest(folder))
        focus = cluster.focus(tolerance=1e-7, progress=heard.append)
        assert focus.bound <= 1e-7
        assert abs(focus.score(0) - graph.focus(tolerance=1e-7).score(0)) <= 2e-7
        assert heard
        with pytest.raises(ConvergenceError, match="float64"):
            cluster.focus(tolerance=1e-17)
        first = group.pids()
        killed = threading.Timer(0.05, os.kill, (first[1], signal.SIGKILL))
        killed.start()
        made = cluster.certify(tmp_path / "made", keep=tmp_path / "kept")
        killed.join()
        assert group.replaced == 1
        assert group.pids()[1] != first[1]
        assert made.residual <= 1e-8
        assert (tmp_path / "made").stat().st_size == (tmp_path / "expected").stat().st_size
        cluster.update([(0, 1)])
        os.kill(group.pids()[0], signal.SIGKILL)
        with pytest.raises(RankError, match="worker 0 of 2 was lost; open the graph again"):
            cluster.update([(1, 2)])
        with pytest.raises(RankError, match="the workers have ended"):
            cluster.focus()
        failing = RayGroup(folder, 2, threads=1, seconds=300.0)
        with closing(failing), pytest.raises(InputError, match="alone"):
            failing.run(fails_alone)


def test_nodes_without_processors_get_no_workers_where_others_have_some() -> None:
    head = {"Alive": True, "Resources": {"memory": 1.0}}
    worker = {"Alive": True, "Resources": {"CPU": 16.0}}
    placed = placing(1, 3, [head, worker])
    assert placed["scheduling_strategy"] == "SPREAD"
    assert 0 < placed["num_cpus"] < 1
    assert placed["name"].startswith("focusmesh rank 1 of 3 (")
    assert placed["name"] != placing(1, 3, [head, worker])["name"]
    assert placing(0, 1, [head, {**worker, "Alive": False}])["num_cpus"] == 0


def fails_alone(worker: Worker) -> None:
    """The second worker fails by itself; the first would wait for minutes."""
    if worker.exchange.rank:
        raise InputError("alone")
    worker.exchange.gather(np.ones(1))
