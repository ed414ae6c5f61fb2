"""Counts and times of answers, in a file that the workers share: each has a row, whoever is asked adds up."""

from __future__ import annotations

import fcntl
import os
from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

ROWS = 256
CLASSES = ("2xx", "3xx", "4xx", "5xx")
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds, upper ends; what took longer is in none."""
OTHER = "other"
_SLOTS = len(CLASSES) + len(BUCKETS) + 2
_IN_FLIGHT = 0
_LIVE = {
    "live_sockets": (1, "gauge", "Web sockets that are open."),
    "grid_sockets": (1, "gauge", "Web sockets of the grid that are open."),
    "live_subscriptions": (2, "gauge", "Subscriptions over them."),
    "live_events_total": (3, "counter", "Events that they were told."),
    "live_skipped_total": (4, "counter", "Events that slow ones missed."),
    "square_shares_total": (5, "counter", "Shares of blocks' squares that were handed out."),
    "signals_outweighed_total": (
        6,
        "counter",
        "Signals that others of more weight left no room for.",
    ),
    "signals_refused_total": (
        7,
        "counter",
        "Signals that were refused for want of room, those with them.",
    ),
}
_FIRST = 8
_WANTS_ROOM = ("full", "outweighed", "quota")


class Metrics:
    """The row of this process in the shared table, or a table of its own where there is no folder."""

    def __init__(self, routes: Sequence[str], folder: Path | None) -> None:
        """Every process names the same ``routes``; a process that ended leaves its row to the next one."""
        self._routes = {route: number for number, route in enumerate([*routes, OTHER])}
        width = _FIRST + len(self._routes) * _SLOTS
        self._table = np.zeros((1, width))
        self._row = 0
        if folder is not None:
            self._table, self._row = self._claim_row(folder, width)
        self._table[self._row, _IN_FLIGHT] = 0
        for slot, kind, _ in _LIVE.values():
            if kind == "gauge":
                self._table[self._row, slot] = 0

    def add(self, name: str, count: int) -> None:
        """More, or fewer, of web sockets, of what they were told, of shares: ``live_sockets`` and so on."""
        self._table[self._row, _LIVE[name][0]] += count

    def note_refusal(self, code: str) -> None:
        """A signal was refused at the door; those for want of room are counted."""
        if code in _WANTS_ROOM:
            self.add("signals_refused_total", 1)
            self.add("signals_outweighed_total", int(code == "outweighed"))

    def begin(self) -> None:
        """An answer is being worked at."""
        self._table[self._row, _IN_FLIGHT] += 1

    def end(self, route: str | None, status: int, seconds: float) -> None:
        """It was sent."""
        row = self._table[self._row]
        row[_IN_FLIGHT] -= 1
        first = _FIRST + self._routes.get(route or OTHER, self._routes[OTHER]) * _SLOTS
        row[first + min(max(status // 100 - 2, 0), 3)] += 1
        row[first + len(CLASSES)] += seconds
        row[first + len(CLASSES) + 1 + bisect_left(BUCKETS, seconds)] += 1

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """All of it in Prometheus' text format; ``gauges`` are name → (words, value)."""
        total = self._table.sum(axis=0)
        lines = [
            "# HELP focusmesh_requests_total Answers by route and status.",
            "# TYPE focusmesh_requests_total counter",
            *self._counts(total),
            "# HELP focusmesh_request_seconds Time to answer by route.",
            "# TYPE focusmesh_request_seconds histogram",
            *self._times(total),
        ]
        for name, (slot, kind, words) in _LIVE.items():
            lines += [f"# HELP focusmesh_{name} {words}", f"# TYPE focusmesh_{name} {kind}"]
            lines.append(f"focusmesh_{name} {total[slot]:.0f}")
        shown = {"requests_in_flight": ("Answers in work.", float(total[_IN_FLIGHT])), **gauges}
        for name, (words, value) in shown.items():
            lines += [f"# HELP focusmesh_{name} {words}", f"# TYPE focusmesh_{name} gauge"]
            lines.append(f"focusmesh_{name} {value:g}")
        return "\n".join(lines) + "\n"

    def _counts(self, total: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Iterator[str]:
        for route, number in self._routes.items():
            first = _FIRST + number * _SLOTS
            for word, count in zip(CLASSES, total[first:].tolist(), strict=False):
                if count:
                    labels = f'route="{route}",status="{word}"'
                    yield f"focusmesh_requests_total{{{labels}}} {count:.0f}"

    def _times(self, total: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Iterator[str]:
        for route, number in self._routes.items():
            first = _FIRST + number * _SLOTS + len(CLASSES)
            seconds, *counts = total[first : first + 2 + len(BUCKETS)].tolist()
            if not sum(counts):
                continue
            seen = 0.0
            for end, count in zip((*BUCKETS, "+Inf"), counts, strict=True):
                seen += count
                yield f'focusmesh_request_seconds_bucket{{route="{route}",le="{end}"}} {seen:.0f}'
            yield f'focusmesh_request_seconds_sum{{route="{route}"}} {seconds:.6f}'
            yield f'focusmesh_request_seconds_count{{route="{route}"}} {seen:.0f}'

    def _claim_row(
        self, folder: Path, width: int
    ) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], int]:
        # Open for as long as the process is: its end gives the row back.
        self._file = os.open(folder / "metrics", os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._file, ROWS * width * 8)
        table = np.memmap(folder / "metrics", dtype=np.float64, mode="r+", shape=(ROWS, width))
        for row in range(ROWS):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, row)
            except OSError:
                continue
            return table, row
        return np.zeros((1, width)), 0
