"""After a history of faults exactly a quorum is healed, each choice of it in a run of its own: it has to decide blocks.

A validator that lost its votes may have voted in the epoch that runs, and so has none: what has to be alive is a quorum
of the others. A validator that starts late has lost nothing.
"""

from __future__ import annotations

from itertools import combinations
from random import Random
from typing import TYPE_CHECKING

from focusmesh.errors import ParameterError
from focusmesh.kernel.simulation.network import SimulatedNetwork
from focusmesh.kernel.simulation.schedule import (
    A_BLOCK_MS,
    KINDS,
    LASTING_MS,
    LATE_START,
    VOTES_LOST,
    Fault,
    Schedule,
    draw_schedule,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.simulation.machine import Machine

LIVE_S = 240.0
"""A quorum has to decide a block in so much virtual time: eight rounds of the longest that there are."""
_KINDS = tuple(kind for kind in KINDS if kind not in ("disk lost", "clock skew"))
"""What befalls any number of validators, and takes no vote. Clocks that differ by seconds stop them rightly."""


def drawn_lives(seed: int, nodes: int, blocks: int) -> Schedule:
    """The schedule of a seed: faults of the net, of disks and processes, late starts, and one validator's lost votes.

    What is late starts late from the beginning on, some of it only when all is healed. Raises ParameterError.
    """
    schedule = draw_schedule(seed, nodes, blocks, _KINDS)
    random, faults = Random(f"lives {seed}"), list(schedule.faults)
    until_ms = A_BLOCK_MS * blocks
    late = random.sample(range(nodes), random.choice([0, 1, 1, 2]))
    for node in late:
        lasting_ms = random.choice([random.randrange(until_ms), 2 * until_ms])
        faults.append(Fault(len(faults), LATE_START, 0, lasting_ms, (node,), 1.0))
    loser = random.randrange(nodes)
    for _ in range(random.choice([0, 1, 1, 2])):
        at_ms, lasting_ms = random.randrange(until_ms), int(random.expovariate(1 / LASTING_MS))
        faults.append(Fault(len(faults), VOTES_LOST, at_ms, lasting_ms, (loser,), 1.0))
    return schedule.having(faults)


class LivenessNetwork(SimulatedNetwork):
    """``run`` once. ``choice``: which of ``choices`` is healed; those are known when the run has ended.

    Where validators with lost votes leave no quorum, ``choices`` is empty and nothing is demanded.
    """

    def __init__(
        self,
        schedule: Schedule,
        registry: Registry,
        choice: int = 0,
        *,
        kind: str = "quorum",
        can_change: bool = False,
    ) -> None:
        """Raises ParameterError."""
        super().__init__(schedule, registry, kind=kind, can_change=can_change)
        if schedule.nodes < 2 or kind == "solo":
            raise ParameterError("liveness is asked of two validators or more")
        self.choices: list[tuple[int, ...]] = []
        self._choice = choice

    def _run(self) -> None:
        self._begin_all()
        self._pass(self.schedule.blocks * A_BLOCK_MS / 1_000, lambda: False)
        self.choices = self._quorums()
        if self._choice < len(self.choices):
            self._demand([self.machines[at] for at in self.choices[self._choice]])

    def _quorums(self) -> list[tuple[int, ...]]:
        """Every least set of machines whose validators, without those that may have no vote now, are a quorum."""
        agreed = self.genesis.parameters.required_agreement
        bonds = {bonded.neuron: bonded.amount for bonded in agreed.voters}
        weights = [bonds[machine.validator_key] for machine in self.machines]
        quorum = sum(weights) * 2 // 3 + 1
        mute = self._mute(-(-(self.invariants.height + 1) // agreed.epoch_blocks))
        able = [machine.number for machine in self.machines if machine.number not in mute]

        def weighs(chosen: Sequence[int]) -> bool:
            return sum(weights[at] for at in chosen) >= quorum

        return [
            chosen
            for count in range(1, len(able) + 1)
            for chosen in combinations(able, count)
            if weighs(chosen)
            and not any(weighs([*chosen[:at], *chosen[at + 1 :]]) for at in range(count))
        ]

    def _mute(self, epoch: int) -> set[int]:
        """Machines whose validator lost votes that it may have given in this epoch.

        Who caught up in an epoch votes from the next one on; the network may have gone on while it looked.
        """
        return {
            number
            for number, found in self.lost_votes.items()
            if found is None or epoch <= found + 1
        }

    def _demand(self, chosen: Sequence[Machine]) -> None:
        """All faults end, the others are down for good: those who were chosen have to come further than anybody was."""
        for number in list(self._struck):
            self._end(number)
        for machine in self.machines:
            machine.is_retired = machine not in chosen
            if machine.is_retired and machine.process is not None:
                machine.process.kill()
        for machine in chosen:
            machine.begin()
        self._visited = list(chosen)
        names = ", ".join(machine.name for machine in chosen)
        before, now = self.invariants.height, self.network.time.now

        def is_further() -> bool:
            return all(each.chain is not None and each.chain.height > before for each in chosen)

        self._pass(now + LIVE_S, is_further)
        heights = [None if each.chain is None else each.chain.height for each in chosen]
        troubles = {each.replica.status().trouble for each in chosen if each.replica is not None}
        self.invariants.expect(
            is_further(),
            "a quorum is alive",
            f"{names} are a quorum, and {LIVE_S:.0f} s later at {heights}; block {before} was there before: "
            f"{'; '.join(sorted(troubles - {''})) or 'they say nothing'}",
        )
