"""Where compiled kernels are kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import focusmesh

if TYPE_CHECKING:
    from tests.conftest import Needs

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

SLOW_KERNEL = KERNEL.replace(
    "    return",
    "".join(f"    value = value * {one} + value % {one + 1}\n" for one in range(1, 100))
    + "    return",
)
"""It takes a while to compile."""
COUNTED = """
import sys
from focusmesh.engine.support import compiled
from focusmesh.engine.support.compile_events import count_compilations
from probe_compiled import double
if sys.argv[1] == "alone":
    compiled.locking = None

    class Met(compiled._KernelCache):
        def save_overload(self, signature, made):
            print("compiled", flush=True)
            sys.stdin.readline()
            super().save_overload(signature, made)

    double._cache = Met(double.py_func)
print("ready", flush=True)
sys.stdin.readline()
with count_compilations() as found:
    double(21)
print(found.count)
"""


def run_probe(folder: Path, **environment: str) -> str:
    """What a fresh process prints that imports a kernel from ``folder`` and calls it."""
    (folder / "probe_compiled.py").write_text(KERNEL, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", PROBE],
        env=reaching(folder) | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def reaching(folder: Path) -> dict[str, str]:
    """The environment of a process that finds modules in ``folder`` and keeps kernels where they belong."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    sources = str(Path(focusmesh.__file__).parents[1])
    return {**kept, "PYTHONPATH": os.pathsep.join([str(folder), sources])}


def compiled_by_two(folder: Path, how: str) -> list[int]:
    """How many kernels each of two processes compiles that begin to want the same one at the same time.

    "alone": nobody keeps a kernel before both have compiled it, on however busy a machine.
    """
    (folder / "probe_compiled.py").write_text(SLOW_KERNEL, encoding="utf-8")
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", COUNTED, how],
            env=reaching(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in begun:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    tell_all(begun)
    if how == "alone":
        for process in begun:
            assert process.stdout is not None
            assert process.stdout.readline() == "compiled\n"
        tell_all(begun)
    return [int(process.communicate(timeout=100)[0]) for process in begun]


def tell_all(begun: list[subprocess.Popen[str]]) -> None:
    """Lets processes go on that wait for a line."""
    for process in begun:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()


INNER = """
from focusmesh.engine.support.compiled import {how}

@{how}
def inner(value):
    return value * {factor}
"""
OUTER = """
from focusmesh.engine.support.compiled import kernel
from inner_compiled import inner
from scale import SCALE

@kernel
def outer(value):
    return SCALE * inner(value)
"""
COUNT_OUTER = """
import sys
from focusmesh.engine.support import compiled
from focusmesh.engine.support.compile_events import count_compilations
if sys.argv[1:] == ["as numba"]:
    compiled._imports_of = lambda function: ""
from outer_compiled import outer
with count_compilations() as found:
    print(outer(1), found.count)
"""


def outer_says(
    folder: Path, scale: int, factor: int, how: str = "kernel", *, keeps: str = ""
) -> tuple[int, bool]:
    """What a kernel gives that multiplies a constant and a kernel of other files; whether it was compiled."""
    parts = {
        "scale": f"SCALE = {scale}",
        "inner_compiled": INNER.format(how=how, factor=factor),
        "outer_compiled": OUTER,
    }
    for name, text in parts.items():
        path = folder / f"{name}.py"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-B", "-c", COUNT_OUTER, *([keeps] if keeps else [])],
        env=reaching(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    found, compiled = map(int, done.stdout.split())
    return found, compiled > 0


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


def test_of_two_processes_that_want_a_kernel_one_compiles_it(tmp_path: Path, needs: Needs) -> None:
    needs("fcntl")
    assert sorted(compiled_by_two(tmp_path, "together")) == [0, 1]


def test_twin_without_claims_both_compile_it(tmp_path: Path) -> None:
    assert compiled_by_two(tmp_path, "alone") == [1, 1]


@pytest.mark.parametrize("how", ["kernel", "part", "inline"])
def test_a_kept_kernel_is_as_new_as_what_its_file_imports(tmp_path: Path, how: str) -> None:
    assert outer_says(tmp_path, 1, 2, how) == (2, True)
    assert outer_says(tmp_path, 1, 2, how) == (2, False)
    assert outer_says(tmp_path, 1, 3, how) == (3, True)
    assert outer_says(tmp_path, 5, 3, how) == (15, True)
    assert outer_says(tmp_path, 5, 3, how) == (15, False)


def test_twin_that_is_keyed_by_its_own_file_is_stale(tmp_path: Path) -> None:
    assert outer_says(tmp_path, 1, 2, keeps="as numba") == (2, True)
    assert outer_says(tmp_path, 7, 3, keeps="as numba")[0] == 2
