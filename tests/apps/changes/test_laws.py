"""Votes on rules: who may propose, what is counted and when, what becomes law, lapses, or costs its deposit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.apps.changes import changes
from focusmesh.kernel.block.chain import block_end
from focusmesh.kernel.state import ChangeRules, read_account, read_supply
from focusmesh.kernel.state.accounts import parameter_bounds
from focusmesh.kernel.state.votes import laws
from tests.kernel.block.changing import ChangingVoted, Solo, changing_genesis, proposal
from tests.kernel.block.ledger import KEYS, PROPOSER
from tests.kernel.block.voted import BOND, VALIDATORS

if TYPE_CHECKING:
    from focusmesh.apps.changes import ChangeRecord
    from focusmesh.kernel.state import EpochEnd
    from focusmesh.protocol.identity import SigningKey


def listed(network: ChangingVoted | Solo) -> list[ChangeRecord]:
    with network.chain.state.at() as view:
        return changes(view)


def proposed(
    network: ChangingVoted, *wanted: tuple[str, Any], key: SigningKey = VALIDATORS[0], **more: Any
) -> bytes:
    """The id of a proposal that is voted on."""
    fields = {"from_epoch": network.chain.epoch + 1, **more}
    assert network.codes(network.signed(key, proposal(*wanted, **fields))) == ["ok"]
    return listed(network)[-1].id


def balance(network: ChangingVoted, key: SigningKey) -> int:
    account = read_account(network.chain.state.get, key.public)
    assert account is not None
    return account.balance


def test_three_of_four_make_it_law_at_the_end_of_the_epoch() -> None:
    network = ChangingVoted()
    change = proposed(network, ("link_burn", 1))
    network.codes(*(network.vote(each, change) for each in VALIDATORS[1:3]))
    assert network.chain.parameters.link_burn == 0, "not before the epoch ends"
    network.end_epoch()
    assert network.chain.parameters.link_burn == 1
    assert listed(network) == []


def test_two_of_four_do_not() -> None:
    network = ChangingVoted()
    change = proposed(network, ("link_burn", 1))
    network.codes(network.vote(VALIDATORS[1], change))
    network.end_epoch()
    assert network.chain.parameters.link_burn == 0
    network.codes(network.vote(VALIDATORS[2], change))
    network.end_epoch()
    assert network.chain.parameters.link_burn == 1, "it is counted again"


def test_a_vote_can_be_taken_back() -> None:
    network = ChangingVoted()
    change = proposed(network, ("link_burn", 1))
    network.codes(*(network.vote(each, change) for each in VALIDATORS[1:3]))
    network.block(network.vote(VALIDATORS[1], change, approves=False))
    network.end_epoch()
    assert network.chain.parameters.link_burn == 0


def weights_turn(network: ChangingVoted) -> bytes:
    """Two validators approve; one of them bonds so much that both would be enough in the next epoch."""
    change = proposed(network, ("link_burn", 1))
    network.codes(
        network.vote(VALIDATORS[1], change), network.signed(VALIDATORS[1], ["bond/1", 9 * BOND])
    )
    network.end_epoch()
    return change


def test_votes_count_with_the_weights_of_the_epoch_that_ends() -> None:
    network = ChangingVoted()
    weights_turn(network)
    assert network.chain.parameters.link_burn == 0
    network.end_epoch()
    assert network.chain.parameters.link_burn == 1


def test_counted_with_the_electorate_that_begins_it_would_be_law_too_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The twin of the one above."""
    network = ChangingVoted()

    def beginning(state: Any, end: EpochEnd) -> Any:
        from focusmesh.kernel.state import VALIDATOR_PREFIX, read_bonds

        weights = {neuron: bond.amount for neuron, bond in read_bonds(state.scan(VALIDATOR_PREFIX))}
        return laws.settle_changes(state, end._replace(electors=weights))

    monkeypatch.setattr(block_end, "settle_changes", beginning)
    weights_turn(network)
    assert network.chain.parameters.link_burn == 1


def test_whose_key_was_rotated_keeps_its_vote() -> None:
    from focusmesh.kernel.runtime import rotation_digest
    from focusmesh.kernel.runtime.keys import ROTATION_DOMAIN
    from focusmesh.protocol.identity import SigningKey

    network = ChangingVoted()
    old, new = VALIDATORS[1], SigningKey.generate(b"n" * 32)
    network.keys.append(new)
    change = proposed(network, ("link_burn", 1))
    digest = rotation_digest(network.chain.network, old.public, new.public)
    rotation = ["rotate_key/1", new.public, new.sign(ROTATION_DOMAIN, digest)]
    assert network.codes(network.signed(old, rotation)) == ["ok"]
    votes = network.vote(new, change), network.vote(VALIDATORS[2], change)
    assert network.codes(*votes) == ["ok", "ok"], "by its new key, in the epoch of its old one"
    assert network.chain.parameters.link_burn == 1


@pytest.mark.parametrize("approving", [1, 2])
def test_a_deposit_is_burned_under_a_third_and_returned_above(approving: int) -> None:
    rules = ChangeRules(heartbeat_ms=5, epoch_ms=10_000, change_deposit=100, change_epochs=2)
    network = ChangingVoted(began=changing_genesis(rules))
    supply, own = read_supply(network.chain.state.get), balance(network, VALIDATORS[0])
    change = proposed(network, ("link_burn", 1))
    assert balance(network, VALIDATORS[0]) == own - 100
    if approving == 2:
        network.codes(network.vote(VALIDATORS[1], change))
    network.end_epoch()
    assert len(listed(network)) == 1
    network.end_epoch()
    assert listed(network) == []
    is_burned = approving == 1
    assert balance(network, VALIDATORS[0]) == own - 100 * is_burned
    assert read_supply(network.chain.state.get) == supply - 100 * is_burned


def test_a_deposit_comes_back_with_the_law() -> None:
    network = ChangingVoted()
    own = balance(network, VALIDATORS[0])
    change = proposed(network, ("link_burn", 1))
    network.codes(*(network.vote(each, change) for each in VALIDATORS[1:]))
    network.end_epoch()
    assert balance(network, VALIDATORS[0]) == own


def test_a_law_waits_for_its_epoch() -> None:
    network = ChangingVoted()
    change = proposed(network, ("link_burn", 1), from_epoch=3)
    network.codes(*(network.vote(each, change) for each in VALIDATORS[1:]))
    network.end_epoch()
    assert network.chain.parameters.link_burn == 0
    assert listed(network)[0].passed_epoch == 1
    network.end_epoch()
    assert network.chain.parameters.link_burn == 1


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_laws_over_one_name_the_one_with_two_thirds_first_wins(first: int) -> None:
    network = ChangingVoted(began=changing_genesis(epoch_blocks=8))
    both = [
        proposed(network, ("link_burn", 1), ("focus_interval", 2)),
        proposed(network, ("link_burn", 2), key=VALIDATORS[1]),
    ]
    for at in (first, 1 - first):
        network.codes(*(network.vote(each, both[at]) for each in VALIDATORS[2:]))
    network.end_epoch()
    assert network.chain.parameters.link_burn == first + 1
    assert network.chain.parameters.focus_interval == (2 if first == 0 else 1)
    assert listed(network) == []


def test_two_laws_over_different_names_are_both_in_force() -> None:
    network = ChangingVoted(began=changing_genesis(epoch_blocks=8))
    for at, name in enumerate(("link_burn", "focus_interval")):
        change = proposed(network, (name, 2), key=VALIDATORS[at])
        network.codes(*(network.vote(each, change) for each in VALIDATORS))
    network.end_epoch()
    assert (network.chain.parameters.link_burn, network.chain.parameters.focus_interval) == (2, 2)


def test_who_does_not_vote_has_no_say() -> None:
    network = ChangingVoted(began=changing_genesis(voters_most=100))
    change = proposed(network, ("link_burn", 1))
    stranger = KEYS[0]
    network.codes(network.signed(stranger, ["unbond/1", BOND]))
    network.end_epoch()
    network.keys.remove(stranger)
    codes = network.codes(
        network.vote(stranger, change),
        network.signed(stranger, proposal(("link_burn", 1), from_epoch=9)),
        network.signed(stranger, ["ready/1", bytes(32), bytes(32)]),
    )
    assert codes == ["validator"] * 3
    ledger = Solo()
    signed = ledger.signed(KEYS[1], proposal(("link_burn", 1), from_epoch=2))
    assert ledger.results(signed) == ["validator"]


@pytest.mark.parametrize(
    ("wanted", "more", "code"),
    [
        ([("weight_unit", 2)], {}, "change"),
        ([("name", 2)], {}, "change"),
        ([("history_window", 2)], {}, "change"),
        ([("link_burn", -1)], {}, "change"),
        ([("link_burn", 5)], {}, "change"),
        ([("series", 5)], {}, "change"),
        ([("link_burn", 1), ("link_burn", 2)], {}, "change"),
        ([("block_bytes_max", 1 << 27)], {}, "change"),
        ([("agreement.trusting_ms", 1_000)], {}, "change"),
        ([("changes.heartbeat_ms", 6)], {}, "change"),
        ([("link_burn", 1)], {"from_epoch": 1}, "epoch"),
        ([("link_burn", 1)], {"from_epoch": 2_000}, "epoch"),
    ],
)
def test_what_cannot_become_law_is_no_proposal(
    wanted: list[tuple[str, Any]], more: dict[str, Any], code: str
) -> None:
    network = ChangingVoted()
    fields = {"from_epoch": 2, **more}
    signed = network.signed(VALIDATORS[0], proposal(*wanted, **fields))
    assert network.codes(signed) == [code]
    assert listed(network) == []


def test_one_proposal_a_validator_is_open_at_once() -> None:
    network = ChangingVoted()
    proposed(network, ("link_burn", 1))
    again = network.signed(VALIDATORS[0], proposal(("link_burn", 2), from_epoch=2))
    assert network.codes(again) == ["open"]
    missing = network.vote(VALIDATORS[1], bytes(32))
    assert network.codes(missing) == ["absent"]


def test_who_cannot_pay_the_deposit_does_not_propose() -> None:
    rules = ChangeRules(heartbeat_ms=5, change_deposit=20_000)
    network = ChangingVoted(began=changing_genesis(rules))
    signed = network.signed(VALIDATORS[0], proposal(("link_burn", 1), from_epoch=2))
    assert network.codes(signed) == ["deposit"]


def test_networks_with_fixed_rules_refuse_all_three() -> None:
    from focusmesh.apps.changes import ProposeChange, ReadyForChange, VoteOnChange
    from focusmesh.errors import SignalError
    from focusmesh.kernel.state import Parameters

    nothing = bytes(32)
    for operation in (
        ProposeChange(b"\x80", b"", "", "", 2),
        VoteOnChange(nothing, True),
        ReadyForChange(nothing, nothing),
    ):
        with pytest.raises(SignalError) as refused:
            operation.validate(Parameters())
        assert refused.value.code == "change"


def climb(ledger: Solo, *values: int) -> list[str]:
    """What proposals of these values of ``link_burn`` come to, one after the other."""
    return [ledger.change(("link_burn", value)) for value in values]


def test_steps_are_summed_over_the_window() -> None:
    ledger = Solo(link_burn=10)
    assert climb(ledger, 20, 40, 41) == ["ok", "ok", "change"]
    assert ledger.chain.parameters.link_burn == 40
    assert climb(ledger, 10, 9) == ["ok", "change"], "40 held within the window: at least a quarter"
    late = ledger.chain.tip.time + parameter_bounds.SOLO_WINDOW_MS
    ledger.results(ledger.links(KEYS[1], ("a", "b")), time=late + 1)
    assert climb(ledger, 3) == ["ok"], "what was left before the window counts no more"


def test_looked_at_one_by_one_the_steps_go_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the one above."""
    from focusmesh.apps.changes import operations

    for module in (operations, laws):
        monkeypatch.setattr(module, "recent_values", lambda *_: lambda _: [])
    ledger = Solo(link_burn=10)
    assert climb(ledger, 40, 160, 640) == ["ok"] * 3
    assert ledger.chain.parameters.link_burn == 640


def test_a_law_that_would_break_a_bound_by_now_lapses() -> None:
    """Two laws that could each hold, and cannot both: the later one is left out when its time comes."""
    network = ChangingVoted(began=changing_genesis(epoch_blocks=8, trusting_ms=900))
    first = proposed(network, ("agreement.trusting_ms", 950))
    second = proposed(network, ("agreement.unbonding_ms", 920), key=VALIDATORS[1])
    network.codes(*(network.vote(each, first) for each in VALIDATORS))
    network.codes(*(network.vote(each, second) for each in VALIDATORS))
    network.end_epoch()
    agreement = network.chain.parameters.required_agreement
    assert (agreement.trusting_ms, agreement.unbonding_ms) == (950, 1_000)
    assert listed(network) == []


def test_a_solo_operator_does_not_wait_for_a_day() -> None:
    ledger = Solo()
    ledger.results(ledger.signed(PROPOSER, proposal(("link_burn", 1), from_epoch=2)))
    assert (ledger.chain.parameters.link_burn, ledger.chain.epoch) == (1, 2)


def test_a_later_epoch_of_one_operator_comes_by_time_and_not_by_the_law_for_it() -> None:
    ledger = Solo(rules=ChangeRules(epoch_ms=100, heartbeat_ms=1))
    assert ledger.change(("link_burn", 1), from_epoch=4) == "ok"
    assert ledger.chain.epoch == 2, "its vote has ended the epoch"
    start = ledger.chain.tip.time
    for at in range(3):
        ledger.results(ledger.links(KEYS[1], (at, "x")), time=start + 100 * at + 99)
        assert (ledger.chain.epoch, ledger.chain.parameters.link_burn) == (at + 2, int(at == 2))
        ledger.results(ledger.links(KEYS[1], (at, "y")), time=start + 100 * at + 100)


def test_the_supply_is_the_sum_of_balances_and_stakes_all_along() -> None:
    from focusmesh.kernel.state import ACCOUNT_PREFIX, Account

    rules = ChangeRules(heartbeat_ms=5, epoch_ms=10_000, change_deposit=100, change_epochs=1)
    network = ChangingVoted(began=changing_genesis(rules))
    for at in range(4):
        proposed(network, ("link_burn", 1), key=VALIDATORS[at % 2])
        network.end_epoch()
        with network.chain.state.at() as view:
            accounts = [Account.decode(value) for _, value in view.scan(ACCOUNT_PREFIX)]
            assert sum(each.balance + each.stake for each in accounts) == read_supply(view.get)
