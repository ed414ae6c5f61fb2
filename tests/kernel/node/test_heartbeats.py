"""A network of which nobody wants anything makes a block now and then: time goes on in it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import ProofError
from focusmesh.host.storage import operations
from focusmesh.kernel.block import parameters_bytes, read_signed_headers, validator_set_bytes
from focusmesh.kernel.light import LightChain, Trusted
from focusmesh.kernel.simulation import Schedule, SimulatedNetwork
from focusmesh.kernel.simulation import network as room
from focusmesh.kernel.state import ChangeRules
from tests.kernel.block.changing import ChangingVoted, changing_genesis
from tests.kernel.block.voted import BOND, VALIDATORS

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR = 3_600_000
DAY = 24 * HOUR
EVERY_MS = 2_000


class IdleNetwork(SimulatedNetwork):
    """Nobody sends anything for half a minute."""

    def _run(self) -> None:
        for machine in self.machines:
            machine.begin()
        self._pass(30.0, lambda: False)
        chains = [machine.chain for machine in self.machines]
        self.heights = [0 if chain is None else chain.height for chain in chains]
        (chain, *_) = (each for each in chains if each is not None)
        self.headers = [chain.header(height) for height in range(1, chain.height + 1)]


@pytest.mark.parametrize("kind", ["quorum", "snowman", "solo"])
@pytest.mark.parametrize("can_change", [True, False])
def test_an_idle_network_makes_blocks(
    monkeypatch: pytest.MonkeyPatch, kind: str, can_change: bool
) -> None:
    rules = ChangeRules(heartbeat_ms=EVERY_MS, epoch_ms=5 * EVERY_MS)
    monkeypatch.setattr(room, "ChangeRules", lambda: rules)
    idle = IdleNetwork(Schedule(3, 4, 4), operations(), kind=kind, can_change=can_change)
    idle.run()
    if not can_change:
        assert idle.heights == [0] * 4
        return
    assert min(idle.heights) >= 10
    assert max(idle.heights) - min(idle.heights) <= 1
    steps = [after.time - before.time for before, after in pairwise(idle.headers)]
    assert min(steps) >= EVERY_MS
    assert sum(header.ends_epoch for header in idle.headers) >= 2


def month(looks: Callable[[LightChain, int], None]) -> ChangingVoted:
    """A month of a block an hour; ``looks`` is called once a week with a light client and the time."""
    rules = ChangeRules(heartbeat_ms=HOUR, epoch_ms=DAY)
    began = changing_genesis(rules, epoch_blocks=1_000, unbonding_ms=21 * DAY, trusting_ms=14 * DAY)
    network = ChangingVoted(began=began)
    unbonded = network.signed(VALIDATORS[0], ["unbond/1", BOND // 2])
    assert network.codes(unbonded) == ["ok"]
    header = network.chain.header(0)
    voters = validator_set_bytes(network.chain.validator_set_of(1))
    client = LightChain(Trusted.beginning(header, parameters_bytes(began.parameters), voters))
    taken, begun = 0, network.chain.tip.time
    for hour in range(1, 30 * 24 + 1):
        network.block(time=begun + hour * HOUR)
        if hour % (7 * 24) == 0:
            looks(client, network.chain.tip.time)
            for signed in read_signed_headers(network.chain, taken + 1, network.chain.height):
                client.take([signed], network.chain.tip.time)
            taken = network.chain.height
    return network


def test_a_month_of_heartbeats_keeps_clients_fresh_and_frees_stake() -> None:
    network = month(lambda client, now: client.check_age(now))
    assert network.chain.epoch == 31
    withdrawn = network.signed(VALIDATORS[0], ["withdraw/1"])
    assert network.codes(withdrawn) == ["ok"]


def test_without_heartbeats_the_same_client_is_stale() -> None:
    found = []

    def look(client: LightChain, now: int) -> None:
        with pytest.raises(ProofError) as error:
            client.check_age(now + 14 * DAY)
        found.append(error.value.code)

    month(look)
    assert set(found) == {"stale"}
