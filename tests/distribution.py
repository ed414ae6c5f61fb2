"""How workers share the tests: a file at a time, a page of the docs at a time, what takes longest first.

pytest-xdist's ``--dist loadfile`` begins with the files of most tests: a file of few long ones is then begun last, and
one worker runs to its end while the others wait. ``long.json`` has the seconds of what takes longest, as once measured
(``python -m tests.effort FILE --limits`` writes it); they decide the order and nothing else. Half as many workers again
as there are processors share the tests, since many of these wait for servers and networks.

Each worker reads all tests. In a fresh clone the first to read a file compiles it and keeps the result, so workers
begin at different places: nobody compiles what another one has.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

TESTS = Path(__file__).parent
LONG = TESTS / "long.json"
ALONE = "tests/docs/test_snippets.py::test_a_page_does_what_it_says["
"""Tests that share nothing with the others of their file."""
TOGETHER = ("tests/interface/web/", "tests/test_")
"""Beginnings of tests that one worker runs: they share a browser, or what was read in all sources."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    if config.getvalue("dist") != "loadfile":
        return None
    scheduling: Any = import_module("xdist.scheduler")

    class ByUnit(scheduling.LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    config.option.loadscopereorder = False
    return ByUnit(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """In workers that are to read all tests: each begins elsewhere."""
    given: Any = getattr(config, "workerinput", None)
    if given and [Path(argument).resolve() for argument in config.args] == [TESTS]:
        worker = int(given["workerid"].removeprefix("gw"))
        parts = [str(part) for part in parts_of(TESTS)]
        config.args = rotated(parts, worker, given["workercount"])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In workers alone: who runs tests one after the other sees them in their order."""
    if hasattr(config, "workerinput"):
        units = ordered(
            (unit_of(item.nodeid) for item in items), json.loads(LONG.read_text(encoding="utf-8"))
        )
        ranks = {unit: rank for rank, unit in enumerate(units)}
        items.sort(key=lambda item: ranks[unit_of(item.nodeid)])


def processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers(processors: int) -> int:
    """How many workers share the tests on so many processors."""
    return processors + (processors + 1) // 2 if processors > 1 else 1


def parts_of(tests: Path) -> list[Path]:
    """The files of tests in a folder, and the folders two levels below, which have all others, in order."""
    found = {path.relative_to(tests).parts[:2] for path in tests.rglob("test_*.py")}
    return [tests.joinpath(*parts) for parts in sorted(found)]


def rotated(parts: list[str], worker: int, workers: int) -> list[str]:
    """All of ``parts``, from another one on for each worker."""
    begin = worker % workers * len(parts) // workers
    return parts[begin:] + parts[:begin]


def unit_of(nodeid: str) -> str:
    """What one worker runs as a whole: a file, a test that stands alone, or a folder."""
    if nodeid.startswith(ALONE):
        return nodeid
    shared = (each for each in TOGETHER if nodeid.startswith(each))
    return next(shared, nodeid.partition("::")[0])


def ordered(units: Iterable[str], seconds: dict[str, float]) -> list[str]:
    """The units of ``units``, which has each as often as it has tests: the longest, then those of most tests."""
    counts = Counter(units)
    return sorted(counts, key=lambda unit: (-seconds.get(unit, 0.0), -counts[unit], unit))
