from __future__ import annotations

import math

from benchmarks.peers.graphblas10_engine import APART
from benchmarks.worker import Worker, close


def test_a_step_is_timed_weighed_and_answered() -> None:
    with Worker("array:array", "d") as worker:
        assert worker.missing is None
        assert worker.ask("extend", [1.0] * 9)["answer"] is None
        told = worker.ask("buffer_info")
        assert told["answer"][1] == 9
        assert told["seconds"] > 0
        assert math.isfinite(told["peak_bytes"])


def test_an_engine_that_is_not_installed_says_so() -> None:
    with Worker("no_such_module:Engine") as worker:
        assert worker.missing == "No module named 'no_such_module'"
        assert worker.ask("build") == {}


def test_a_process_that_ends_is_missing_and_does_not_hang() -> None:
    with Worker("builtins:int", "3") as worker:
        assert worker.ask("no_such_step") == {}
        assert worker.missing == "AttributeError: 'int' object has no attribute 'no_such_step'"
        assert worker.turn("bit_length")() is None


def test_an_engine_whose_library_was_not_fetched_says_how_it_is() -> None:
    assert not APART.exists()
    with Worker("benchmarks.peers.graphblas10_engine:GraphBlas10", "rmat14") as worker:
        assert "scripts/fetch-apart" in str(worker.missing)


def test_processes_are_closed_and_who_was_missing_is_told() -> None:
    workers = {"list": Worker("array:array", "d"), "none": Worker("no_such_module:Engine")}
    assert close(workers, "rmat16") == {"none on rmat16": "No module named 'no_such_module'"}
