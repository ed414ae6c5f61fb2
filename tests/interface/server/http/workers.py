"""The processes that answer, behind the one that watches."""

from __future__ import annotations

import re
from pathlib import Path


def resident_bytes(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1_024


def worker_of(watching: int) -> int:
    """The process id of the worker that a server has."""
    children = Path(f"/proc/{watching}/task/{watching}/children").read_text(encoding="ascii")
    sizes = {resident_bytes(int(child)): int(child) for child in children.split()}
    return sizes[max(sizes)]
