from __future__ import annotations

import math

from benchmarks.worker import Worker


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
