"""Where compiled kernels are kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import focusmesh

PROBE = """
from probe_compiled import double
assert double(21) == 42
print(double.stats.cache_path)
"""
KERNEL = """
from focusmesh.engine.support.compiled import kernel

@kernel
def double(value):
    return value + value
"""


def run_probe(folder: Path, **environment: str) -> str:
    """What a fresh process prints that imports a kernel from ``folder`` and calls it."""
    (folder / "probe_compiled.py").write_text(KERNEL, encoding="utf-8")
    sources = str(Path(focusmesh.__file__).parents[1])
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", PROBE],
        env={**kept, **environment, "PYTHONPATH": os.pathsep.join([str(folder), sources])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def block(folder: Path) -> None:
    """Make it impossible, even for root, to create ``folder/__pycache__``."""
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)
    (folder / "__pycache__").write_text("a file where the folder would be", encoding="utf-8")


def test_a_kernel_is_kept_beside_its_source(tmp_path: Path) -> None:
    run_probe(tmp_path)
    assert list((tmp_path / "__pycache__").glob("probe_compiled.double*.nbi"))


def test_a_read_only_install_keeps_kernels_in_the_cache_folder(tmp_path: Path) -> None:
    install, cache = tmp_path / "install", tmp_path / "cache"
    install.mkdir()
    block(install)
    run_probe(install, XDG_CACHE_HOME=str(cache), HOME=str(tmp_path))
    assert list(cache.rglob("probe_compiled.double*.nbi"))


def test_a_kernel_runs_where_nothing_can_be_written(tmp_path: Path) -> None:
    block(tmp_path)
    nowhere = str(tmp_path / "__pycache__" / "cache")
    assert run_probe(tmp_path, XDG_CACHE_HOME=nowhere, HOME=nowhere).strip() == "None"
