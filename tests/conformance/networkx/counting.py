"""A pytest plugin for NetworkX's own suite: which of its tests reached our backend, and how each ended.

Writes JSON to ``FOCUSMESH_COUNTS``. With ``FOCUSMESH_BROKEN`` set to one of the backend's functions, that function
gives nonsense, so that one can see the suite notice.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
import pytest

from focusmesh.interface.networkx import backend, get_info

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_NOWHERE = "between tests"


class Count:
    """Outcomes by test, and calls of the backend by function and by test."""

    def __init__(self) -> None:
        self.test = _NOWHERE
        self.outcomes: dict[str, str] = {}
        self.functions: Counter[str] = Counter()
        self.tests: Counter[str] = Counter()

    def counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.functions[name] += 1
            self.tests[self.test] += 1
            return None if name == os.environ.get("FOCUSMESH_BROKEN") else function(*args, **kwargs)

        return call

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self.test = item.nodeid
        try:
            return (yield)
        finally:
            self.test = _NOWHERE

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        expected = "xfailed" if report.skipped else "xpassed"
        outcome = expected if hasattr(report, "wasxfail") else report.outcome
        if report.when == "call" or outcome != "passed":
            self.outcomes[report.nodeid] = outcome

    def pytest_sessionfinish(self) -> None:
        told = {
            "fallback": nx.config.fallback_to_nx,
            "outcomes": self.outcomes,
            "functions": self.functions,
            "tests": self.tests,
        }
        Path(os.environ["FOCUSMESH_COUNTS"]).write_text(json.dumps(told), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    count = Count()
    for name in get_info()["functions"]:
        setattr(backend, name, count.counted(name, getattr(backend, name)))
    config.pluginmanager.register(count, "count-of-backend-calls")
