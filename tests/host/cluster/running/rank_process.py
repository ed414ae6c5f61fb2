"""One rank as a process: ``python -m …rank_process RANK SIZE ADDRESS WHAT``; a line of JSON for each test."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

import numpy as np

from focusmesh.errors import RankError
from focusmesh.host.cluster.torch_ranks import joined_group
from tests.engine.focus.ranks.exchanging import exchanged

SECONDS = 20.0


def mishap(ranks: Any, what: str) -> Any:
    """The last rank ends, stops, or is slow; the others say what they hear."""
    if ranks.rank == ranks.size - 1:
        if what == "late":
            time.sleep(8)
            return ""
        os.kill(os.getpid(), signal.SIGKILL if what == "killed" else signal.SIGSTOP)
    try:
        ranks.gather(np.ones(1))
    except RankError as error:
        return str(error)
    return ""


def main() -> None:
    rank, size, address, what = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    with joined_group(rank, size, address, SECONDS if what == "killed" else 3.0) as ranks:
        for told in (exchanged(ranks), mishap(ranks, what)):
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()
        # torch.distributed may wait for whoever is gone.
        os._exit(0)


if __name__ == "__main__":
    main()
