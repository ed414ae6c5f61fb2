"""Operations are read in several threads of a process that has read none yet."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys, threading
from focusmesh.host.storage.ledger_folder import operations
sys.setswitchinterval(1e-6)
registry, barrier, found = operations(), threading.Barrier(4), []

def read():
    barrier.wait()
    found.append(registry.read([["burn/1", 5]]))

threads = [threading.Thread(target=read) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(found) == 4
"""


def test_the_first_operations_may_be_read_in_several_threads() -> None:
    """msgspec compiles a form at its first use; where threads did that together, two processes of three died."""
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", PROGRAM], check=False, timeout=60)
        assert done.returncode == 0
