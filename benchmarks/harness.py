"""What every benchmark gives back, how turns are taken, and how results are shown and kept."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RESULTS = Path(__file__).parent / "results"

Row: TypeAlias = dict[str, "str | int | float | None"]
"""One line of a table: column → value. None: not measured or does not apply."""


@dataclass(frozen=True)
class Target:
    """A figure that was promised: ``measured`` is at most (or at least) ``limit``."""

    what: str
    limit: float
    measured: float | None
    unit: str
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """None where it was not measured."""
        if self.measured is None:
            return None
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def row(self) -> Row:
        sign = "≥" if self.at_least else "≤"
        verdict = {True: "met", False: "MISSED", None: "not measured"}[self.met]
        return {
            "what": self.what,
            "target": f"{sign} {self.limit:g} {self.unit}",
            "measured": None if self.measured is None else f"{self.measured:.3g} {self.unit}",
            "met": verdict,
        }


@dataclass
class Result:
    """Tables by title, the targets they speak to, and what did not run with the reason.

    ``samples`` are raw measurements by what and unit, for whoever wants more of them than a table has.
    """

    name: str
    tables: dict[str, list[Row]] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)
    not_run: dict[str, str] = field(default_factory=dict)
    samples: dict[str, list[float]] = field(default_factory=dict)

    def add(self, title: str, rows: list[Row]) -> None:
        """Takes a table and shows it at once."""
        self.tables[title] = rows
        print(f"\n{title}\n{table(rows)}", flush=True)

    def show_not_run(self) -> None:
        """Names who did not take part, and why."""
        for what, reason in self.not_run.items():
            print(f"{what} did not run: {reason}", flush=True)

    def write(
        self, facts: Mapping[str, Any], tracked: bool, measures: Mapping[str, str] | None = None
    ) -> Path:
        """To ``results/<name>.json`` where it is to be tracked, else beside it as ``.local.json``.

        ``measures`` are the digests of the packages that were measured (``staleness.digests``).
        """
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{self.name}{'' if tracked else '.local'}.json"
        content: dict[str, Any] = {
            "benchmark": self.name,
            "machine": facts,
            **({} if measures is None else {"measures": dict(measures)}),
            "tables": self.tables,
            "targets": [asdict(target) | {"met": target.met} for target in self.targets],
            "not_run": self.not_run,
        }
        if self.samples:
            content["samples"] = self.samples
        path.write_text(json.dumps(_rounded(content), indent=1, ensure_ascii=False) + "\n")
        return path


def interleaved(
    turns: Mapping[str, Callable[[], float | None]],
    rounds: int = 7,
    seconds_each: float = 5.0,
    at_least: int = 2,
) -> dict[str, list[float]]:
    """Seconds of every turn, round after round, so that a slow minute falls on all.

    A turn tells its own seconds, None when it failed. It ends early once it has taken ``seconds_each`` in all.
    """
    times: dict[str, list[float]] = {name: [] for name in turns}
    for number in range(rounds):
        for name, turn in turns.items():
            if number >= at_least and sum(times[name]) >= seconds_each:
                continue
            seconds = turn()
            if seconds is not None:
                times[name].append(seconds)
    return times


def summary(times: Sequence[float]) -> tuple[float | None, float | None]:
    """Best and median, None of nothing."""
    return (min(times), statistics.median(times)) if times else (None, None)


def ratio(peer: float | None, own: float | None) -> float | None:
    """How many times longer (or larger) than ours."""
    return None if peer is None or own is None or own == 0 else peer / own


def quotient(count: float, seconds: float | None, unit: float = 1.0) -> float | None:
    """``count`` / ``seconds`` in units."""
    return None if not seconds else count / seconds / unit


def table(rows: Sequence[Row]) -> str:
    """Rows as text in columns, numbers right-aligned."""
    if not rows:
        return "(nothing ran)"
    header = columns(rows)
    cells = [[shown(row.get(column)) for column in header] for row in rows]
    titles = [column.replace("_", " ") for column in header]
    widths = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]
    left = [any(isinstance(row.get(column), str) for row in rows) for column in header]
    lines = [titles, ["-" * width for width in widths], *cells]
    return "\n".join(_aligned(line, widths, left) for line in lines)


def columns(rows: Sequence[Row]) -> list[str]:
    """Every column that a row has, in the order in which they first come."""
    return list(dict.fromkeys(column for row in rows for column in row))


def shown(value: str | int | float | None) -> str:
    """A table cell: three significant digits, thousands apart."""
    if value is None:
        return "–"
    if isinstance(value, float):
        if value != 0 and not 1e-4 <= abs(value) < 1e6:
            return f"{value:.1e}"
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else value


def _aligned(cells: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    parts = zip(cells, widths, left, strict=True)
    return "  ".join(c.ljust(w) if is_left else c.rjust(w) for c, w, is_left in parts).rstrip()


def _rounded(value: Any) -> Any:
    """Five significant digits are more than a clock gives."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value
