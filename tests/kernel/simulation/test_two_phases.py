"""Whole nodes of networks that can change: slots name their engine, and snowman decides in two phases what is split."""

from __future__ import annotations

import pytest

from focusmesh.errors import SimulationError
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.kernel.consensus import Decision, SnowflakeParams
from focusmesh.kernel.simulation import SimulatedNetwork, draw_schedule, kinds_of
from tests.kernel.consensus.snowman.small_worlds import WEAK
from tests.kernel.simulation.test_agreed_network import VOTED


def simulated(
    seed: int, kinds: str, by: str = "snowman", *, can_change: bool = True, nodes: int = 4
) -> SimulatedNetwork:
    schedule = draw_schedule(seed, nodes, 5, kinds_of(kinds))
    return SimulatedNetwork(schedule, operations(), kind=by, can_change=can_change)


def decisions(made: SimulatedNetwork) -> list[Decision]:
    """Those of one node."""
    replica = made.machines[0].replica
    assert replica is not None
    found = (replica.chain.decision_of(height + 1) for height in range(replica.chain.height))
    return [Decision.from_bytes(each) for each in found if each]


def split_samples(patch: pytest.MonkeyPatch) -> None:
    """One answer decides, so that honest validators accept different blocks."""
    patch.setattr(SnowflakeParams, "of", classmethod(lambda kind, validators: WEAK))


@pytest.mark.parametrize("by", ["quorum", "snowman"])
@pytest.mark.parametrize("kinds", ["net", "disk", "process"])
def test_validators_bear_what_befalls_one_of_them(kinds: str, by: str) -> None:
    made = simulated({"net": 1, "disk": 5, "process": 2}[kinds], kinds, by)
    run = made.run()
    assert run.height >= 5
    assert set(run.checked) == VOTED
    assert run.faults
    assert {each.engine for each in decisions(made)} == {by}


def test_heights_that_are_split_are_decided_in_later_rounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    split_samples(monkeypatch)
    later = 0
    for seed in range(4):
        made = simulated(seed, "net")
        assert made.run().height >= 5
        later += sum(each.proposal.round > 0 for each in decisions(made))
    assert later


@pytest.mark.soak
def test_one_phase_stops_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Must fail: acceptances that are final at once, as in networks of versions 1 to 4."""
    split_samples(monkeypatch)
    with pytest.raises(SimulationError):
        simulated(0, "net", can_change=False).run()


@pytest.mark.soak
def test_many_networks_with_split_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    split_samples(monkeypatch)
    for seed in range(4_000, 4_040):
        assert simulated(seed, "all").run().height >= 5
