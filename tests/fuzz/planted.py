"""A reader with a fault of its own, fuzzed as others are: ``python -m tests.fuzz.planted FAULT FOLDER``."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from tests.fuzz.fuzzing import fuzz
from tests.fuzz.target import Target

RUNS = 20_000


def planted(fault: str) -> Target:
    """A reader of ``F``, a length and that many bytes; what has at least three of them meets the fault."""

    def check(data: bytes) -> bool:
        if data[:1] != b"F" or len(data) < 2:
            return False
        if data[1] == len(data) - 2 and len(data) > 4:
            _fail(fault, data)
        return True

    return Target(check, lambda: [b"F\0", b"F\x01x"])


def _fail(fault: str, data: bytes) -> None:
    if fault == "exception":
        raise IndexError(data[-1])
    if fault == "wrong":
        assert data == b""
    if fault == "bomb":
        # A million objects of seventy bytes: far below what the process may take.
        [{} for _ in range(1 << 20)]
    if fault == "time":
        begun = time.process_time()
        while time.process_time() < begun + 3:
            pass
    if fault == "memory":
        bytearray(1 << 31)
    if fault == "crash":
        os.abort()


def main(fault: str, folder: Path) -> None:
    """Prints what came of it."""
    target, seeds = planted(fault), folder / "seeds"
    seeds.mkdir()
    for number, seed in enumerate(target.seeds()):
        (seeds / str(number)).write_bytes(seed)
    fuzzed = fuzz("planted", target, folder, [f"-runs={RUNS}", "-seed=3"])
    sys.stdout.write(json.dumps(asdict(fuzzed), default=str))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
