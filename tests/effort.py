"""What the tests cost, by area: processes started, kernels compiled, and seconds of processor time.

An area is a folder of tests, two levels deep, such as ``engine/focus``. ``effort.json`` bounds the processes of each
and the kernels of all: a session that needs more fails, whatever the machine. Seconds are never judged, nor is ``make
soak``. A kernel is compiled by whoever comes first, so areas have no shares of them; and each worker may compile the
same one, so that the bound is for two workers and grows with them.
``FOCUSMESH_EFFORT=FILE`` keeps what a session cost as JSON; ``python -m tests.effort FILE`` prints it as a table, and
``python -m tests.effort FILE --limits`` writes the bounds anew: half as much again as that session, and ten. It writes
``long.json``, by which workers begin with what takes longest, and the table of docs/explanation/test-effort.md.
"""

from __future__ import annotations

import json
import math
import os
import re
import resource
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import __version__
from tests.distribution import LONG, processors, unit_of

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

TESTS = Path(__file__).parent
LIMITS = TESTS / "effort.json"
PAGE = TESTS.parent / "docs" / "explanation" / "test-effort.md"
BLOCK = re.compile(r"(<!-- effort -->\n).*(\n<!-- end of effort -->)", re.DOTALL)
ALL = "all"
JUDGED = ("processes", "kernels")
LONG_SECONDS = 5.0
"""What takes less is not listed in ``long.json``."""
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"}

_OF_OTHERS: list[float] = []

Costs = dict[str, dict[str, float]]


class Effort:
    """Counts the work of every test; where workers run them, their master adds it up and judges."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.costs: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.units: Counter[str] = Counter()
        self._counted: Counter[str] = Counter()
        self._listens = False
        self._workers, self._begun = 0, time.monotonic()
        sys.addaudithook(self._audit)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._listen()
        before, seconds, begun = self._counted.copy(), processor_seconds(), time.monotonic()
        try:
            return (yield)
        finally:
            spent = self._counted - before
            spent["seconds"] = processor_seconds() - seconds  # type: ignore[assignment]
            self.costs[area_of(item.path)].update(spent)
            self.units[unit_of(item.nodeid)] += time.monotonic() - begun  # type: ignore[assignment]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._workers += 1
        # Absent where a worker crashed.
        output = getattr(node, "workeroutput", {})
        for area, spent in output.get("effort", {}).items():
            self.costs[area].update(spent)
        self.units.update(output.get("units", {}))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput["effort"] = {
                area: dict(spent) for area, spent in self.costs.items()
            }
            self.config.workeroutput["units"] = dict(self.units)
            return
        self._keep()
        for complaint in self.excesses():
            reporter = self.config.pluginmanager.get_plugin("terminalreporter")
            if reporter is not None:
                reporter.write_line(complaint, red=True)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def excesses(self) -> list[str]:
        if os.environ.get("FOCUSMESH_SOAK"):
            return []
        limits = json.loads(LIMITS.read_text(encoding="utf-8"))
        return excesses(self.costs, limits, self._workers)

    def _keep(self) -> None:
        path = os.environ.get("FOCUSMESH_EFFORT")
        if path:
            areas = {
                area: dict(sorted(spent.items())) for area, spent in sorted(self.costs.items())
            }
            _write(
                Path(path),
                {
                    "areas": areas,
                    "units": dict(sorted(self.units.items())),
                    "session": self._session(),
                },
            )

    def _session(self) -> str:
        """A sentence on the session as a whole."""
        seconds, workers = time.monotonic() - self._begun, max(1, self._workers)
        return (
            f"The whole took {seconds / 60:.0f} minutes by the clock, {workers} workers on {processors()} processors, "
            f"in focusmesh {__version__} on {time.strftime('%Y-%m-%d')}."
        )

    def _audit(self, event: str, _: object) -> None:
        if event in STARTS:
            self._counted["processes"] += 1

    def _listen(self) -> None:
        """Hears of every kernel that is compiled, and not taken from the cache, once the compiler is loaded."""
        events: Any = sys.modules.get("numba.core.event")
        if events is None or self._listens:
            return
        self._listens = True
        counted = self._counted

        class Compiled(events.Listener):  # type: ignore[misc]
            def on_start(self, event: object) -> None:
                counted["kernels"] += 1

            def on_end(self, event: object) -> None:
                pass

        events.register("numba:compile", Compiled())


def excesses(
    costs: Mapping[str, Mapping[str, float]],
    limits: Mapping[str, Mapping[str, float]],
    workers: int = 1,
) -> list[str]:
    """The areas that started more processes than they may, and all together where they compiled more kernels."""
    found = [
        (f"tests/{area}", spent.get("processes", 0), "processes", limits[area]["processes"])
        for area, spent in sorted(costs.items())
        if area in limits
    ]
    most = limits.get(ALL, {}).get("kernels", math.inf) * max(1.0, workers / 2)
    found.append(("tests", _sum(costs)["kernels"], "kernels", most))
    return [
        f"{where} took {took:.0f} {what}, its share is {share:.0f}: spare some, or change tests/effort.json"
        for where, took, what, share in found
        if took > share
    ]


def table(costs: Mapping[str, Mapping[str, float]]) -> str:
    """The areas that took the most processor time first, as Markdown; the smallest, a tenth of all together, as one."""
    rows = sorted(costs.items(), key=lambda row: -row[1].get("seconds", 0.0))
    total = sum(spent.get("seconds", 0.0) for _, spent in rows)
    lines, told, rest = (
        ["| tests | seconds | processes | kernels |", "| --- | --- | --- | --- |"],
        0.0,
        Counter[str](),
    )
    for area, spent in rows:
        if told > 0.9 * total:
            rest.update(spent)
            continue
        told += spent.get("seconds", 0.0)
        lines.append(_row(f"`{area}`", spent))
    return "\n".join([*lines, _row("all others", rest), _row("all", _sum(costs))]) + "\n"


def _sum(costs: Mapping[str, Mapping[str, float]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for spent in costs.values():
        total.update(spent)
    return total


def _row(name: str, spent: Mapping[str, float]) -> str:
    counts = " | ".join(f"{spent.get(what, 0):,.0f}" for what in ("seconds", *JUDGED))
    return f"| {name} | {counts} |"


def bounds(costs: Mapping[str, Mapping[str, float]]) -> Costs:
    """Half as much again as ``costs``, and ten: of processes for each area, of kernels for all."""
    found = {
        area: {"processes": _more(spent.get("processes", 0))}
        for area, spent in sorted(costs.items())
    }
    return {ALL: {"kernels": _more(_sum(costs)["kernels"])}, **found}


def _more(taken: float) -> float:
    return taken * 3 // 2 + 10


def area_of(path: Path) -> str:
    """The folder of a test below ``tests``, at most two deep; a dot for those at the top, and for those elsewhere."""
    inner = path.parent.relative_to(TESTS).parts if path.is_relative_to(TESTS) else ()
    return "/".join(inner[:2]) or "."


def processor_seconds() -> float:
    """Seconds of processor time of this process and of those of its children that have ended."""
    kinds = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(sum(resource.getrusage(kind)[:2]) for kind in kinds) + sum(_OF_OTHERS)


def add_seconds(seconds: float) -> None:
    """Count what a test had done by the child of a child that lives on."""
    _OF_OTHERS.append(seconds)


def main(arguments: list[str]) -> None:
    """See the head of this file."""
    kept = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    if "--limits" in arguments:
        _write(LIMITS, bounds(kept["areas"]))
        long = {unit: round(each) for unit, each in kept["units"].items() if each >= LONG_SECONDS}
        _write(LONG, long)
        told = f"\n{table(kept['areas'])}\n{kept['session']}\n"
        PAGE.write_text(
            BLOCK.sub(lambda block: block[1] + told + block[2], PAGE.read_text(encoding="utf-8")),
            encoding="utf-8",
        )
    else:
        sys.stdout.write(table(kept["areas"]))


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
