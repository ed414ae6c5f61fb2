"""What every test may ask for, and the account of what did not run.

A test that lacks something (an outside vector, an optional package) says so through ``vectors`` or ``needs``; the
session's last line counts such tests with their reasons. Under CI a missing part is a failure.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol, TypeVar

import pytest
from hypothesis import settings

from tests import distribution
from tests.effort import Effort
from tests.kernel_cache import keep_kernels

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from types import ModuleType

    Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

ROOT = Path(__file__).parents[1]
IMPORT_PATH = os.pathsep.join(dict.fromkeys([str(ROOT), *filter(None, sys.path)]))
"""For `PYTHONPATH` of a child that shall import what this process does: another checkout may be installed."""
IN_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}
SOAK = bool(os.environ.get("FOCUSMESH_SOAK"))
MEANT = "not meant to run here"

# What a shell without job control starts in the background ignores Ctrl-C, and children inherit that: tests that send
# it would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

keep_kernels()

# Almost nothing that is read before the tests begin is garbage, and looking for it takes seconds.
gc.disable()

settings.register_profile("usual", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("soak", deadline=None, max_examples=2_000)
settings.load_profile("soak" if SOAK else "usual")


class Vectors(Protocol):
    def __call__(self, name: str) -> Path: ...


class Needs(Protocol):
    def __call__(self, module: str) -> ModuleType: ...


class NotRun(Protocol):
    def __call__(self, what: str, detail: str = "") -> NoReturn: ...


class LeftOut(Protocol):
    def __call__(self, what: str, detail: str) -> None: ...


class Worker(Protocol):
    workeroutput: dict[str, int]


class RecordProperty(Protocol):
    def __call__(self, name: str, value: object) -> None: ...


class Measured(Protocol):
    def __call__(self, fact: str) -> None: ...


@pytest.fixture
def not_run(request: pytest.FixtureRequest) -> NotRun:
    """End this test as one that is not meant to run here: counted, no failure under CI."""

    def declare(what: str, detail: str = "") -> NoReturn:
        _declare(request.node, _reason(what, detail))

    return declare


def _declare(item: pytest.Item, reason: str) -> NoReturn:
    item.user_properties.append((MEANT, True))
    pytest.skip(reason)


def _missing(what: str, detail: str = "") -> NoReturn:
    pytest.skip(_reason(what, detail))


def _reason(what: str, detail: str) -> str:
    return f"{what}: {detail}" if detail else what


@pytest.fixture
def vectors() -> Vectors:
    """Find an outside vector by name, such as ``vectors("ldbc-graphalytics/pr")``, as a path."""
    folder = Path(os.environ.get("FOCUSMESH_VECTORS") or ROOT.parent / "shared" / "vectors")

    def find(name: str) -> Path:
        for candidate in (folder / "outside" / name, folder / name):
            if candidate.exists():
                return candidate
        _missing("vectors missing", name)

    return find


@pytest.fixture
def needs() -> Needs:
    """Import an optional module, such as ``needs("polars")``."""

    def load(module: str) -> ModuleType:
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError:
            _missing("packages missing", module)

    return load


@pytest.fixture
def measured(record_property: RecordProperty) -> Measured:
    """Print a measured fact at the end of the session; it decides nothing."""

    def record(fact: str) -> None:
        record_property("measured", fact)

    return record


@pytest.fixture
def left_out(record_property: RecordProperty) -> LeftOut:
    """Count a part that this test does not run on purpose, while the rest of it runs."""

    def record(what: str, detail: str) -> None:
        record_property("left out", _reason(what, detail))

    return record


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Asked before anything is configured."""
    return distribution.workers(distribution.processors())


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "soak: takes too long for every change; run by make soak")
    config.pluginmanager.register(Account(config), "account-of-what-did-not-run")
    config.pluginmanager.register(Effort(config), "effort")
    config.pluginmanager.register(distribution, "distribution")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What the session has now stays to its end: whoever collects garbage later need not look through it again."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if not SOAK and item.get_closest_marker("soak"):
        _declare(item, "left to make soak")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Report, Report]:
    return _fail_in_ci((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Report, Report]:
    return _fail_in_ci((yield))


def _fail_in_ci(report: Report) -> Report:
    """Under CI, turn a skip into a failure unless it is an expected failure or was meant."""
    meant = hasattr(report, "wasxfail") or (MEANT, True) in getattr(report, "user_properties", ())
    if IN_CI and report.skipped and not meant:
        report.outcome = "failed"
        report.longrepr = f"{_skip_reason(report.longrepr)}; under CI nothing may be missing"
    return report


def _skip_reason(longrepr: object) -> str:
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return text.removeprefix("Skipped: ")


class Account:
    """Counts what was skipped, deselected or measured; where workers run the tests, their master reports."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.details: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.deselected = 0
        self.facts: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.read_properties(report.user_properties)
        if report.skipped and not hasattr(report, "wasxfail"):
            self.count(_skip_reason(report.longrepr))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.count(_skip_reason(report.longrepr))

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self.deselected += len(items)

    def pytest_sessionfinish(self) -> None:
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput["deselected"] = self.deselected

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Worker) -> None:
        # Every worker deselects the same tests.
        output = getattr(node, "workeroutput", {})  # absent where a worker crashed
        self.deselected = max(self.deselected, output.get("deselected", 0))

    def read_properties(self, properties: Iterable[tuple[str, object]]) -> None:
        for name, value in properties:
            if name == "measured":
                self.facts.append(str(value))
            elif name == "left out":
                self.count(str(value))

    def count(self, reason: str) -> None:
        what, _, detail = reason.partition(": ")
        self.details[what][detail] += 1

    def line(self) -> str:
        parts = [_part(what, details) for what, details in sorted(self.details.items())]
        if self.deselected:
            parts.append(f"{self.deselected} deselected")
        total = self.deselected + sum(details.total() for details in self.details.values())
        return f"did not run: {total}" + (f" ({'; '.join(parts)})" if parts else "")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_unconfigure(self) -> Generator[None, None, None]:
        yield
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and not hasattr(self.config, "workerinput"):
            for fact in self.facts:
                reporter.write_line(f"measured: {fact}")
            reporter.write_line(self.line())


def _part(what: str, details: Counter[str]) -> str:
    named = ", ".join(sorted(detail for detail in details if detail))
    return f"{details.total()} {what}" + (f": {named}" if named else "")
