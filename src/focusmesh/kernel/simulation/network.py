"""One run: machines, users, faults by a schedule, invariants; a function of its seed, its settings and the schedule."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from focusmesh.engine.support.gc_pause import collector_at_rest
from focusmesh.errors import FocusmeshError, SimulationError
from focusmesh.kernel.block import Chain, Genesis, Grant
from focusmesh.kernel.node import mark_new
from focusmesh.kernel.simulation.faults import FaultInjection
from focusmesh.kernel.simulation.forger import Forger
from focusmesh.kernel.simulation.invariants import Invariants
from focusmesh.kernel.simulation.machine import BEGINNING_MS, Machine
from focusmesh.kernel.simulation.schedule import A_BLOCK_MS, LATE_START
from focusmesh.kernel.simulation.users import NEURONS, Users
from focusmesh.kernel.state import (
    PAYING_RULES,
    VERSION_PAYING,
    Agreement,
    Bonded,
    ChangeRules,
    Parameters,
)
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.simulation import SimNetwork

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.simulation.schedule import Fault, Schedule
    from focusmesh.protocol.gossip import Contact

BETWEEN_SIGNALS_S = 0.85
"""Users come about so often, one to three at a time."""
LATER_S = 600.0
"""With everything whole again, the blocks that are asked for have to be there after so long."""
SETTLING_S = 120.0
"""And so long after the last signal everybody has everything."""
_SLICE_S = 0.25
_STAKE = 10**12


@dataclass(frozen=True)
class NetworkRun:
    """What came of a run that broke nothing. ``seconds`` are virtual; ``steps`` those of all processes."""

    seed: int
    height: int
    signals: int
    seconds: float
    steps: int
    faults: Counter[str]
    checked: Counter[str]
    trace: bytes


class SimulatedNetwork:
    """Everything of one seed; ``run`` once.

    ``lost_votes``: machines whose votes were lost, and the epoch in which they caught up, if they did.
    """

    def __init__(
        self,
        schedule: Schedule,
        registry: Registry,
        *,
        recovers: bool = True,
        kind: str = "solo",
        twin: int | None = None,
        can_change: bool = False,
    ) -> None:
        """``recovers``: whether disks keep their word. ``kind``: how they agree. Raises ParameterError.

        ``twin``: one more machine votes with the key of that one. ``can_change``: whether its rules may change.
        """
        schedule.verify()
        self.schedule, seed = schedule, schedule.seed
        self._registry, self.network = registry, SimNetwork(seed)
        keys = [SigningKey(Random(f"key {seed} {at}").randbytes(32)) for at in range(NEURONS)]
        agrees = kind != "solo"
        validators = _validators(seed, schedule.nodes) if agrees else []
        parameters = _rules(seed, keys[0], validators, kind, can_change=can_change)
        self.genesis = _genesis(seed, [*keys, *validators], parameters, registry)
        self.users = Users(seed, self.genesis.network, keys)
        self.machines = [
            Machine(
                self.network,
                number,
                self.genesis.network,
                registry,
                proposer=None if number or agrees else keys[0],
                recovers=recovers,
                validator=validators[number] if agrees else None,
            )
            for number in range(schedule.nodes)
        ]
        self._visited = [each for each in self.machines if each.number != twin]
        """Machines whose users are promised something: not those of a key that votes twice."""
        if twin is not None:
            self.machines.append(self._twin(validators[twin], recovers=recovers))
        for machine in self.machines:
            self._create(machine)
            machine.contacts = self._contacts(machine)
            machine.disk.committed = self._commit_hook(machine)
        supply = sum(grant.balance + grant.stake for grant in self.genesis.grants)
        bonds = (
            [bond.amount for bond in parameters.agreement.voters] if parameters.agreement else []
        )
        self.invariants = Invariants(
            seed, self.users, supply, 0 if twin is None else max(bonds, default=0)
        )
        self._fresh: dict[int, Machine] = {}
        self._struck: dict[int, Callable[[], None]] = {}
        self._is_sending = True
        self.lost_votes: dict[int, int | None] = {}

    def _create(self, machine: Machine) -> None:
        Chain.create(machine.disk.kept, self.genesis, self._registry)
        mark_new(machine.disk.kept)

    def _twin(self, validator: SigningKey, *, recovers: bool) -> Machine:
        return Machine(
            self.network,
            self.schedule.nodes,
            self.genesis.network,
            self._registry,
            proposer=None,
            recovers=recovers,
            validator=validator,
        )

    def run(self) -> NetworkRun:
        """Raises SimulationError at the first invariant that does not hold, its message with the seed."""
        with collector_at_rest():
            try:
                self._run()
            finally:
                self.network.close()
        network, invariants = self.network, self.invariants
        return NetworkRun(
            self.schedule.seed,
            invariants.height,
            len(self.users.sent),
            network.time.now,
            network.time.steps,
            network.faults,
            invariants.checked,
            bytes(network.trace),
        )

    def _begin_all(self) -> None:
        """Machines begin but for those that are late, faults strike by the schedule, users come."""
        faults = self.schedule.faults
        late = {node for each in faults if each.kind == LATE_START for node in each.nodes}
        for machine in self.machines:
            if machine.number not in late:
                machine.begin()
        known = self.network, self.machines, self._forge, self.invariants.note_lost
        striking = FaultInjection(
            *known, lambda machine: self.lost_votes.update({machine.number: None})
        )
        for fault in faults:
            at_s = fault.at_ms / 1_000
            self.network.outside.call_at(at_s, self._begin, striking, fault)
        self._send()

    def _run(self) -> None:
        self._begin_all()
        self._pass(self.schedule.blocks * A_BLOCK_MS / 1_000, lambda: False)
        self._heal()
        now = self.network.time.now
        self._pass(now + LATER_S, self._has_blocks)
        self._is_sending = False
        self._pass(self.network.time.now + SETTLING_S, self._has_settled)
        self.invariants.check_end(self.machines)

    def _pass(self, until_s: float, is_over: Callable[[], bool]) -> None:
        """Lets time pass, and looks at everything that is committed."""
        time = self.network.time
        while time.now < until_s and not is_over():
            # In slices: that something is over shows in no commit.
            time.run(min(until_s, time.now + _SLICE_S), lambda: bool(self._fresh))
            fresh, self._fresh = self._fresh, {}
            for machine in fresh.values():
                self._look(machine)
            self._note_losers()
            self._verify_processes()

    def _note_losers(self) -> None:
        """In which epoch those who lost votes were first where their peers are."""
        for number, epoch in self.lost_votes.items():
            machine = self.machines[number]
            chain, replica = machine.chain, machine.replica
            if epoch is None and chain and replica and replica.caught_up.is_set():
                self.lost_votes[number] = chain.epoch

    def _look(self, machine: Machine) -> None:
        chain = machine.chain
        if chain is None or chain.height != chain.state.height:
            return  # It died at this commit: what it left is looked at when it begins again.
        try:
            self.invariants.look(machine, chain)
        except SimulationError:
            raise
        except FocusmeshError as error:
            message = (
                f"seed {self.schedule.seed}: what {machine.name} committed cannot be read: {error}"
            )
            raise SimulationError("unreadable", message) from error
        tip = chain.tip
        self.network.note("block", machine.name, tip.height, tip.id, tip.state_root)

    def _verify_processes(self) -> None:
        for process in self.network.processes:
            if process.errors:
                message = (
                    f"seed {self.schedule.seed}: {process.name} did not catch: {process.errors[0]}"
                )
                raise SimulationError("uncaught", message)

    def _begin(self, striking: FaultInjection, fault: Fault) -> None:
        self.network.note("strikes", fault.number, fault.kind, *fault.nodes)
        self._struck[fault.number] = striking.begin(fault)
        self.network.outside.call_later(fault.lasting_ms / 1_000, self._end, fault.number)

    def _end(self, number: int) -> None:
        end = self._struck.pop(number, None)
        if end is not None:
            self.network.note("ends", number)
            end()

    def _heal(self) -> None:
        for number in list(self._struck):
            self._end(number)
        for machine in self.machines:
            machine.begin()

    def _send(self) -> None:
        if self._is_sending:
            self.users.sign_some(self._visited)
            again_s = BETWEEN_SIGNALS_S * self.users.random.uniform(0.5, 1.5)
            self.network.outside.call_later(again_s, self._send)

    def _has_blocks(self) -> bool:
        return self.invariants.height >= self.schedule.blocks

    def _has_settled(self) -> bool:
        if len(self.invariants.placed) < len(self.users.sent):
            return False
        return all(map(self._is_whole, self.machines))

    def _is_whole(self, machine: Machine) -> bool:
        chain = machine.chain
        if chain is None or chain.height < self.invariants.height or machine.letterbox.waiting:
            return False
        return not self.invariants.lacking(chain)

    def _commit_hook(self, machine: Machine) -> Callable[[], None]:
        def mark_fresh() -> None:
            self._fresh[machine.number] = machine

        return mark_fresh

    def _contacts(self, machine: Machine) -> list[Contact]:
        """Those next to it in a ring, and one across."""
        nodes = len(self.machines)
        others = {(machine.number + step) % nodes for step in (1, nodes // 2, nodes - 1)}
        return [self.machines[at].contact for at in sorted(others - {machine.number})]

    def _forge(self, fault: Fault) -> Callable[[], None]:
        forger = Forger(self.network, self.machines, self.users, self._registry, fault)
        return forger.begin().kill


def _validators(seed: int, count: int) -> list[SigningKey]:
    return [SigningKey(Random(f"voter {seed} {at}").randbytes(32)) for at in range(count)]


def _parameters(seed: int, **agreed: Any) -> Parameters:
    random = Random(f"genesis {seed}")
    fields: dict[str, Any] = {
        "focus_interval": random.choice([1, 2, 3]),
        "history_window": random.choice([0, 4, 64]),
        "block_bytes_max": 1 << 16,
        "signal_bytes_max": 1 << 13,
        "blob_bytes_max": 1 << 12,
    }
    return Parameters(**fields, **agreed)


def _rules(
    seed: int,
    proposer: SigningKey,
    validators: Sequence[SigningKey],
    kind: str,
    *,
    can_change: bool,
) -> Parameters:
    """``proposer`` makes the blocks where there are no validators."""
    rules: dict[str, Any] = {}
    if can_change:
        new = {name: form() for name, form in PAYING_RULES.items()}
        rules = {"version": VERSION_PAYING, "changes": ChangeRules(), **new}
    if not validators:
        return _parameters(seed, proposers=(proposer.public,), **rules)
    random = Random(f"agreement {seed}")
    # Less than a third each: any one of them may be down.
    amounts = [random.randint(80, 100) * 10**6 for _ in validators]
    bonded = sorted((key.public, amount) for key, amount in zip(validators, amounts, strict=True))
    agreement = Agreement(
        kind=kind,
        epoch_blocks=random.choice([3, 7, 1_000]),
        voters=tuple(Bonded(*each) for each in bonded),
    )
    rules = rules or {"version": 4}
    return _parameters(seed, agreement=agreement, **rules)


def _genesis(
    seed: int, keys: Sequence[SigningKey], parameters: Parameters, registry: Registry
) -> Genesis:
    grants = [Grant(key.public, _STAKE, _STAKE) for key in keys]
    return Genesis(
        name=f"world {seed}",
        time=BEGINNING_MS,
        parameters=parameters,
        grants=tuple(sorted(grants, key=lambda grant: grant.neuron)),
        operations=registry.digest,
    )
