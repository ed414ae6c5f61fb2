"""Starting: ``import focusmesh``, and ``focusmesh rank`` on 1,000 links, each in a fresh process with empty caches.

Large graphs are compiled for once: ``focusmesh rank`` on 10⁶ links is measured with empty caches and with kept ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.claims.focus.bench_import import integers
from benchmarks.harness import Result, Row, Target, interleaved, ratio, summary

_IMPORT, _RANK = 0.15, 1.0
_LINKS = 1_000
_LARGE = "focusmesh rank, 955,160 links"
_TIMED_IMPORT = "import time; b = time.perf_counter(); import {}; print(time.perf_counter() - b)"
_PEER_RANK = (
    "import networkx as nx; g = nx.read_edgelist({!r}, create_using=nx.DiGraph); "
    "p = nx.pagerank(g); print(sorted(p, key=p.get)[-10:])"
)


def measure(quick: bool) -> Result:
    """Medians, since starting has no best case that one could wait for."""
    with TemporaryDirectory() as folder:
        edges = Path(folder) / "edges.txt"
        ends = np.random.default_rng(1).zipf(1.5, (_LINKS, 2)) % 400
        edges.write_text("".join(f"{source} {target}\n" for source, target in ends.tolist()))
        environment = _empty_caches(Path(folder))
        command = str(Path(sys.executable).with_name("focusmesh"))
        turns = {
            f"import {name}": lambda name=name: _import_seconds(name, environment)
            for name in ("focusmesh", "networkx", "numpy")
        } | {
            "focusmesh rank, 1,000 links": lambda: _seconds(
                [command, "rank", str(edges), "--json"], environment
            ),
            "NetworkX, same file": lambda: _seconds(
                [sys.executable, "-c", _PEER_RANK.format(str(edges))], environment
            ),
        }
        times = interleaved(turns, rounds=3 if quick else 11, seconds_each=20.0)
        times |= _large(command, environment)
    middle = {what: summary(taken)[1] for what, taken in times.items()}
    rows: list[Row] = [_row(what, times[what], middle) for what in times]
    own = middle["focusmesh rank, 1,000 links"]
    targets = [
        Target("import focusmesh", _IMPORT, middle["import focusmesh"], "s"),
        Target("focusmesh rank, 1,000 links, fresh process", _RANK, own, "s"),
    ]
    result = Result("start", targets=targets)
    result.add("Starting in a fresh process", rows)
    return result


def _large(command: str, environment: dict[str, str]) -> dict[str, list[float]]:
    """Once with empty caches, then with what that left there."""
    ranking = [command, "rank", str(integers("rmat16")), "--json"]
    times = [_seconds(ranking, environment) for _ in range(4)]
    return {f"{_LARGE}, empty caches": times[:1], f"{_LARGE}, kept caches": times[1:]}


def _row(what: str, times: list[float], middle: dict[str, float | None]) -> Row:
    own = "import focusmesh" if what.startswith("import") else "focusmesh rank, 1,000 links"
    return {
        "what": what,
        "median_s": middle[what],
        "best_s": min(times),
        "ratio": None if what.startswith(_LARGE) else ratio(middle[what], middle[own]),
        "runs": len(times),
    }


def _empty_caches(folder: Path) -> dict[str, str]:
    """No compiled kernel from an earlier run is found, and none that is made outlives the folder."""
    caches = {"HOME": "home", "XDG_CACHE_HOME": "cache", "NUMBA_CACHE_DIR": "numba"}
    return {**os.environ, **{name: str(folder / place) for name, place in caches.items()}}


def _import_seconds(module: str, environment: dict[str, str]) -> float:
    code = _TIMED_IMPORT.format(module)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, env=environment, capture_output=True, check=True)
    return time.perf_counter() - begun
