"""The one door to the compiler. Importing this module imports numba, so only ``*_compiled.py`` modules do.

Kernels release the interpreter lock: threads come from focusmesh.engine.parallel, not from the compiler. Machine
code is kept beside the source or, where that is read-only, in the user's cache folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def kernel(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Compile ``function`` when it is first called, for the types it is called with.

    The compiled code is cached on disk, keyed by the source file of ``function`` alone: a kernel that calls one in
    another file is not compiled anew when only that other file changes (``make clean`` forgets all).
    """
    try:
        compiled = njit(nogil=True, cache=True)(function)
    except RuntimeError:
        # No folder can be written, so each process compiles for itself.
        compiled = njit(nogil=True)(function)
    return cast("Callable[Arguments, Result]", compiled)


def inlined(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A part of kernels that is written into each of them: for loops where a call would cost more than its work."""
    return cast("Callable[Arguments, Result]", njit(nogil=True, inline="always")(function))
