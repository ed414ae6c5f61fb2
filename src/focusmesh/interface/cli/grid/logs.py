"""Lines as a small web service logs them, drawn: for the demo, where a machine has no logs that all may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

_PATHS = ("/", "/api/items", "/api/items/{}", "/api/users/{}", "/static/app.js", "/health")
_STATUS = (200, 200, 200, 200, 201, 204, 304, 404, 500)
_WORKERS = ("web-1", "web-2", "queue", "cron")
_NOTES = (
    "INFO  request done",
    "INFO  cache hit",
    "DEBUG connection reused",
    "WARN  slow query",
    "ERROR upstream timed out",
)
_DAY_SECONDS = 86_400


def log_lines(count: int, random: np.random.Generator) -> Iterator[str]:
    """``count`` lines of one day, one after the other in time."""
    seconds = float(random.integers(0, _DAY_SECONDS // 2))
    for _ in range(count):
        seconds += float(random.exponential(0.7))
        hours, rest = divmod(int(seconds) % _DAY_SECONDS, 3600)
        stamp = f"2026-03-{1 + int(seconds) // _DAY_SECONDS % 28:02d}T{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
        worker = _WORKERS[random.integers(len(_WORKERS))]
        path = _PATHS[random.integers(len(_PATHS))].format(random.integers(1, 10_000))
        status = _STATUS[random.integers(len(_STATUS))]
        note = _NOTES[min(int(random.exponential(0.9)), len(_NOTES) - 1)]
        yield (
            f"{stamp}.{random.integers(1000):03d}Z {worker:<6}{note} "
            f"method=GET path={path} status={status} ms={random.exponential(40.0):.1f}\n"
        )
