"""What a fresh process loads: little, and no compiler for small work."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {"numba", "llvmlite", "scipy", "numpy", "matplotlib", "networkx", "pandas", "typer", "rich"}
IMPORT = "import sys, focusmesh; print(*sys.modules)"
RANK = """
import atexit, pathlib, sys
_, edges, listing = sys.argv
atexit.register(lambda: pathlib.Path(listing).write_text(" ".join(sys.modules)))
from focusmesh.interface.cli import main
sys.argv = ["focusmesh", "rank", "--json", edges]
main()
"""


def fresh(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_import_loads_nothing_heavy_and_says_nothing() -> None:
    done = fresh(IMPORT)
    (loaded,) = done.stdout.splitlines()
    assert "focusmesh.errors" in loaded.split()
    assert not HEAVY & set(loaded.split())
    assert done.stderr == ""


def test_a_heavy_import_would_be_seen() -> None:
    assert "numpy" in fresh(IMPORT.replace("focusmesh", "focusmesh, numpy")).stdout.split()


def test_small_ranks_are_not_compiled(tmp_path: Path) -> None:
    edges = tmp_path / "edges.csv"
    links = "".join(f"p{i % 211},p{i * i % 397}\n" for i in range(1_000))
    edges.write_text(f"source,target\n{links}", encoding="utf-8")
    cache, listing = tmp_path / "numba", tmp_path / "loaded"
    fresh(RANK, str(edges), str(listing), NUMBA_CACHE_DIR=str(cache), HOME=str(tmp_path))
    loaded = listing.read_text(encoding="utf-8").split()
    assert "focusmesh.engine.graph" in loaded
    assert not {"numba", "llvmlite"} & set(loaded)
    assert not cache.exists()


def test_rules_and_operators_load_no_queries() -> None:
    code = "from focusmesh.engine.reasoning import OPERATORS, RuleView; import sys; print(*sys.modules)"
    loaded = fresh(code).stdout.split()
    assert "focusmesh.engine.reasoning.rules" in loaded
    assert not [each for each in loaded if each.startswith("focusmesh.engine.reasoning.query")]
