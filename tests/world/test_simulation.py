"""A thousand random signals on lines and disks that fail: equal seeds give equal bytes, and every invariant holds.

What is checked after every block is in judge.py, what goes wrong in sim.py, what is signed in crowd.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from focusmesh.apps.changes import CHANGE_OPERATIONS, ProposeAnyChange, ShowStatement
from focusmesh.apps.delegation import DELEGATION_OPERATIONS
from focusmesh.apps.validators import PENALTY_OPERATIONS, VALIDATOR_OPERATIONS
from focusmesh.host.storage.ledger_folder import operations
from tests.conftest import IMPORT_PATH, ROOT
from tests.world.sim import DISK_FULL, FAULTS, KILLED_BEFORE, KILLED_BEHIND
from tests.world.simulation import Run, Simulation, simulate

if TYPE_CHECKING:
    from pathlib import Path

SEED, OTHER = 6, 2
SOAK_SEEDS = range(100, 140)
OF_VALIDATORS = (
    *VALIDATOR_OPERATIONS,
    *PENALTY_OPERATIONS,
    *CHANGE_OPERATIONS,
    *(ProposeAnyChange, ShowStatement),
    *DELEGATION_OPERATIONS,
)
"""What a ledger of one key does not do here."""
CODES = {
    *("ok", "absent", "account", "amount", "balance", "bandwidth", "content", "expired", "history"),
    *("key", "malformed", "network", "nonce", "operation", "owner", "permission", "rotated"),
    *("self-link", "signature", "size", "stake", "supply", "tip"),
    *("fuel", "links", "number", "program", "value"),
    *("round", "running", "taken"),
}
"""Every code that a signal can have in a block or out of it, but for what takes long: memory, and a crowded block."""
PROGRAM = """
import sys
from tests.world.simulation import simulate

sys.stdout.buffer.write(simulate(int(sys.argv[1]), signals=300).trace)
"""


@pytest.fixture(scope="module")
def run() -> Run:
    return simulate(SEED)


def elsewhere(seed: int) -> bytes:
    """The trace of a seed in another process, where text and bytes hash otherwise."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(seed)],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": IMPORT_PATH},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def difference(one: bytes, other: bytes) -> tuple[bytes, bytes] | None:
    """The first line in which two traces differ."""
    lines = one.splitlines(), other.splitlines()
    pairs = zip(*([*each, b"(the end)"] for each in lines), strict=False)
    return next((pair for pair in pairs if pair[0] != pair[1]), None)


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert difference(simulate(OTHER, signals=300).trace, elsewhere(OTHER)) is None


def test_another_seed_gives_others(run: Run) -> None:
    assert difference(run.trace, simulate(OTHER, signals=60).trace) is not None
    assert difference(b"a\nb\nc", b"a\nx\nc") == (b"b", b"x")
    assert difference(b"a\nb", b"a") == (b"b", b"(the end)")


def test_stores_on_disk_make_the_same_blocks(tmp_path: Path) -> None:
    here = simulate(OTHER, signals=300)
    assert difference(here.trace, simulate(OTHER, 300, tmp_path).trace) is None
    assert here.faults.keys() >= {DISK_FULL, KILLED_BEFORE, KILLED_BEHIND}


def test_everything_that_can_happen_did(run: Run) -> None:
    kinds = {kind.__name__ for kind, _ in Simulation(SEED).crowd.mind}
    assert set(run.kinds) == kinds
    assert run.kinds.total() == 1_000
    assert set(run.codes) == CODES
    assert set(run.done) == set(operations().names) - {each.name() for each in OF_VALIDATORS}
    assert set(run.faults) == FAULTS
    assert run.height >= 50


@pytest.mark.soak
@pytest.mark.parametrize("seed", SOAK_SEEDS)
def test_many_seeds(seed: int) -> None:
    run = simulate(seed)
    assert run.height >= 30
    assert difference(run.trace, elsewhere(seed)) is None
