"""``python -m tests.soak --seconds 3600``: four validators under attack; exits with 1 where something did not hold."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from focusmesh.host.localnet import NetFolder
from tests.soak.attackers import EVERY
from tests.soak.localnet import soak

parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
parser.add_argument("--seconds", type=float, default=3_600.0, help="how long they attack (3600)")
parser.add_argument("--attackers", default=",".join(EVERY), help=f"which: {', '.join(EVERY)}")
parser.add_argument("--seed", type=int, default=1, help="what is drawn (1)")
parser.add_argument(
    "--bomb-bytes", type=int, default=19_900_000, help="the body of a bomb (19900000)"
)
parser.add_argument(
    "--memory-mib", type=float, default=1_024.0, help="most a process may ever have (1024)"
)
parser.add_argument(
    "--folder", type=Path, help="where the network lies and stays (a folder that goes)"
)
arguments = parser.parse_args()
# Whoever ends this ends the network as well.
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
names = [name for name in arguments.attackers.split(",") if name]
unknown = sorted(set(names) - set(EVERY))
if unknown:
    parser.error(f"--attackers: {', '.join(unknown)}: there are {', '.join(EVERY)}")
with tempfile.TemporaryDirectory() as folder:
    found = soak(
        NetFolder((arguments.folder or Path(folder)) / "localnet"),
        arguments.seconds,
        names,
        arguments.seed,
        arguments.bomb_bytes,
    )
told = asdict(found) | {
    "lost": len(found.lost),
    "memory_mib": max(found.memory_mib.values(), default=0),
}
sys.stdout.write(json.dumps(told, indent=2) + "\n")
found.verify(arguments.memory_mib)
