"""The one door to the compiler. Importing this module imports numba, so only ``*_compiled.py`` modules do.

Kernels release the interpreter lock: threads come from focusmesh.engine.support.parallel, not from the compiler.
Machine code is kept beside the source or, where that is read-only, in the user's cache folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from llvmlite import ir
from numba import cfunc, core, njit
from numba import types as kinds
from numba.core import event
from numba.extending import intrinsic

from focusmesh.engine.support.compile_events import note_compilation

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

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class _Watch(event.Listener):
    """Tells of every kernel that is not found in the cache."""

    def on_start(self, event: Any) -> None:
        note_compilation(event.data["dispatcher"].py_func.__name__)

    def on_end(self, event: Any) -> None:
        pass


event.register("numba:compile", _Watch())  # type: ignore[no-untyped-call]


def kernel(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Compile ``function`` when it is first called, for the types it is called with.

    The compiled code is cached on disk, keyed by the source file of ``function`` alone: a kernel that calls one in
    another file is not compiled anew when only that other file changes (``make clean`` forgets all).
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
    try:
        compiled = njit(nogil=True, cache=True, fastmath=freedom)(function)
    except RuntimeError:
        # No folder can be written, so each process compiles for itself.
        compiled = njit(nogil=True, fastmath=freedom)(function)
    return cast("Callable[Arguments, Result]", compiled)


def inline(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A part of kernels that is written into each of them: for loops where a call would cost more than its work."""
    return cast("Callable[Arguments, Result]", njit(nogil=True, inline="always")(function))


def part(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A kernel whose machine code stands in each that calls it: for what is done in a few instructions, many times."""
    try:
        compiled = njit(nogil=True, cache=True, forceinline=True)(function)
    except RuntimeError:
        compiled = njit(nogil=True, forceinline=True)(function)
    return cast("Callable[Arguments, Result]", compiled)


def address_of(function: Callable[..., int], count: int) -> int:
    """Where the machine code of ``function`` lies, which takes ``count`` int64 and gives one: it is compiled now.

    The code stays for as long as the process. It may use kernels that are constants to it, and raises nothing.
    """
    made: Any = cfunc(kinds.int64(*[kinds.int64] * count))(function)
    _kept.append(made)
    return int(made.address)


_kept: list[Any] = []
