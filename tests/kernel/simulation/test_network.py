"""Whole networks: every fault strikes, every invariant is looked at, and one seed gives one trace in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from itertools import zip_longest

import pytest

from focusmesh.errors import ParameterError, SimulationError
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.kernel.simulation import KINDS, NetworkRun, Schedule, SimulatedNetwork, draw_schedule
from tests.conftest import IMPORT_PATH, ROOT

SEED = 3
FEW = range(10, 16)
SOAK_SEEDS = range(1_000, 1_100)
INVARIANTS = {
    *("contents are everywhere", "focus is within its bound", "good signals do what they say"),
    *("nobody is stuck", "nothing is lost", "one block a height", "proofs verify"),
    *("roots are those of the leaves", "signals are their neurons'", "signals stand once"),
    *("supply is conserved", "what is acknowledged is in a block"),
}
PROGRAM = """
import sys
from tests.kernel.simulation.test_network import room

sys.stdout.buffer.write(room(int(sys.argv[1])).trace)
"""


def room(seed: int, nodes: int = 4, blocks: int = 12) -> NetworkRun:
    return SimulatedNetwork(draw_schedule(seed, nodes, blocks, KINDS), operations()).run()


def first_difference(one: bytes, other: bytes) -> tuple[bytes | None, bytes | None] | None:
    pairs = zip_longest(one.splitlines(), other.splitlines())
    return next((pair for pair in pairs if pair[0] != pair[1]), None)


def elsewhere(seed: int) -> bytes:
    """The trace of a seed in another process, where text and bytes hash otherwise."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(seed)],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": IMPORT_PATH},
        capture_output=True,
        check=True,
        timeout=300,
    )
    return done.stdout


def test_one_seed_gives_one_trace() -> None:
    run = room(SEED)
    assert first_difference(run.trace, elsewhere(SEED)) is None
    assert run.height >= 12
    assert first_difference(run.trace, room(SEED + 1, blocks=4).trace) is not None


def test_every_invariant_is_looked_at() -> None:
    assert set(room(SEED, blocks=6).checked) == INVARIANTS


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fault_strikes(kind: str) -> None:
    """Of a few short runs with no other kind, one has it; and it breaks nothing."""
    for seed in FEW:
        faults = SimulatedNetwork(draw_schedule(seed, 3, 4, [kind]), operations()).run().faults
        assert set(faults) <= {kind, "forged body"} | (
            {"partition"} if "partition" in kind else set()
        )
        if faults[kind]:
            return
    pytest.fail(f"no seed of {list(FEW)} has {kind}")


def test_a_network_of_one_and_one_without_faults() -> None:
    run = SimulatedNetwork(draw_schedule(1, 1, 3, KINDS), operations()).run()
    assert run.height >= 3
    calm = SimulatedNetwork(Schedule(1, 4, 3), operations()).run()
    assert not calm.faults
    assert calm.seconds < 10


def test_a_schedule_that_cannot_be_is_refused() -> None:
    with pytest.raises(ParameterError, match="1 to 64"):
        SimulatedNetwork(Schedule(1, 65, 3), operations())


def test_errors_name_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = SimulatedNetwork(draw_schedule(1, 2, 2, ()), operations())
    made.invariants.height = 1 << 60
    with pytest.raises(SimulationError, match="seed 1: nobody is stuck") as found:
        made.run()
    assert found.value.code == "nobody is stuck"


@pytest.mark.soak
def test_every_kind_strikes_in_a_hundred_seeds() -> None:
    faults: Counter[str] = Counter()
    for seed in SOAK_SEEDS:
        faults += room(seed, blocks=30).faults
    assert set(faults) == {*KINDS, "forged body"}


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2_000, 2_020))
def test_seven_nodes(seed: int) -> None:
    assert room(seed, nodes=7, blocks=30).height >= 30
