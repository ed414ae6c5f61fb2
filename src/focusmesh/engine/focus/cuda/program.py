"""The CUDA program: its sources, compiled for the card at hand, and launches of its kernels."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.errors import MissingExtraError

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.reduction import Reduction

SOURCES = (
    "rows.cu",
    "vectors.cu",
    "edits.cu",
    "mixing.cu",
    "correcting.cu",
    "integers.cu",
    "contexts.cu",
)
"""In this order: each uses what stands in those before it."""
_REALS = ("float", "double", "float2")
INSTANCES = (
    *(f"sums<{value}, {weight}>" for value in _REALS for weight in ("float", "double")),
    *(f"apart_sums<{value}>" for value in _REALS),
    *(f"fold<{value}>" for value in (*_REALS, "u64")),
    *(
        f"{kernel}<{weight}>"
        for kernel in ("fill_slices", "fill_pieces")
        for weight in ("unsigned", "float", "double")
    ),
    *(
        f"{kernel}<{weight}>"
        for kernel in ("add_weights", "row_totals", "push_contexts")
        for weight in ("float", "double")
    ),
    *(
        f"{kernel}<{value}>"
        for kernel in ("record", "move", "retreat")
        for value in ("float", "double")
    ),
)
"""Instances of template kernels that are compiled."""
OPTIONS = ("-std=c++17",)
BLOCKS = 1056
"""Blocks of every sweep over a vector, whatever the card: its partial sums are then the same everywhere."""
THREADS = 256
_SUMS_THREADS = 1024
_KINDS = 8


def source() -> str:
    """The whole program."""
    folder = files(__package__) / "source"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in SOURCES)


def cupy() -> Any:
    """CuPy; raises MissingExtraError without it."""
    try:
        import cupy
    except ImportError as error:
        raise MissingExtraError("cuda", "focus on an NVIDIA card") from error
    return cupy


def struct(fields: Any, **values: Any) -> Any:
    """A struct that is handed to a kernel by value; arrays of the card by their address."""
    made = np.zeros((), dtype=np.dtype(list(fields), align=True))
    for name, value in values.items():
        on_card = hasattr(value, "data") and hasattr(value.data, "ptr")
        made[name] = value.data.ptr if on_card else value
    return made


class CudaProgram:
    """The kernels by name, on one card."""

    def __init__(self) -> None:
        self._module = cupy().RawModule(code=source(), options=OPTIONS, name_expressions=INSTANCES)
        self._kernels: dict[str, Any] = {}

    def kernel(self, name: str) -> Any:
        """A kernel: a name, with its type in angle brackets where it is a template."""
        if name not in self._kernels:
            self._kernels[name] = self._module.get_function(name)
        return self._kernels[name]

    def sweep(self, name: str, *arguments: Any) -> None:
        """Launches a kernel that goes over vectors of particles."""
        self.kernel(name)((BLOCKS,), (THREADS,), arguments)


class CudaSums:
    """Where sweeps leave their partial sums, and the totals that are made of them."""

    def __init__(self, program: CudaProgram, reduction: Reduction) -> None:
        self._program, self._reduction = program, reduction
        self.partial = cupy().empty(_KINDS * BLOCKS)

    def total(self, kinds: int) -> Any:
        """The totals of the sweep launched last, on the card: float64 (kinds,)."""
        cp, sums = cupy(), cupy().empty(kinds)
        kernel = self._program.kernel("total")
        kernel((1,), (_SUMS_THREADS,), (self.partial, cp.int32(BLOCKS), cp.int32(kinds), sums))
        return self._reduction.card_totals(sums)


@cache
def program_of(card: int) -> CudaProgram:
    """The program for the card of that number; compiled once a process, a second or two where no cache has it."""
    with cupy().cuda.Device(card):
        return CudaProgram()


def current() -> CudaProgram:
    """The program for the current card."""
    return program_of(cupy().cuda.runtime.getDevice())
