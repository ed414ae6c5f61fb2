"""Parquet tables cut into parts: links a second, and the most memory that all workers have resident at one time.

Resident is what the system says of each worker process, mapped files included, added up and looked at ten times a
second; pages that two workers share count twice. Ray works on all cores of this machine; beside it stands the same work
in this process without Ray, and reading and building the graph in memory, on a tenth of the links.
"""

from __future__ import annotations

import shutil
import threading
import time
from typing import TYPE_CHECKING, Any

from benchmarks.data.cluster_tables import rmat_tables
from benchmarks.data.graphs import FOLDER
from benchmarks.harness import Result, Row, Target
from focusmesh.engine.cluster import verify_folder
from focusmesh.engine.graph import Graph
from focusmesh.host.cluster.partitioning import partition_graph

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.support.progress import Step

LARGE, SMALL = (23, 100_000_000), (20, 10_000_000)
QUICK = (14, 200_000), (12, 100_000)
_MEMORY_GIB = 6.0
_PARTS = 2


def measure(quick: bool) -> Result:
    """Two graphs; the larger by Ray alone."""
    result = Result("partition")
    large, small = QUICK if quick else (LARGE, SMALL)
    rows = [_made(*small, "here"), _made(*small, None), _made(*large, None)]
    result.add("Tables cut into two parts", rows)
    result.add("The same table read and built in memory", [_in_memory(*small)])
    peak = float(str(rows[-1]["workers_GiB"]))
    what = f"{large[1]:,} links partitioned: memory of all workers"
    result.targets.append(Target(what, _MEMORY_GIB, peak, "GiB"))
    return result


def _tables(scale: int, links: int) -> Path:
    return rmat_tables(FOLDER / f"cluster{scale}-{links}", scale, links)


def _made(scale: int, links: int, address: str | None) -> Row:
    folder = FOLDER / f"partitioned{scale}"
    shutil.rmtree(folder, ignore_errors=True)
    with Watched(folder) as watched:
        made = partition_graph(
            str(_tables(scale, links)), folder, _PARTS, address=address, progress=watched.told
        )
    assert verify_folder(folder) == []
    whole = made.manifest.whole
    size = sum(file.size for file in made.manifest.files)
    shutil.rmtree(folder)
    return {
        "by": "this process" if address else "Ray",
        "rows": links,
        "axons": whole.axons,
        "particles": whole.particles,
        "seconds": made.seconds,
        "rows_a_second": links / made.seconds,
        "workers_GiB": watched.peak_bytes / 2**30,
        "at": watched.peak_at,
        "disk_bytes_a_row": watched.disk_bytes / links,
        "parts_MB": size / 1e6,
    }


def _in_memory(scale: int, links: int) -> Row:
    (path,) = sorted(_tables(scale, links).glob("*.parquet"))
    with Watched(None) as watched:
        begun = time.perf_counter()
        graph = Graph.read(path)
        axons = graph.structure.axon_count
        seconds = time.perf_counter() - begun
    return {"rows": links, "axons": axons, "seconds": seconds, "GiB": watched.peak_bytes / 2**30}


class Watched:
    """While the block runs: the most that the workers of Ray below this process, or else itself, had resident."""

    def __init__(self, folder: Path | None) -> None:
        self.peak_bytes = self.disk_bytes = 0
        self.peak_at = ""
        self._folder, self._at = folder, ""
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def told(self, step: Step) -> None:
        """Which phase it is."""
        self._at = step.what

    def _watch(self) -> None:
        import psutil

        own = psutil.Process()
        while not self._done.wait(0.1):
            bytes_now = _resident(psutil, own)
            if bytes_now > self.peak_bytes:
                self.peak_bytes, self.peak_at = bytes_now, self._at
            if self._folder is not None:
                self.disk_bytes = max(self.disk_bytes, _folder_bytes(self._folder))


def _resident(psutil: Any, own: Any) -> int:
    found = []
    for process in own.children(recursive=True):
        try:
            if process.cmdline()[:1] and process.cmdline()[0].startswith("ray::"):
                found.append(process.memory_info().rss)
        except psutil.Error:
            continue
    return sum(found) if found else int(own.memory_info().rss)


def _folder_bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total
