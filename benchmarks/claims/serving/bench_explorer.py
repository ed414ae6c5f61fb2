"""The explorer: frames a second of the page as it ships, with a whole graph drawn, on a machine that draws in software.

Debian's Chromium with SwiftShader opens the page of ``focusmesh serve``, shows all links of a graph with communities,
and the page counts its frames while the view moves. playwright-core is what tests/interface/web installed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.claims.serving.bench_serve import serving
from benchmarks.data.graphs import ROOT
from benchmarks.harness import Result, Row, Target
from focusmesh import Graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAMES = 20.0
_PARTICLES_A_LINK = 0.5
_PLAYWRIGHT = ROOT / ".cache" / "web"


def measure(quick: bool) -> Result:
    """5,000 links, and beside them 1,500; 500 to see whether it runs."""
    result = Result("explorer")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None or not (_PLAYWRIGHT / "node_modules" / "playwright-core").exists():
        result.not_run["explorer"] = "there is no chromium, or tests/interface/web were never run"
        return result
    rows = [_row(chromium, links) for links in ((500,) if quick else (1_500, 5_000))]
    result.add("The explorer in Chromium, drawn in software, 1280 × 800", rows)
    if not quick:
        slowest = min(value for value in rows[1].values() if isinstance(value, float))
        what = "frames of the explorer while it moves, 5,000 links"
        result.targets.append(Target(what, _FRAMES, slowest, "/s", at_least=True))
    return result


def _row(chromium: str, links: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "graph.focusmesh")
        _graph(links).save(path)
        with serving(path, 1) as url:
            script = Path(__file__).with_name("frames.mjs").read_text()
            done = subprocess.run(
                ["node", "--input-type=module", "-", chromium, url],
                cwd=_PLAYWRIGHT,
                input=script,
                capture_output=True,
                text=True,
                check=True,
                timeout=85,
            )
    found = json.loads(done.stdout)
    drawn = found.pop("drawn").partition(",")
    return {
        "particles drawn": _count(drawn[0]),
        "links drawn": _count(drawn[2]),
        **{f"{way}, frames/s": round(rate, 1) for way, rate in found.items()},
    }


def _count(text: str) -> int:
    return int("".join(letter for letter in text if letter.isdecimal()))


def _graph(links: int) -> Graph:
    """Communities, with seven links of eight inside one; some particles have many."""
    chance, count = np.random.default_rng(8), int(links * _PARTICLES_A_LINK)
    communities, drawn = max(4, int(count**0.5) // 4), 2 * links
    source = chance.integers(0, count, drawn)
    near = (source + communities * _few(chance, count // communities, drawn)) % count
    target = np.where(chance.random(drawn) < 7 / 8, near, _few(chance, count, drawn))
    pairs = np.unique(np.stack([source, target], 1)[source != target], axis=0)
    ends = [[f"note {at}" for at in side] for side in chance.permutation(pairs)[:links].T]
    relation = chance.choice(["cites", "extends", "is part of"], len(ends[0])).tolist()
    sources, targets = ends
    return Graph.from_edges(sources, targets, relation=relation)


def _few(chance: np.random.Generator, count: int, size: int) -> NDArray[np.int64]:
    """Numbers below ``count``, small ones more often."""
    return (chance.random(size) ** 3 * count).astype(np.int64)
