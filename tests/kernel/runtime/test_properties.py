"""What holds whatever is signed: the model agrees, nothing is made of nothing, order of neurons does not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from focusmesh.apps.bank import Stake
from focusmesh.kernel.runtime import DONE, Link
from focusmesh.kernel.state import ACCOUNT_PREFIX, NO_RELATION, Account, Parameters
from tests.kernel.runtime.model import Model
from tests.kernel.runtime.world import PROPOSER, Ledger, particle

if TYPE_CHECKING:
    from focusmesh.protocol.signal import SignedSignal

NEURONS = [particle(number) for number in range(3)] + [PROPOSER]
PARTICLES = [particle(number) for number in range(10, 13)]
GRANTS = [(neuron, 40, 6) for neuron in NEURONS]
BLOCKS = 3
BURN = 2

neurons = st.sampled_from(NEURONS)
amounts = st.integers(1, 9)
links = st.tuples(
    st.sampled_from(PARTICLES), st.sampled_from(PARTICLES), st.sampled_from([b"", PARTICLES[0]])
).filter(lambda link: link[0] != link[1])
linking = st.tuples(links, amounts).map(lambda pair: ("link/1", *pair[0], pair[1]))
unlinking = links.map(lambda link: ("unlink/1", *link))
own = st.one_of(
    linking,
    unlinking,
    st.tuples(st.just("stake/1"), amounts),
    st.tuples(st.just("unstake/1"), amounts),
)
operations = st.one_of(
    linking, linking, own, st.tuples(st.just("transfer/1"), st.sampled_from(NEURONS), amounts)
)
steps = st.tuples(neurons, st.lists(operations, min_size=1, max_size=4), st.integers(0, 2))
blocks = st.lists(st.lists(steps, max_size=5), max_size=6)

Step = tuple[bytes, list[tuple[Any, ...]], int]


def ledger() -> Ledger:
    return Ledger(GRANTS, Parameters(link_burn=BURN, bandwidth_blocks=BLOCKS))


def signals(ledger: Ledger, steps: list[Step]) -> list[SignedSignal]:
    """The steps as signals in their order, with the nonces that they have in one block."""
    nonces: dict[bytes, int] = {}
    made = []
    for neuron, operations, tip in steps:
        nonce = nonces.setdefault(neuron, ledger.account(neuron).nonce)
        made.append(ledger.signal(neuron, *operations, nonce=nonce, tip=tip))
        nonces[neuron] += 1
    return made


def accounts(ledger: Ledger) -> dict[bytes, Account]:
    return {
        key.removeprefix(ACCOUNT_PREFIX): Account.decode(value)
        for key, value in ledger.entries.items()
        if key.startswith(ACCOUNT_PREFIX)
    }


def check_sums(ledger: Ledger) -> None:
    """Supply is what accounts hold, what is locked is what is in links and no more than the stake."""
    owned = accounts(ledger)
    assert ledger.supply == sum(each.balance + each.stake for each in owned.values())
    assert min(ledger.links.values(), default=1) > 0
    for neuron, account in owned.items():
        locked = sum(amount for link, amount in ledger.links.items() if link.endswith(neuron))
        assert account.locked == locked <= account.stake
        assert min(account.balance, account.nonce, account.bandwidth) >= 0


@given(blocks)
def test_the_model_agrees(blocks: list[list[Step]]) -> None:
    here, model = ledger(), Model(GRANTS, PROPOSER, BURN, BLOCKS)
    for steps in blocks:
        payable = [step for step in steps if step[2] == 0 or here.account(step[0]).balance > 20]
        proposal = here.propose(*signals(here, payable))
        if proposal.refused:  # a tip that is spent before it is due: nothing to compare
            continue
        for step, result in zip(payable, here.block(*proposal.signals), strict=True):
            assert model.step(*step) == (result.code == DONE), result
        model.end_block()
        compare(here, model)
        check_sums(here)


def compare(ledger: Ledger, model: Model) -> None:
    assert ledger.supply == sum(owner.balance + owner.stake for owner in model.owners.values())
    owned = accounts(ledger)
    for neuron, owner in model.owners.items():
        account = owned.get(neuron, Account())
        assert (account.balance, account.stake, account.nonce) == (
            owner.balance,
            owner.stake,
            owner.nonce,
        )
        assert account.bandwidth_at(ledger.height, ledger.parameters) == owner.bandwidth
        for (source, target, relation), amount in owner.links.items():
            link = source + target + (relation or NO_RELATION) + neuron
            assert ledger.links[link] == amount
    assert len(ledger.links) == sum(len(owner.links) for owner in model.owners.values())


@given(steps, st.lists(own, max_size=3))
def test_a_signal_that_fails_leaves_nonce_and_tip(step: Step, more: list[tuple[Any, ...]]) -> None:
    neuron, operations, tip = step
    here, untouched = ledger(), ledger()
    failing = ("unlink/1", particle(20), particle(21), b"")
    (result,) = here.block(here.signal(neuron, *operations, *more, failing, tip=tip))
    assert result.code != DONE
    before, after = accounts(untouched), accounts(here)
    for table in (before, after):
        payer, proposer = table[neuron], table[PROPOSER]
        paid = table is after
        table[neuron] = Account(
            **{name: getattr(payer, name) for name in payer.__struct_fields__}
            | {"nonce": 0, "balance": 0}
        )
        assert payer.nonce == int(paid)
        if neuron != PROPOSER:
            assert payer.balance == 40 - tip * paid
            assert proposer.balance == 40 + tip * paid
            table[PROPOSER] = Account()
    assert after == before
    assert here.links == untouched.links
    assert here.supply == untouched.supply
    assert here.entries.keys() == untouched.entries.keys()


@given(st.data(), st.lists(st.tuples(neurons, st.lists(own, min_size=1, max_size=3)), max_size=6))
def test_the_order_of_neurons_does_not_matter(
    data: st.DataObject, wanted: list[tuple[bytes, list[tuple[Any, ...]]]]
) -> None:
    """Signals that touch their own accounts alone: each neuron's in order, neurons in any."""
    one, other = ledger(), ledger()
    made = signals(one, [(neuron, operations, 0) for neuron, operations in wanted])
    order = data.draw(st.permutations(NEURONS))
    shuffled = sorted(made, key=lambda signed: order.index(signed.signal.neuron))
    codes = {signed.id: result.code for signed, result in zip(made, one.block(*made), strict=True)}
    for signed, result in zip(shuffled, other.block(*shuffled), strict=True):
        assert codes[signed.id] == result.code
    assert one.snapshot() == other.snapshot()


@given(
    st.integers(1, 7),
    st.lists(st.integers(0, 40), min_size=1, max_size=6),
    st.lists(st.integers(1, 40), max_size=6),
)
def test_splitting_a_stake_never_raises_a_weight(
    unit: int, shares: list[int], cuts: list[int]
) -> None:
    """One neuron with all of a stake weighs at least as much on an axon as any number of them with shares of it."""
    stake = sum(shares)
    whole = weight_of([stake], unit)
    assert weight_of(shares, unit) <= whole
    pieces = [share for share in shares for share in _cut(share, cuts)]
    assert sum(pieces) == stake
    assert weight_of(pieces, unit) <= whole


def _cut(share: int, cuts: list[int]) -> list[int]:
    pieces = []
    for cut in cuts:
        if cut < share:
            pieces.append(cut)
            share -= cut
    return [*pieces, share]


def weight_of(stakes: list[int], unit: int) -> int:
    """The axon's weight when each stake is a neuron's that links with all of it; what cannot link does not."""
    source, target = PARTICLES[:2]
    parameters = Parameters(weight_unit=unit, bandwidth_blocks=1)
    owners = [particle(100 + number) for number in range(len(stakes))]
    here = Ledger(
        [(owner, 1, stake) for owner, stake in zip(owners, stakes, strict=True)], parameters
    )
    made = [
        here.signal(owner, Link(source, target, b"", stake))
        for owner, stake in zip(owners, stakes, strict=True)
        if stake > 0
    ]
    here.block(*here.propose(*made).signals)
    total = sum(amount for link, amount in here.links.items() if link.startswith(source + target))
    return min(max(total // unit, 1), 2**32 - 1) if total else 0


def test_new_stake_counts_once() -> None:
    here = ledger()
    everything = Link(PARTICLES[0], PARTICLES[1], b"", 16)
    assert here.codes(here.signal(NEURONS[0], Stake(10), everything)) == ["ok"]
    check_sums(here)
