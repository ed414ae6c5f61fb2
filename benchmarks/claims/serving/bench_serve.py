"""HTTP: answers a second of a server on this machine, beside its route that does nothing, in the same run.

`focusmesh serve` with a worker a core, and its default threads, serves R-MAT 17; wrk asks over kept connections, every
request for another particle, drawn at random, so that none was answered before. ``/health/live`` is the bare route: the
same processes, checks and framework, and nothing asked of the graph. wrk runs on the same cores.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, Target, ratio
from focusmesh import Graph, Names
from focusmesh.interface.server.process import wait_for
from focusmesh.interface.server.process.workers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RANKS, _OF_BARE, _CONTEXTS = 2_000.0, 0.5, 300.0
_CONNECTIONS, _SECONDS = 16, 6
_UP_SECONDS = 120.0
_WAYS = {
    "bare route": "/health/live",
    "rank of a particle": "/v1/rank?particle=particle-{0}",
    "context of two, fast": "/v1/context?top=10&effort=fast&seed=particle-{0}&seed=particle-{1}",
    "context of two, balanced": "/v1/context?top=10&effort=balanced&seed=particle-{0}&seed=particle-{1}",
}
_SCRIPT = """
math.randomseed({seed})
local function one() return tostring(math.random(0, {last})) end
request = function()
  local path = string.gsub(string.gsub("{path}", "{{0}}", one()), "{{1}}", one())
  return wrk.format("GET", path)
end
done = function(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("counted %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), failed))
end
"""


def measure(quick: bool) -> Result:
    """R-MAT 17; R-MAT 12 to see whether it runs."""
    result = Result("serve")
    if shutil.which("wrk") is None:
        result.not_run["serve"] = "there is no wrk here"
        return result
    workers = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        path, count, links = particle_graph(Path(folder), quick=quick)
        with serving(path, workers) as url:
            rows = [_row(url, name, count, 1 if quick else _SECONDS) for name in _WAYS]
    bare = rows[0]["answers_s"]
    for row in rows:
        row["bare_ratio"] = ratio(row["answers_s"], bare)  # type: ignore[arg-type]
    what = f"{count:,} particles, {links:,} links"
    result.add(f"Over HTTP, {workers} workers, {what}", rows)
    result.targets += [
        Target(f"{name}, {what}", limit, rows[at][column], unit, at_least=True)  # type: ignore[arg-type]
        for name, limit, at, column, unit in (
            ("ranks over HTTP", _RANKS, 1, "answers_s", "/s"),
            ("ranks over HTTP to the bare route", _OF_BARE, 1, "bare_ratio", "×"),
            ("contexts over HTTP, fast", _CONTEXTS, 2, "answers_s", "/s"),
        )
    ]
    return result


def particle_graph(folder: Path, *, quick: bool) -> tuple[Path, int, int]:
    """A file of R-MAT 17 (12) whose particles are called ``particle-0`` and so on; how many, and how many links."""
    inputs = Inputs.named("rmat12" if quick else "rmat17")
    count = inputs.particle_count
    graph = Graph.from_edges(inputs.source, inputs.target, inputs.weight, particles=count)
    graph.renamed(Names.texts(f"particle-{at}" for at in range(count))).save(
        folder / "graph.focusmesh"
    )
    return folder / "graph.focusmesh", count, len(inputs)


_NO_RATES = {
    "FOCUSMESH_LIMITS_REQUESTS_PER_SECOND": "0",
    "FOCUSMESH_LIMITS_SIGNALS_PER_SECOND": "0",
}


@contextmanager
def serving(path: Path, workers: int, options: Sequence[str] = ()) -> Iterator[str]:
    """The URL of a server of ``path``, up."""
    port = free_port("127.0.0.1", 0)
    program = "from focusmesh.interface.cli import main; main()"
    said = ["--port", str(port), "--workers", str(workers), "--quiet", *options]
    command = [sys.executable, "-c", program, "serve", str(path), *said]
    # One client asks as fast as it can, which is what is measured.
    process = subprocess.Popen(command, env=os.environ | _NO_RATES)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, _UP_SECONDS)
        yield url
    finally:
        process.terminate()
        process.wait()


def asked(url: str, path: str, count: int, seconds: int) -> list[int]:
    """Answers, microseconds, those of the middle and of the 99th percentile, and how many failed; asked before once."""
    _asked(url, path, count, 1, seed=1)
    return _asked(url, path, count, seconds, seed=2)


def _row(url: str, name: str, count: int, seconds: int) -> Row:
    requests, micros, middle, high, failed = asked(url, _WAYS[name], count, seconds)
    return {
        "answer": name,
        "answers_s": 1e6 * requests / micros,
        "p50_ms": middle / 1e3,
        "p99_ms": high / 1e3,
        "failed": failed,
    }


def _asked(url: str, path: str, count: int, seconds: int, seed: int) -> list[int]:
    script = _SCRIPT.format(seed=seed, last=count - 1, path=path)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        options = ["-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s"]
        done = subprocess.run(
            ["wrk", *options, "-s", file.name, url], capture_output=True, text=True, check=True
        )
    (line,) = (text for text in done.stdout.splitlines() if text.startswith("counted "))
    return [int(word) for word in line.split()[1:]]
