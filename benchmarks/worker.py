"""One engine in a process of its own: asked step by step, timed and weighed where it works.

The asking side keeps its processes and lets them take turns, so that slow minutes of the machine fall on all of them.
Memory is the highest resident size that the operating system saw during a step, less the resident size after the inputs
were loaded and the engine had done a tiny graph: what an engine needs above its inputs and its own code. Linux
keeps that mark for each process and lets it be reset; elsewhere the lifetime's maximum (``ru_maxrss``) has to do.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Worker:
    """The asking side. ``missing`` says why the engine cannot work here; then nothing may be asked."""

    def __init__(self, target: str, *arguments: str) -> None:
        """Starts ``target`` ("module:Class") on ``arguments``."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", target, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        self.process_id = self._process.pid
        self.missing: str | None = None
        self.missing = self._answer().get("missing")

    def ask(self, step: str, *arguments: Any) -> dict[str, Any]:
        """``seconds`` and ``peak_bytes`` of one step, and the ``answer`` that it returned.

        ``resident_bytes`` is the peak with the engine's own code and inputs in it.
        """
        if self.missing is None:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps([step, *arguments]) + "\n")
            self._process.stdin.flush()
            answer = self._answer()
            self.missing = answer.get("missing")
        return {} if self.missing else answer

    def turn(self, step: str, *arguments: Any) -> Callable[[], float | None]:
        """A step as a turn: it tells its seconds, None when it failed."""
        return lambda: self.ask(step, *arguments).get("seconds")

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            return {"missing": f"its process ended with status {self._process.wait()}"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def close(workers: Mapping[str, Worker], where: str) -> dict[str, str]:
    """Ends all processes; who was missing on ``where``, and why."""
    for worker in workers.values():
        worker.close()
    return {f"{name} on {where}": why for name, w in workers.items() if (why := w.missing)}


def serve(target: str, arguments: list[str]) -> None:
    """The working side: steps come in by standard input, answers leave by what was standard output."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def reply(answer: dict[str, Any]) -> None:
        channel.write(json.dumps(answer) + "\n")
        channel.flush()

    module, name = target.split(":")
    try:
        engine = getattr(import_module(module), name)(*arguments)
    except ImportError as error:
        reply({"missing": str(error)})
        return
    own = _resident("VmRSS")
    reply({})
    for line in sys.stdin:
        step, *rest = json.loads(line)
        try:
            reply(_timed(engine, step, rest, own))
        except Exception as error:
            reply({"missing": f"{type(error).__name__}: {error}"})
            raise


def _timed(engine: Any, step: str, arguments: list[Any], own: int) -> dict[str, Any]:
    gc.collect()
    _forget_peak()
    begun = time.perf_counter()
    answer = getattr(engine, step)(*arguments)
    seconds = time.perf_counter() - begun
    peak = _resident("VmHWM")
    return {
        "seconds": seconds,
        "peak_bytes": peak - own,
        "resident_bytes": peak,
        "answer": answer,
    }


def _forget_peak() -> None:
    if _RESET.exists():
        _RESET.write_text("5")


def _resident(field: str) -> int:
    """Bytes resident now (``VmRSS``) or at most (``VmHWM``)."""
    if not _STATUS.exists():
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    fields = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
    return int(fields[field].split()[0]) * 1024


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2:])
