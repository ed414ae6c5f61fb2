"""Networks of validators: with under a third failing, one block a height is decided, and all signals are in blocks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import SimulationError
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.kernel.block import validation as checking
from focusmesh.kernel.block.chain import chain
from focusmesh.kernel.consensus import ValidatorSet
from focusmesh.kernel.consensus.simplex.round_votes import RoundVoting
from focusmesh.kernel.node import AgreementSettings, ReplicaSettings
from focusmesh.kernel.node.voting.vote_records import VoteLog
from focusmesh.kernel.runtime import Runtime, execution
from focusmesh.kernel.simulation import (
    KINDS,
    Fault,
    NetworkRun,
    Schedule,
    SimulatedNetwork,
    draw_schedule,
    kinds_of,
    machine,
)
from focusmesh.kernel.simulation import (
    network as room,
)
from focusmesh.kernel.state import first_key, read_bond
from tests.conftest import IMPORT_PATH, ROOT
from tests.kernel.simulation.test_network import INVARIANTS, first_difference

if TYPE_CHECKING:
    from collections.abc import Callable

    Patch = pytest.MonkeyPatch

VOTED = INVARIANTS | {
    *("decisions are of a quorum", "nobody votes twice", "one decision a height"),
    "what is final has a decision",
}
SOAK_SEEDS = range(3_000, 3_100)
PROGRAM = """
import sys
from tests.kernel.simulation.test_agreed_network import agreed

sys.stdout.buffer.write(agreed(int(sys.argv[1])).trace)
"""


def agreed(
    seed: int, nodes: int = 4, blocks: int = 5, kinds: str = "all", by: str = "quorum"
) -> NetworkRun:
    schedule = draw_schedule(seed, nodes, blocks, kinds_of(kinds))
    return SimulatedNetwork(schedule, operations(), kind=by).run()


def test_one_seed_gives_one_trace() -> None:
    run = agreed(4)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "4"],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": IMPORT_PATH},
        capture_output=True,
        check=True,
        timeout=300,
    )
    assert first_difference(run.trace, done.stdout) is None
    assert set(run.checked) == VOTED
    assert run.height >= 5


BOTH = pytest.mark.parametrize("by", ["quorum", "snowman"])


@BOTH
@pytest.mark.parametrize("kinds", ["net", "disk", "process"])
def test_four_validators_bear_what_befalls_one_of_them(kinds: str, by: str) -> None:
    run = agreed({"net": 1, "disk": 5, "process": 2}[kinds], kinds=kinds, by=by)
    assert run.height >= 5
    assert set(run.checked) == VOTED
    assert set(run.faults) <= set(kinds_of(kinds)) | {"partition"}
    assert run.faults


@BOTH
def test_seven_validators(by: str) -> None:
    assert agreed(1, nodes=7, blocks=3, kinds="net,process", by=by).height >= 3


def test_a_calm_network_decides_at_once() -> None:
    calm = SimulatedNetwork(Schedule(2, 4, 3), operations(), kind="quorum").run()
    assert not calm.faults
    assert calm.seconds < 10


@BOTH
def test_stages_add_up_to_what_users_wait(by: str) -> None:
    """Each node counts its own users' signals; those that came by another validator's batch have no stages."""
    made = SimulatedNetwork(Schedule(2, 4, 5), operations(), kind=by)
    made.run()
    staged = 0
    for each in made.machines:
        assert each.replica is not None
        assert each.replica.deciding is not None
        finality = each.replica.deciding.finality
        counts = {sum(waits.counts) for waits in finality.stages.values()}
        assert len(counts) == 1, "a signal passes all stages, or none is counted"
        passed, whole = counts.pop(), sum(finality.whole.counts)
        assert passed <= whole
        seconds = sum(waits.seconds for waits in finality.stages.values())
        assert seconds <= finality.whole.seconds + 1e-6
        if passed == whole:
            assert seconds == pytest.approx(finality.whole.seconds, abs=1e-3 * (whole + 1))
        staged += passed
    assert staged > 0


@pytest.mark.parametrize(("by", "blocks"), [("quorum", 6), ("snowman", 12)])
def test_who_votes_twice_is_accused_and_loses_its_bond(by: str, blocks: int) -> None:
    """Two machines with one key: each of the others can prove it, and a block takes the bond."""
    made = SimulatedNetwork(Schedule(7, 4, blocks), operations(), kind=by, twin=2)
    twice = made.machines[2]._validator
    assert twice is not None
    made.run()
    for honest in made.machines[:2]:
        assert honest.replica is not None
        assert honest.replica.agreeing is not None
        assert set(honest.replica.agreeing.accusing.guilty) == {twice.public}
        get = honest.replica.chain.state.get
        bond = read_bond(get, first_key(get, twice.public))
        assert bond is not None
        assert not bond.is_electable
        # In a network that can change one of four loses three quarters, before all.
        assert bond.tombstoned != honest.replica.chain.parameters.can_change


def test_a_validator_without_its_pledges_waits_for_the_next_epoch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may have voted in this one; only who is told that it did not votes at once."""
    fault = Fault(0, "disk lost", at_ms=3_000, lasting_ms=500, nodes=(1,), strength=1.0)
    for forgets in (False, True):
        settings = ReplicaSettings(look_s=0.2, agreement=AgreementSettings(forgets=forgets))
        monkeypatch.setattr(machine, "_SETTINGS", settings)
        made = SimulatedNetwork(Schedule(3, 4, 8, (fault,)), operations(), kind="quorum")
        assert made.genesis.parameters.required_agreement.epoch_blocks == 1_000
        made.run()
        replica = made.machines[1].replica
        assert replica is not None
        assert replica.agreeing is not None
        assert replica.agreeing.status().votes == forgets
        assert ("no vote records" in replica.status().trouble) != forgets


# Must-fail twins: with any one rule switched off, some seed shows what fell.


def forgotten_pledges(patch: Patch) -> None:
    patch.setattr(VoteLog, "vote_records", lambda self, epoch: [])


def finalised_time_outs(patch: Patch) -> None:
    patch.setattr(RoundVoting, "_may_finalise", lambda self, view: True)


def half_is_enough(patch: Patch) -> None:
    made = ValidatorSet.__init__

    def lax(self: ValidatorSet, weights: Any) -> None:
        made(self, weights)
        self.quorum = self.total // 3 + 1

    patch.setattr(ValidatorSet, "__init__", lax)


def any_block_is_good(patch: Patch) -> None:
    """Whoever carries out forgets the tips, and compares nothing."""
    execute = Runtime.execute

    def unpaid(self: Runtime, *given: Any, **more: Any) -> Any:
        with pytest.MonkeyPatch.context() as within:
            within.setattr(execution, "_pay", lambda working, tips: None)
            return execute(self, *given, **more)

    patch.setattr(Runtime, "execute", unpaid)
    for module in (chain, checking):
        patch.setattr(module, "check_same", lambda *given: None)


FOUND: dict[Callable[[Patch], None], tuple[str, str]] = {
    forgotten_pledges: ("process,net", "nobody votes twice|one block a height|nobody is stuck"),
    finalised_time_outs: ("net,pause", "nobody votes twice|one block a height"),
    half_is_enough: ("partition", "decisions are of a quorum|one block a height"),
    any_block_is_good: ("pause", "roots are those of the leaves"),
}


FIRST: dict[Callable[[Patch], None], int] = {
    any_block_is_good: 4,
    finalised_time_outs: 16,
    forgotten_pledges: 7,
}
"""Seeds begin where something is soon found, to save time."""


def first_broken(kinds: str, first: int) -> SimulationError | None:
    for seed in range(first, first + 15):
        try:
            agreed(seed, blocks=6, kinds=kinds)
        except SimulationError as error:
            return error
    return None


@pytest.mark.parametrize("canary", FOUND, ids=lambda canary: canary.__name__)
def test_what_is_switched_off_is_found(
    canary: Callable[[Patch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds, names = FOUND[canary]
    canary(monkeypatch)
    monkeypatch.setattr(room, "SETTLING_S", 20.0)
    found = first_broken(kinds, FIRST.get(canary, 1))
    assert found is not None
    assert found.code in names.split("|"), str(found)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5_000, 5_050))
def test_samples_of_many_seeds(seed: int) -> None:
    assert agreed(seed, nodes=4 + 3 * (seed % 2), blocks=12, by="snowman").height >= 12


@pytest.mark.soak
def test_every_kind_strikes_validators_in_a_hundred_seeds() -> None:
    faults: Counter[str] = Counter()
    for seed in SOAK_SEEDS:
        faults += agreed(seed, blocks=20).faults
    assert set(faults) == {*KINDS, "forged body"}


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4_000, 4_020))
def test_seven_validators_of_many_seeds(seed: int) -> None:
    assert agreed(seed, nodes=7, blocks=20).height >= 20
