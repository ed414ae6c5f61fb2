"""After any history exactly a quorum decides blocks, whichever it is; late starts and lost votes among the faults."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from focusmesh.host.simulations import run_lives
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.kernel.node.voting.votes import permission
from focusmesh.kernel.simulation import (
    Fault,
    LivenessNetwork,
    Schedule,
    drawn_lives,
    liveness,
    network,
)

if TYPE_CHECKING:
    from typing import Any

    from focusmesh.host.simulations import SeedReport

ALIVE = "a quorum is alive"
LATE = Fault(0, "late start", at_ms=0, lasting_ms=60_000, nodes=(3,), strength=1.0)
SEED = 3
"""Its epochs have 1,000 blocks."""


def lives(*faults: Fault, blocks: int = 5) -> SeedReport:
    return run_lives(Schedule(SEED, 4, blocks, faults))


def test_every_quorum_with_a_validator_that_starts_late_decides() -> None:
    report = lives(LATE, blocks=3)
    assert not report.code, report.words
    assert report.checked[ALIVE] == 4
    assert report.faults["late start"] == 4


def test_who_lost_its_votes_is_none_of_a_quorum() -> None:
    lost = Fault(0, "votes lost", at_ms=2_000, lasting_ms=500, nodes=(1,), strength=1.0)
    made = LivenessNetwork(Schedule(SEED, 4, 5, (lost,)), operations())
    assert made.genesis.parameters.required_agreement.epoch_blocks == 1_000
    made.run()
    assert made.choices == [(0, 2, 3)]


def test_a_seed_gives_one_schedule_and_all_kinds_come() -> None:
    assert drawn_lives(5, 4, 30) == drawn_lives(5, 4, 30) != drawn_lives(6, 4, 30)
    kinds = {fault.kind for seed in range(30) for fault in drawn_lives(seed, 4, 30).faults}
    assert {"late start", "votes lost", "kill", "partition", "disk full"} <= kinds
    assert "disk lost" not in kinds


def test_drawn_histories() -> None:
    report = run_lives(drawn_lives(2, 4, 4))
    assert not report.code, report.words
    assert report.checked[ALIVE] == 4


NAMED_AGAIN = (
    Fault(0, "garbage", at_ms=1_459, lasting_ms=1_868, nodes=(2, 3), strength=0.693),
    Fault(1, "drop", at_ms=2_477, lasting_ms=2_642, nodes=(0, 1), strength=0.915),
    Fault(2, "reorder", at_ms=2_980, lasting_ms=6_240, nodes=(0, 3), strength=0.385),
    Fault(3, "garbage", at_ms=3_851, lasting_ms=6_184, nodes=(0, 1), strength=0.852),
)


def test_who_missed_how_often_the_last_block_of_an_epoch_was_named_goes_on() -> None:
    """It took the decision for another block's, and stopped: found by seed 107 of the drawn histories."""
    made = LivenessNetwork(Schedule(107, 4, 6, NAMED_AGAIN), operations())
    made.run()
    assert made.choices


# Must-fail twins.


def counted_as_lost(*given: Any, **more: Any) -> str:
    """The rule of before: who begins with a new book behind block 0 counts as having lost its votes."""
    return "" if more["is_first"] or given[1].since() is not None else "it has no book of votes"


def votes_again(*given: Any, **more: Any) -> str:
    return ""


def test_twin_who_starts_late_is_mute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permission, "why_incomplete", counted_as_lost)
    monkeypatch.setattr(liveness, "LIVE_S", 40.0)
    report = lives(LATE, blocks=3)
    assert report.code == ALIVE, report.words


def test_twin_the_drawn_histories_find_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permission, "why_incomplete", counted_as_lost)
    monkeypatch.setattr(liveness, "LIVE_S", 60.0)
    found = (run_lives(drawn_lives(seed, 4, 3)).code for seed in range(1, 8))
    assert ALIVE in found


def votes_after_the_loss() -> bool:
    lost = Fault(0, "votes lost", at_ms=2_500, lasting_ms=100, nodes=(1,), strength=1.0)
    made = network.SimulatedNetwork(Schedule(SEED, 4, 6, (lost,)), operations(), kind="quorum")
    made.run()
    replica = made.machines[1].replica
    assert replica is not None
    assert replica.agreeing is not None
    return replica.agreeing.status().votes


def test_who_lost_its_votes_has_none_in_the_epoch_that_runs() -> None:
    assert not votes_after_the_loss()


def test_twin_who_lost_its_votes_votes_again_in_one_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permission, "why_incomplete", votes_again)
    assert votes_after_the_loss()


@pytest.mark.soak
def test_five_hundred_seeds() -> None:
    """FOCUSMESH_LIVE_SEEDS: how many, from 1 on."""
    for seed in range(1, int(os.environ.get("FOCUSMESH_LIVE_SEEDS", "500")) + 1):
        report = run_lives(drawn_lives(seed, 4, 6))
        assert not report.code, report.words
