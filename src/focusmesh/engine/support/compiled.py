"""The one door to the compiler. Importing this module imports numba, so only ``*_compiled.py`` modules do.

Kernels release the interpreter lock: threads come from focusmesh.engine.support.parallel, not from the compiler.
Machine code is kept beside the source or, where that is read-only, in the user's cache folder. Of processes that want a
kernel at one time one compiles it, and the others wait for what it keeps.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import time
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import numpy as np
from llvmlite import ir
from numba import cfunc, core, njit
from numba import types as kinds
from numba.core import event
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic

from focusmesh.engine.support.compile_events import note_compilation

locking: Any = None
with suppress(ImportError):  # no such locks on Windows
    import fcntl as locking

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "address_of",
    "cgutils",
    "inline",
    "intrinsic",
    "ir",
    "kernel",
    "part",
    "summing",
    "types",
]

cgutils: Any = core.cgutils
types: Any = kinds
"""With ``cgutils``, ``ir`` and ``intrinsic``: what a kernel needs to be written in the compiler's own language."""

_WAIT_SECONDS_MAX = 60.0
_SECONDS_BETWEEN_TRIES = 0.02

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class _Watch(event.Listener):
    """Tells of every kernel that is not found in the cache."""

    def on_start(self, event: Any) -> None:
        note_compilation(event.data["dispatcher"].py_func.__name__)

    def on_end(self, event: Any) -> None:
        pass


event.register("numba:compile", _Watch())  # type: ignore[no-untyped-call]


class _KernelCache(FunctionCache):
    """The kernels of one function on disk. Who finds one missing claims the function until it has kept its own.

    What the compiler asks of a kept kernel is that the function's file is as it was. Here other kernels that its file
    imports have to be as they were too, and constants: their code and their values stand in the kernel.

    A claim is a lock on a file beside the others, which ends with its process at the latest. Where files cannot be
    locked, and after ``_WAIT_SECONDS_MAX``, each process compiles for itself.
    """

    def __init__(self, function: object) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._claim: int | None = None
        self.stamp = self._impl.locator.get_source_stamp(), _imports_of(function)
        self._cache_file._source_stamp = self.stamp

    def load_overload(self, signature: object, target: object) -> object:
        """The kernel, or None where this process is to compile it."""
        found = super().load_overload(signature, target)  # type: ignore[no-untyped-call]
        if found is None and self._claim is None and locking is not None:
            self._claim = _claim(Path(self.cache_path) / f"{self._impl.filename_base}.lock")
            found = super().load_overload(signature, target)  # type: ignore[no-untyped-call]
            if found is not None:
                self._release()
        return found

    def save_overload(self, signature: object, made: object) -> None:
        """Keeps what was compiled."""
        try:
            super().save_overload(signature, made)  # type: ignore[no-untyped-call]
        finally:
            self._release()

    def _release(self) -> None:
        if self._claim is not None:
            # Closing ends the lock, unless a fork has the file open too.
            locking.flock(self._claim, locking.LOCK_UN)
            os.close(self._claim)
            self._claim = None


def _imports_of(function: Any) -> str:
    """A digest of what the function's file has imported that its kernels are made of. O(its globals), once a file."""
    known = _imports.get(function.__module__)
    if known is None:
        made = hashlib.sha256()
        for name, value in sorted(function.__globals__.items()):
            if not name.startswith("__"):
                made.update(f"{name}={_mark(value)};".encode())
        known = _imports[function.__module__] = made.hexdigest()
    return known


_imports: dict[str, str] = {}


def _mark(value: Any) -> str:
    """What tells whether a global is another one than in an earlier process; "" where kernels cannot depend on it."""
    if isinstance(value, Dispatcher):
        kept = getattr(value, "_cache", None)
        return str(kept.stamp if isinstance(kept, _KernelCache) else _file_mark(value.py_func))
    if isinstance(value, ModuleType):
        return _file_mark(value) if value.__name__.startswith("focusmesh.") else ""
    if isinstance(value, tuple):
        return ",".join(map(_mark, value))
    return repr(value) if isinstance(value, int | float | str | np.generic) else ""


def _file_mark(owner: Any) -> str:
    with suppress(OSError, TypeError):
        found = Path(inspect.getfile(owner)).stat()
        return f"{found.st_mtime_ns} {found.st_size}"
    return ""


def _claim(path: Path) -> int | None:
    """Waits until nobody else has the file, and locks it; None where that cannot be, or takes too long."""
    until = time.monotonic() + _WAIT_SECONDS_MAX
    with suppress(OSError):
        opened = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        while time.monotonic() < until:
            try:
                locking.flock(opened, locking.LOCK_EX | locking.LOCK_NB)
            except BlockingIOError:
                time.sleep(_SECONDS_BETWEEN_TRIES)
            except OSError:
                break
            else:
                return opened
        os.close(opened)
    return None


def kernel(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Compile ``function`` when it is first called, for the types it is called with.

    The compiled code is cached on disk, and compiled anew where ``function``'s file has changed, or a kernel or a
    constant that its file imports.
    """
    return _compile(function, reordered=False)


def summing(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A kernel whose float sums the compiler may take in another order, which is what vector instructions need.

    The order it chooses is the same in every call with arrays of one length; it may differ between processors.
    """
    return _compile(function, reordered=True)


def _compile(
    function: Callable[Arguments, Result], *, reordered: bool
) -> Callable[Arguments, Result]:
    freedom = {"reassoc", "nsz", "contract"} if reordered else set()
    compiled = _keep(njit(nogil=True, fastmath=freedom)(function), function)
    return cast("Callable[Arguments, Result]", compiled)


def _keep(compiled: Any, function: object) -> Any:
    """Has its code kept on disk, as ``cache=True`` does, but by those who have a claim."""
    # Where no folder can be written, each process compiles for itself.
    with suppress(RuntimeError):
        compiled._cache = _KernelCache(function)
    return compiled


def inline(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A part of kernels that is written into each of them: for loops where a call would cost more than its work."""
    return cast("Callable[Arguments, Result]", njit(nogil=True, inline="always")(function))


def part(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A kernel whose machine code stands in each that calls it: for what is done in a few instructions, many times."""
    compiled = _keep(njit(nogil=True, forceinline=True)(function), function)
    return cast("Callable[Arguments, Result]", compiled)


def address_of(function: Callable[..., int], count: int) -> int:
    """Where the machine code of ``function`` lies, which takes ``count`` int64 and gives one: it is compiled now.

    The code stays for as long as the process. It may use kernels that are constants to it, and raises nothing.
    """
    made: Any = cfunc(kinds.int64(*[kinds.int64] * count))(function)
    _code.append(made)
    return int(made.address)


_code: list[Any] = []
