"""Compiled kernels are kept between runs, in the user's cache folder: one set for each state of their sources.

The compiler keeps a kernel by the text of its own file. A set is named by all of what kernels are made of, so that one
which calls a kernel of another file is never older than that. Checkouts at one path share sets; a machine that has none
compiles each kernel once, for all its workers. A run that measures its effort is to be as on a machine that has none.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "src"
SETS_MAX = 8
SECONDS_MIN = 86_400
"""A set that was used since is not removed: another run may be using it."""
_IMPORT = re.compile(r"^from (focusmesh[\w.]*) import", re.MULTILINE)


def keep_kernels() -> None:
    """Tell the compiler where to keep kernels, here and in each process begun from here, unless somebody has.

    Where the cache folder cannot be written, the compiler keeps them beside their sources.
    """
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    if "FOCUSMESH_EFFORT" in os.environ:
        os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="focusmesh-kernels-")
        atexit.register(shutil.rmtree, os.environ["NUMBA_CACHE_DIR"], ignore_errors=True)
        return
    folder = kernel_folder(SOURCES)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        os.environ["NUMBA_CACHE_DIR"] = str(folder)
        # A run beside this one may remove the same set first.
        remove_oldest(folder.parent)


def kernel_folder(sources: Path) -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "focusmesh-tests" / "kernels" / digest(sources)


def digest(sources: Path) -> str:
    """Of every file of kernels and of each module that one imports from."""
    kernels = set(sources.rglob("*_compiled.py"))
    names = {name for path in kernels for name in _IMPORT.findall(path.read_text(encoding="utf-8"))}
    modules = {sources.joinpath(*name.split(".")).with_suffix(".py") for name in names}
    made = hashlib.sha256()
    for path in sorted(kernels | {module for module in modules if module.is_file()}):
        made.update(f"{path.relative_to(sources)}\0{path.stat().st_size}\0".encode())
        made.update(path.read_bytes())
    return made.hexdigest()[:24]


def remove_oldest(folder: Path) -> None:
    """Leaves the sets used last, and those used within a day."""
    used = sorted(((path.stat().st_mtime, path) for path in folder.iterdir()), reverse=True)
    for seconds, path in used[SETS_MAX:]:
        if time.time() - seconds > SECONDS_MIN:
            shutil.rmtree(path, ignore_errors=True)
