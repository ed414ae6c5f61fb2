"""Compiling WordNet whole and in part: seconds, memory, size, and what a forward pass takes in NumPy and ONNX Runtime.

A pass is all layers of L(10⁻³). The seconds of compiling hold everything that ``Graph.compile`` does with a graph that
was read, the measuring of its errors included. How far answers are off is in ``compile_error``.
"""

from __future__ import annotations

from typing import Any

from benchmarks.harness import Result, Row, Target, summary
from benchmarks.worker import Worker, close

WORDNET = "/usr/share/wordnet"
_ENGINE = "benchmarks.peers.compiling:Compiling"
_LIMITS = {"compile_s": 60.0, "peak_mb": 2048.0, "pass_s": 5.0, "dense_pass_ms": 5.0}


def measure(quick: bool) -> Result:
    """All of WordNet, unless quick, and 256 particles around one of its synsets."""
    result = Result("compile")
    workers = {"focusmesh": Worker(_ENGINE, WORDNET)}
    try:
        worker = workers["focusmesh"]
        rows = [row(worker, "256 particles around dog.n.01", context=True, times=30)]
        if not quick:
            rows.append(row(worker, "WordNet", context=False, times=1))
    finally:
        result.not_run |= close(workers, "WordNet")
    result.add("Compiled models, all layers of L(10⁻³) in a pass", rows)
    part, whole = rows[0], rows[-1] if not quick else {}
    told: list[tuple[str, str, Any, str]] = [
        ("WordNet: compile", "compile_s", whole.get("compile_s"), "s"),
        ("WordNet: peak memory above the graph", "peak_mb", whole.get("peak_mb"), "MB"),
        ("WordNet: a pass in NumPy", "pass_s", _seconds(whole, "numpy_ms"), "s"),
        ("WordNet: a pass in ONNX Runtime", "pass_s", _seconds(whole, "onnx_runtime_ms"), "s"),
        (
            *("256 particles: a pass in ONNX Runtime", "dense_pass_ms"),
            *(part.get("onnx_runtime_ms"), "ms"),
        ),
    ]
    result.targets += [Target(what, _LIMITS[name], found, unit) for what, name, found, unit in told]
    return result


def row(worker: Worker, what: str, *, context: bool, times: int) -> Row:
    """One model: what it is, what it took, what it answers in."""
    made = worker.ask("compile", context)
    if not made:
        return {"model": what}
    told = made["answer"]
    written, loaded = worker.ask("write"), worker.ask("load")
    numpy, runtime = (worker.ask(name, times)["answer"] for name in ("ask_numpy", "ask_runtime"))
    return {
        "model": what,
        **told,
        "compile_s": made["seconds"],
        "peak_mb": made["peak_bytes"] / 2**20,
        "file_mb": written["answer"] / 1e6,
        "write_s": written["seconds"],
        "load_s": loaded["seconds"],
        "numpy_ms": 1e3 * (summary(numpy)[1] or 0.0),
        "onnx_runtime_ms": 1e3 * (summary(runtime)[1] or 0.0),
    }


def _seconds(row: Row, column: str) -> float | None:
    value = row.get(column)
    return None if not isinstance(value, float) else value / 1e3
