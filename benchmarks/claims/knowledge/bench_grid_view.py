"""The explorer's picture of a grid: frames a second while it is turned, on a machine that draws in software.

Debian's Chromium with SwiftShader opens the page of ``focusmesh grid serve``: a surface of 10⁵ blocks that hide one
another, and nearly 10⁶ in loose heaps, which do not. playwright-core is what tests/interface/web installed.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.data.graphs import ROOT
from benchmarks.harness import Result, Row, Target
from focusmesh.host.grid import create_grid
from focusmesh.host.settings import GridSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_FRAMES = 10.0
_WHOLE_MILLISECONDS = 1_000.0
_PLAYWRIGHT = ROOT / ".cache" / "web"
_PROGRAM = [sys.executable, "-c", "from focusmesh.interface.cli import main; main()"]


def measure(quick: bool) -> Result:
    """A surface in 100³ and a cloud in 1000³; a small surface to see whether it runs."""
    result = Result("grid_view")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None or not (_PLAYWRIGHT / "node_modules" / "playwright-core").exists():
        result.not_run["grid_view"] = "there is no chromium, or tests/interface/web were never run"
        return result
    if quick:
        rows = [_row(chromium, "surface in 40³", 40, _surface(40))]
    else:
        rows = [
            _row(chromium, "surface in 100³", 100, _surface(100)),
            _row(chromium, "heaps in 1000³", 1_000, _cloud(1_000_000)),
        ]
    result.add("The explorer's grid in Chromium, drawn in software, 1280 × 800", rows)
    if not quick:
        rates, whole = (
            [value for row in rows for name, value in row.items() if name.endswith(unit)]
            for unit in ("frames/s", "of it at rest, ms")
        )
        slowest = min(rate for rate in rates if isinstance(rate, float))
        longest = max(time for time in whole if isinstance(time, float))
        what = "frames of the grid while it is turned, 10⁵ and 10⁶ blocks"
        result.targets.append(Target(what, _FRAMES, slowest, "/s", at_least=True))
        what = "all blocks of the grid drawn at rest"
        result.targets.append(Target(what, _WHOLE_MILLISECONDS, longest, "ms"))
    return result


def _row(chromium: str, what: str, side: int, places: NDArray[np.int64]) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "grid")
        kept = create_grid(GridSettings(store=str(path)), (side, side, side))
        kept.grid.array.set_many(places, places[:, 2].astype(float))
        kept.commit("blocks")
        kept.close()
        with _serving(path) as url:
            done = subprocess.run(
                ["node", "--input-type=module", "-", chromium, url],
                cwd=_PLAYWRIGHT,
                input=Path(__file__).with_name("grid_frames.mjs").read_text(),
                capture_output=True,
                text=True,
                check=True,
                timeout=85,
            )
    found: dict[str, float] = json.loads(done.stdout)
    drawn = int(found.pop("points"))
    figures = {name: round(float(value), 1) for name, value in found.items()}
    return {"blocks": what, "active": len(places), "not hidden": drawn, **figures}


@contextmanager
def _serving(path: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [*_PROGRAM, "grid", "serve", str(path), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            subprocess.run([*_PROGRAM, "serve", "--wait", url], check=True, capture_output=True)
            yield url
        finally:
            server.terminate()
            server.wait(30)


def _surface(side: int) -> NDArray[np.int64]:
    """Near a gyroid within a ball: some 10 % of a lattice, each block beside others."""
    places = np.indices((side,) * 3).reshape(3, -1).T
    x, y, z = (places * (2 * np.pi * side / 50 / side)).T
    height = np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x)
    inside = np.linalg.norm(places - side / 2, axis=1) < side * 0.48
    found: NDArray[np.int64] = places[(np.abs(height) < 0.35) & inside]
    return found


def _cloud(count: int) -> NDArray[np.int64]:
    """Loose heaps along a spiral, whose blocks seldom hide one another."""
    chance = np.random.default_rng(11)
    heaps = count // 1_000
    along = chance.random(heaps)
    turn, reach = 22 * along, 60 + 330 * along
    middle = np.stack(
        [500 + reach * np.cos(turn), 500 + reach * np.sin(turn), 120 + 760 * along], 1
    )
    middle += chance.normal(size=(heaps, 3)) * 26 * (0.5 + along)[:, None]
    spread = chance.normal(size=(count, 3)) * 4
    places = np.repeat(middle, count // heaps, axis=0) + spread
    found: NDArray[np.int64] = np.unique(np.clip(places, 0, 999).astype(np.int64), axis=0)
    return found
