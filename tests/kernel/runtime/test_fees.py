"""Room in a block: stakers have half of it for nothing, all else is paid, and most of that is burned."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.apps.bank import Burn, Mint, Stake, Transfer, Unstake
from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import Link, SetProperty, Unlink, execution
from focusmesh.kernel.state import (
    PRICE_KEY,
    Account,
    BasePrice,
    ChangeRules,
    FeeRules,
    OrderRules,
    Parameters,
    StakingRules,
    changed,
    read_price,
)
from tests.conftest import SOAK
from tests.kernel.runtime.world import PROPOSER, Ledger, particle

if TYPE_CHECKING:
    from focusmesh.protocol.signal import SignedSignal

ANN, BOB = particle(1), particle(2)
POOR, RICH = particle(3), particle(4)
A, B = particle(10), particle(11)


def paying(**fees: int) -> Parameters:
    return Parameters(
        version=6,
        bandwidth_blocks=10,
        minters=(ANN,),
        changes=ChangeRules(),
        fees=FeeRules(**fees),
        staking=StakingRules(),
        order=OrderRules(),
    )


def ledger(**fees: int) -> Ledger:
    """POOR has a balance and no stake."""
    grants = [(ANN, 10_000, 100), (BOB, 10_000, 100), (POOR, 10_000, 0)]
    return Ledger(grants, paying(**fees))


def transfers(
    here: Ledger, neuron: bytes, units: int, tip: int, nonce: int | None = None
) -> SignedSignal:
    """A signal of so many units: the first transfer takes none."""
    steps = [Transfer(RICH, 1)] * (units + 1)
    return here.signal(neuron, *steps, tip=tip, nonce=nonce)


def price(here: Ledger) -> BasePrice:
    return BasePrice.decode(here.entries[PRICE_KEY])


def refusal(here: Ledger, signal: SignedSignal) -> SignalError:
    (refused,) = here.propose(signal).refused
    return refused[1]


def test_who_has_no_stake_pays_with_its_balance() -> None:
    here = ledger()
    before = here.supply
    (result,) = here.block(transfers(here, POOR, units=5, tip=7))
    assert (result.code, result.fee) == ("ok", 7)
    assert here.account(POOR).balance == 10_000 - 6 - 7
    assert here.account(POOR).burned == 5
    assert here.account(PROPOSER).balance == 2
    assert here.supply == before - 5
    assert price(here).units == 5


def test_who_stakes_pays_nothing_as_long_as_its_bandwidth_lasts() -> None:
    here = ledger()
    (result,) = here.block(transfers(here, ANN, units=100, tip=0))
    assert result.code == "ok"
    assert price(here).units == 0
    assert here.account(ANN).bandwidth == 0


def test_units_beyond_bandwidth_are_paid_and_the_others_are_not() -> None:
    here = Ledger([(ANN, 1_000, 1), (BOB, 0, 0)], paying())
    assert here.codes(transfers(here, ANN, units=4, tip=3)) == ["ok"]
    assert (price(here).units, here.account(ANN).burned) == (3, 3)
    assert here.account(ANN).bandwidth == 0


def test_a_tip_that_pays_too_little_keeps_its_signal_out() -> None:
    here = ledger(price_least=20)
    error = refusal(here, transfers(here, POOR, units=5, tip=99))
    assert error.code == "price"
    assert "a tip of 100 or more" in str(error)
    with pytest.raises(SignalError, match="tip of 100"):
        here.block(transfers(here, POOR, units=5, tip=99))
    assert here.codes(transfers(here, POOR, units=5, tip=100)) == ["ok"]


def test_before_version_6_a_signal_without_bandwidth_fails_as_ever() -> None:
    here = Ledger([(POOR, 1_000, 0)], Parameters())
    (result,) = here.block(transfers(here, POOR, units=1, tip=500))
    assert (result.code, result.fee) == ("bandwidth", 500)
    assert PRICE_KEY not in here.entries


def test_what_fails_has_used_its_room_and_paid_for_it() -> None:
    here = ledger()
    signal = here.signal(POOR, SetProperty(A, "name", b""), tip=9)
    (result,) = here.block(signal)
    assert (result.code, result.fee) == ("absent", 9)
    assert (price(here).units, here.account(POOR).burned) == (1, 1)
    here = ledger()
    assert here.codes(here.signal(ANN, SetProperty(A, "name", b""))) == ["absent"]
    assert here.account(ANN).bandwidth == 99 * 10


def test_without_that_failing_is_free_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "take_charge", lambda *given: None)
    here = ledger()
    assert here.codes(here.signal(ANN, SetProperty(A, "name", b""))) == ["absent"]
    assert here.account(ANN).bandwidth == 100 * 10


def test_a_block_has_room_for_units_max() -> None:
    here = ledger(units_max=20)
    first, second = transfers(here, ANN, 10, 0), transfers(here, POOR, 10, 10)
    third = transfers(here, BOB, 1, 100)
    chosen = here.propose(first, second, third)
    assert [signal.id for signal in chosen.signals] == [first.id, second.id]
    assert [error.code for _, error in chosen.refused] == ["crowded"]
    with pytest.raises(SignalError) as caught:
        here.block(first, second, third)
    assert caught.value.code == "crowded"
    assert here.codes(first, second) == ["ok", "ok"]
    assert here.codes(third) == ["ok"]


def test_a_signal_that_no_block_has_room_for_is_too_large() -> None:
    here = ledger(units_max=20)
    assert refusal(here, transfers(here, POOR, 21, 1_000)).code == "size"


def test_only_half_of_a_block_is_free() -> None:
    here = ledger(units_max=20)
    first, second = transfers(here, ANN, 8, 0), transfers(here, BOB, 8, 0)
    chosen = here.propose(first, second)
    assert [error.code for _, error in chosen.refused] == ["crowded"]
    assert "with a tip of 6" in str(chosen.refused[0][1])
    assert here.codes(first, transfers(here, BOB, 8, 6)) == ["ok", "ok"]
    assert price(here).units == 6
    assert here.account(BOB).bandwidth == 98 * 10


def test_without_that_half_stakers_fill_blocks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FeeRules, "free_max", property(lambda rules: rules.units_max))
    here = ledger(units_max=20)
    assert here.codes(transfers(here, ANN, 10, 0), transfers(here, BOB, 10, 0)) == ["ok", "ok"]


def test_the_price_follows_what_is_paid() -> None:
    here = ledger(units_max=20, price_least=800)
    for second in range(3):
        here.time = 1_000 * second
        assert here.codes(transfers(here, POOR, 2, 2_600)) == ["ok"]
    assert price(here).price == 800
    here.time = 3_000
    signal = transfers(here, RICH, 1, 0)
    here = ledger(units_max=20, price_least=8)
    here.block(transfers(here, POOR, 20, 160))
    here.time = 999
    here.block()
    assert price(here) == (8, 0, 20, 0)
    here.time = 1_000
    here.block()
    assert price(here) == (9, 1_000, 0, 20)
    assert signal.signal.tip == 0
    here.time = 60_000
    here.block()
    assert price(here) == (8, 60_000, 0, 0)


def test_free_units_do_not_move_the_price() -> None:
    here = ledger(units_max=200, price_least=80)
    here.block(transfers(here, ANN, 100, 0))
    here.time = 1_000
    here.block()
    assert price(here) == (80, 1_000, 0, 0)


def test_an_empty_block_within_an_interval_writes_nothing_new() -> None:
    here = ledger()
    here.block()
    before = here.entries[PRICE_KEY]
    here.time = 500
    here.block()
    assert here.entries[PRICE_KEY] == before


def test_what_is_not_burned_goes_where_tips_go() -> None:
    here = ledger(burn_share=500, price_least=3)
    before = here.supply
    assert here.codes(transfers(here, POOR, 1, 3)) == ["ok"]
    # The odd base unit is burned.
    assert (here.account(PROPOSER).balance, here.account(POOR).burned) == (1, 2)
    assert here.supply == before - 2


def test_the_least_price_holds_at_once_when_it_rises() -> None:
    rules = FeeRules(price_least=50)
    assert BasePrice(7, 0, 3).at(10, rules) == BasePrice(50, 0, 3)
    assert read_price(lambda key: None, 77, rules) == BasePrice(50, 77)


OPERATIONS = 1_000_000 if SOAK else 12_000
OWNERS = [ANN, BOB, POOR, RICH]


@given(seed=st.integers(0, 1 << 32))
@settings(max_examples=4, deadline=None)
def test_supply_is_genesis_and_minted_less_burned(seed: int) -> None:
    """To the unit, over many random operations with random tips, in blocks that are often crowded."""
    check_supply(Random(seed), OPERATIONS // 4)


def check_supply(random: Random, operations: int) -> None:
    here = Ledger([(each, 10**6, 50) for each in OWNERS], paying(units_max=24, burn_share=700))
    genesis, minted, done = here.supply, 0, 0
    while done < operations:
        here.time += random.choice((0, 100, 400, 1_000, 9_000))
        signals = []
        for owner in random.sample(OWNERS, 3):
            kinds = [
                Transfer(random.choice(OWNERS), random.randint(1, 1_000)),
                Stake(random.randint(1, 30)),
                Unstake(random.randint(1, 30)),
                Link(A, B, b"", random.randint(1, 20)),
                Unlink(A, B, b""),
                Burn(random.randint(1, 50)),
                Mint(owner, random.randint(1, 100)),
                SetProperty(A, "name", b"value" * random.randint(0, 9)),
            ]
            steps = random.choices(kinds, k=random.randint(1, 12))
            tip = random.choice((0, 0, 3, 40, 900))
            signals.append(here.signal(owner, *steps, tip=tip, expires_height=1 << 40))
        chosen = here.propose(*signals)
        results = here.block(*chosen.signals)
        for signal, result in zip(chosen.signals, results, strict=True):
            done += len(signal.signal.operations)
            if result.code == "ok":
                minted += sum(each[2] for each in signal.signal.operations if each[0] == "mint/1")
        burned = sum(here.account(each).burned for each in OWNERS)
        assert here.supply == genesis + minted - burned
        owned = [here.account(each) for each in (*OWNERS, PROPOSER)]
        assert here.supply == sum(each.balance + each.stake for each in owned)
    assert minted
    assert burned


def test_a_burn_that_supply_does_not_see_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(account: Account, amount: int) -> Account:
        return changed(account, balance=account.balance - amount)

    monkeypatch.setattr(Account, "burning", forget)
    with pytest.raises(AssertionError):
        check_supply(Random(1), 500)
