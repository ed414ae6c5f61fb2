"""Shards in processes of their own make the certificate of one: nothing crosses between them but what is said to."""

from __future__ import annotations

import multiprocessing
from itertools import count as counting
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus import IntegerAxons, ProtocolParams, certify_by_shards, residual_limit
from focusmesh.engine.focus.shards.partition import split
from focusmesh.engine.focus.shards.placement import Placing
from tests.engine.focus.shards.worker import work

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SHARDS = 3


def test_processes_that_share_nothing() -> None:
    random = np.random.default_rng(2)
    ends = random.integers(0, 90, 400), random.integers(0, 90, 400)
    graph = Graph.from_edges(*ends, random.integers(1, 50, 400), particles=90)
    axons, params = IntegerAxons.of(graph), ProtocolParams.of(FocusParams())
    context, limit = multiprocessing.get_context("spawn"), residual_limit(1e-8)
    pipes, workers = [], []
    for shard in split(axons, Placing.of(axons, SHARDS)):
        here, there = context.Pipe()
        worker = context.Process(target=work, args=(there,), daemon=True)
        worker.start()
        here.send((shard, axons.count, params, limit))
        pipes.append(here)
        workers.append((shard.positions, worker))
    vector = np.empty(axons.count, dtype=np.uint64)
    for (positions, worker), part in zip(workers, passed_on(pipes), strict=True):
        vector[axons.rank[positions]] = part
        worker.join(30)
        assert worker.exitcode == 0
    assert vector.tobytes() == certify_by_shards(graph, 1).certificate.vector.tobytes()


def passed_on(pipes: list[Connection]) -> list[Any]:
    """Hands on parcels and sums, knowing nothing of what they mean, until vectors come."""
    for _ in counting():
        for pipe in pipes:
            assert pipe.poll(60)
        came: list[Any] = [pipe.recv() for pipe in pipes]
        if isinstance(came[0], np.ndarray):
            return came
        if isinstance(came[0], int):
            answers: list[Any] = [sum(came)] * len(pipes)
        else:
            answers = [list(row) for row in zip(*came, strict=True)]
        for pipe, answer in zip(pipes, answers, strict=True):
            pipe.send(answer)
    raise AssertionError
