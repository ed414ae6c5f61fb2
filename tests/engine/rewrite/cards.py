"""Where tests run the program of cards: on cards that are here, and on this processor, built by a C++ compiler."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.rewrite.bulk.cuda import CudaBoard, CupyCard, source
from focusmesh.engine.rewrite.bulk.wgpu import WgpuBoard
from focusmesh.errors import CardError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.rewrite import Limits
    from focusmesh.engine.rewrite.bulk import BulkProgram
    from focusmesh.engine.rewrite.bulk.rounds import Board

COMPILER = "g++"
_PRELUDE = """
#define DEVICE inline
#define KERNEL
#define RUN_GIVEN const Run
#define THREAD_NUMBER worker_at_hand
static unsigned long long worker_at_hand;
template <class T> static T atomicAdd(T* at, T more) { T old = *at; *at = old + more; return old; }
template <class T> static T atomicOr(T* at, T more) { T old = *at; *at = old | more; return old; }
template <class T> static T atomicCAS(T* at, T one, T two) { T old = *at; if (old == one) *at = two; return old; }
static void __threadfence() {}
"""
_ROUND = """
extern "C" void host_round(Run* run) {
    for (worker_at_hand = 0; worker_at_hand < run->workers; worker_at_hand++) work_round(*run);
}
"""


class Host:
    """One worker after the other, on this processor."""

    def __init__(self, workers: int = 64) -> None:
        self.workers_max = workers
        self.cells_max = 1 << 31
        self._round = _built().host_round

    def array(self, values: Any) -> Any:
        return np.asarray(values)

    def zeros(self, count: int, kind: Any) -> Any:
        return np.zeros(count, dtype=kind)

    def empty(self, count: int, kind: Any) -> Any:
        return np.empty(count, dtype=kind)

    def fetch(self, array: Any) -> Any:
        return array.copy()

    def address(self, array: Any) -> int:
        return int(array.ctypes.data)

    def launch(self, run: Any, workers: int) -> None:
        self._round(ctypes.c_void_p(run.ctypes.data))


@cache
def _built() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        text, library = Path(folder) / "machine.cpp", Path(folder) / "machine.so"
        text.write_text(_PRELUDE + source() + _ROUND)
        command = [COMPILER, "-std=c++17", "-O1", "-shared", "-fPIC", str(text), "-o", str(library)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return ctypes.CDLL(str(library))


def board(name: str) -> Callable[[BulkProgram, Limits], Board] | str:
    """What lays out a run on the device of that name, or why there is none."""
    if name == "host" and not shutil.which(COMPILER):
        return f"no {COMPILER}"
    try:
        if name == "wgpu":
            WgpuBoard.verify()
            return WgpuBoard
        card = Host() if name == "host" else CupyCard()
    except (CardError, MissingExtraError) as error:
        return str(error)
    return lambda program, limits: CudaBoard(program, limits, card)
