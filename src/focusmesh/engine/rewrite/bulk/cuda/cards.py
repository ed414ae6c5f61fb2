"""The card at hand, through CuPy: memory, the kernel compiled for it, launches."""

from __future__ import annotations

from functools import cache
from typing import Any

from focusmesh.engine.rewrite.bulk.cuda.board import source
from focusmesh.errors import CardError, MissingExtraError

PRELUDE = """
#define DEVICE __device__ __forceinline__
#define KERNEL __global__ __launch_bounds__(128, 8)
#define RUN_GIVEN const __grid_constant__ Run
#define THREAD_NUMBER ((u64)blockIdx.x * blockDim.x + threadIdx.x)
"""
OPTIONS = ("-std=c++17",)
_THREADS = 128
_BLOCKS_A_PROCESSOR = 8
_CELL_BYTES = 8


def cupy() -> Any:
    """CuPy; raises MissingExtraError without it."""
    try:
        import cupy
    except ImportError as error:
        raise MissingExtraError("cuda", "rewriting on an NVIDIA card") from error
    return cupy


@cache
def _kernel(card: int) -> Any:
    """The kernel for the card of that number; compiled once a process, in seconds where no cache has it."""
    with cupy().cuda.Device(card):
        module = cupy().RawModule(code=PRELUDE + source(), options=OPTIONS)
        return module.get_function("work_round")


class CupyCard:
    """The NVIDIA card that is current, as ``Device``. Raises MissingExtraError, CardError where there is none."""

    def __init__(self) -> None:
        runtime = cupy().cuda.runtime
        try:
            card = runtime.getDevice()
            processors = runtime.getDeviceProperties(card)["multiProcessorCount"]
        except runtime.CUDARuntimeError as error:
            raise CardError(f'the NVIDIA driver does not answer: {error}; use "bulk"') from error
        self._launch = _kernel(card)
        self.cells_max = cupy().cuda.runtime.memGetInfo()[1] // _CELL_BYTES
        self.workers_max = _THREADS * _BLOCKS_A_PROCESSOR * processors

    def attributes(self) -> dict[str, int]:
        """What the compiler made of the kernel: registers and bytes of local memory of a thread."""
        kernel = self._launch
        return {"registers": kernel.num_regs, "local_bytes": kernel.local_size_bytes}

    def array(self, values: Any) -> Any:
        return cupy().asarray(values)

    def zeros(self, count: int, kind: Any) -> Any:
        return cupy().zeros(count, dtype=kind)

    def empty(self, count: int, kind: Any) -> Any:
        return cupy().empty(count, dtype=kind)

    def fetch(self, array: Any) -> Any:
        return array.get()

    def address(self, array: Any) -> int:
        return int(array.data.ptr)

    def launch(self, run: Any, workers: int) -> None:
        self._launch((-(-workers // _THREADS),), (_THREADS,), (run,))
