"""What the machine says of memory: how much is free, how much this process holds; None where it does not say."""

from __future__ import annotations

import contextlib
import ctypes
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MEMINFO = Path("/proc/meminfo")
_STATM = Path("/proc/self/statm")
_GROUPS = (
    # Limit, use, and what of the use can be taken back: control groups of version 2, then 1.
    ("memory.max", "memory.current", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
)
_GROUP_ROOT = Path("/sys/fs/cgroup")


def free_memory_bytes() -> int | None:
    """Memory that this process may still take: of the machine, of its control group, and of its own limit."""
    known = [count for count in (_of_machine(), _of_group(), _of_process()) if count is not None]
    return max(min(known), 0) if known else None


def own_memory_bytes() -> int | None:
    """Memory that is allocated in this process now, mapped files aside; what was freed and kept for later is not.

    Asked of glibc; on other systems None.
    """
    allocated = _allocation_reader()
    return None if allocated is None else int(allocated())


@cache
def _allocation_reader() -> Callable[[], int] | None:
    try:
        mallinfo = ctypes.CDLL(None).mallinfo2
    except (OSError, AttributeError, TypeError):
        return None
    mallinfo.restype = _Mallinfo

    def allocated_bytes() -> int:
        found = mallinfo()
        return int(found.uordblks + found.hblkhd)

    return allocated_bytes


class _Mallinfo(ctypes.Structure):
    """``struct mallinfo2`` of glibc 2.33 and later: ``uordblks`` is in use on heaps, ``hblkhd`` in maps of its own."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


def _of_machine() -> int | None:
    return _field(_MEMINFO, "MemAvailable:", 1024)


def _of_group() -> int | None:
    for limit_name, used_name, cache_name in _GROUPS:
        limit, used = (_number(_GROUP_ROOT / name) for name in (limit_name, used_name))
        if limit is not None and used is not None:
            stat = (_GROUP_ROOT / used_name).with_name("memory.stat")
            return limit - used + (_field(stat, cache_name, 1) or 0)
    return None


def _of_process() -> int | None:
    """What is left of the address space where that is limited (``ulimit -v``)."""
    try:
        import resource
    except ImportError:
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    with contextlib.suppress(OSError, ValueError):
        return limit - int(_STATM.read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return None


def _number(path: Path) -> int | None:
    """The number in a file; None for ``max`` and for a file that is not there."""
    with contextlib.suppress(OSError, ValueError):
        return int(path.read_text())
    return None


def _field(path: Path, name: str, unit: int) -> int | None:
    """The number beside ``name`` in lines of a name and a number."""
    with contextlib.suppress(OSError, ValueError):
        for line in path.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * unit
    return None
