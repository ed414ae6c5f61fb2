"""Validators some of whom cannot reach each other directly: others hand on what they say, and rounds go on."""

from __future__ import annotations

import pytest

from focusmesh.errors import SimulationError
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.kernel.node.voting.relays import Relays
from focusmesh.kernel.simulation import Schedule, SimulatedNetwork
from focusmesh.kernel.simulation import network as room


def ring(nodes: int, seed: int = 1, blocks: int = 4) -> SimulatedNetwork:
    """Each validator reaches its two neighbours alone, for good: nobody hears a quorum."""
    made = SimulatedNetwork(Schedule(seed, nodes, blocks), operations(), kind="quorum")
    names = [machine.name for machine in made.machines]
    for at, name in enumerate(names):
        for step in range(2, nodes - 1):
            made.network.cut(name, names[(at + step) % nodes])
    return made


@pytest.fixture
def soon_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that stands still ends before long."""
    monkeypatch.setattr(room, "LATER_S", 12.0)
    monkeypatch.setattr(room, "SETTLING_S", 8.0)


@pytest.mark.usefixtures("soon_over")
@pytest.mark.parametrize("nodes", [5, 6])
def test_rounds_go_on_in_a_ring(nodes: int) -> None:
    made = ring(nodes)
    run = made.run()
    assert run.height >= 4
    counts = [machine.replica.agreeing.lines.relays.counts for machine in made.machines]  # type: ignore[union-attr]
    assert all(count["handed"] and count["heard"] for count in counts)
    assert not any(machine.replica.peers.faults for machine in made.machines)  # type: ignore[union-attr]


@pytest.mark.usefixtures("soon_over")
def test_without_relays_a_ring_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Relays, "say", lambda self, validator, epoch, notice: None)
    made = ring(5)
    with pytest.raises(SimulationError):
        made.run()
    assert made.invariants.height == 0
