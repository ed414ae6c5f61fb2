"""The bank's operations: tokens move and are never made but by those who may."""

from __future__ import annotations

import pytest

from focusmesh.apps.bank import Burn, Mint, Stake, Transfer, Unstake
from focusmesh.kernel.runtime import ROTATION_DOMAIN, Link, Operation, RotateKey, rotation_digest
from focusmesh.kernel.state import Parameters
from tests.kernel.runtime.world import NETWORK, Ledger, key, particle

ANN, BOB, MINTER = particle(1), particle(2), particle(3)
A, B = particle(10), particle(11)
PARAMETERS = Parameters(bandwidth_blocks=4, minters=(MINTER,))


def ledger() -> Ledger:
    return Ledger([(ANN, 100, 100), (MINTER, 50, 0)], PARAMETERS)


def test_transfer() -> None:
    here = ledger()
    assert here.codes(here.signal(ANN, Transfer(BOB, 60))) == ["ok"]
    assert (here.account(ANN).balance, here.account(BOB).balance) == (40, 60)
    assert here.codes(here.signal(BOB, Transfer(ANN, 61))) == ["balance"]
    assert here.codes(here.signal(BOB, Transfer(BOB, 60))) == ["ok"]
    assert here.account(BOB).balance == 60


def test_one_transfer_in_a_signal_is_free() -> None:
    here = ledger()
    here.block(here.signal(ANN, Transfer(BOB, 60)))
    one = Transfer(ANN, 1)
    assert here.codes(here.signal(BOB, one, one)) == ["bandwidth"]
    assert here.codes(here.signal(BOB, one)) == ["ok"]
    assert here.codes(here.signal(BOB, one), here.signal(BOB, one, nonce=3)) == ["ok", "ok"]
    link = Link(A, B, b"", 1)
    assert here.codes(here.signal(ANN, *[Transfer(BOB, 1), link] * 10)) == ["ok"]
    assert here.account(ANN).bandwidth == (100 - 19) * PARAMETERS.bandwidth_blocks


def test_a_tip_is_spent_before_the_rest() -> None:
    here = ledger()
    assert here.codes(here.signal(ANN, Transfer(BOB, 100), tip=1)) == ["balance"]
    assert here.codes(here.signal(ANN, Transfer(BOB, 99))) == ["ok"]


def test_stake_and_unstake() -> None:
    here = ledger()
    assert here.codes(here.signal(ANN, Stake(101))) == ["balance"]
    assert here.codes(here.signal(ANN, Stake(40), Link(A, B, b"", 130))) == ["ok"]
    assert here.codes(here.signal(ANN, Unstake(11))) == ["stake"]
    assert here.codes(here.signal(ANN, Unstake(10))) == ["ok"]
    account = here.account(ANN)
    assert (account.balance, account.stake, account.locked) == (70, 130, 130)


def test_new_stake_fills_with_bandwidth_block_by_block() -> None:
    here = ledger()
    here.block(here.signal(ANN, Transfer(BOB, 8)))
    link = Link(A, B, b"", 1)
    assert here.codes(here.signal(BOB, Stake(8), link)) == ["bandwidth"]
    here.block(here.signal(BOB, Stake(8)))
    assert here.codes(here.signal(BOB, link, link)) == ["ok"]
    assert here.codes(here.signal(BOB, link, link, link)) == ["bandwidth"]
    for _ in range(9):
        here.block()
    assert here.codes(here.signal(BOB, *[link] * 9)) == ["bandwidth"]
    here.block(here.signal(BOB, Unstake(2), Stake(2)))
    assert here.account(BOB).bandwidth == 6 * PARAMETERS.bandwidth_blocks


def test_one_stake_is_not_used_twice_by_sending_it_on() -> None:
    here = Ledger([(ANN, 0, 4)], PARAMETERS)
    link = Link(A, B, b"", 1)
    assert here.codes(
        here.signal(ANN, link, link, link, ("unlink/1", A, B, b""), Unstake(4), Transfer(BOB, 4))
    ) == ["ok"]
    assert here.codes(here.signal(BOB, Stake(4), link)) == ["bandwidth"]


def test_staking_costs_no_bandwidth() -> None:
    """Who has no stake yet has no bandwidth to stake with; what is one's own comes out without any."""
    here = Ledger([(BOB, 8, 0)], PARAMETERS)
    assert here.account(BOB).bandwidth == 0
    assert here.codes(here.signal(BOB, Stake(1), Stake(1), Unstake(1), Unstake(1))) == ["ok"]


@pytest.mark.parametrize("first", [False, True])
def test_nobody_pays_a_key_that_was_rotated(first: bool) -> None:
    """Whichever of both keys comes first by its bytes."""
    pair = sorted([key(0), key(1)], key=lambda one: one.public, reverse=first)
    old, new = pair
    here = Ledger([(old.public, 10, 0), (ANN, 10, 0)], PARAMETERS)
    accepted = new.sign(ROTATION_DOMAIN, rotation_digest(NETWORK, old.public, new.public))
    here.block(here.signal(old.public, RotateKey(new.public, accepted)))
    assert here.codes(here.signal(ANN, Transfer(old.public, 1))) == ["rotated"]
    assert here.codes(here.signal(ANN, Transfer(new.public, 1))) == ["ok"]
    assert here.account(new.public).balance == 11


@pytest.mark.parametrize(
    "operation", [Burn(1), Mint(BOB, 1), Stake(1), Transfer(BOB, 1), Unstake(1)]
)
def test_an_operation_cannot_be_changed_in_place(operation: Operation) -> None:
    with pytest.raises(AttributeError):
        operation.amount = 2  # type: ignore[attr-defined]


def test_minting_and_burning_take_permission() -> None:
    here = ledger()
    assert here.codes(here.signal(ANN, Mint(ANN, 1))) == ["permission"]
    assert here.codes(here.signal(ANN, Burn(1))) == ["permission"]
    assert here.codes(here.signal(MINTER, Mint(BOB, 7), Mint(MINTER, 1), Burn(50))) == ["ok"]
    assert here.supply == 250 + 8 - 50
    assert (here.account(BOB).balance, here.account(MINTER).balance) == (7, 1)
    assert here.account(MINTER).burned == 50
    assert here.codes(here.signal(MINTER, Burn(2))) == ["balance"]


def test_the_supply_stays_below_2_to_the_63() -> None:
    here = ledger()
    room = 2**63 - 1 - 250
    assert here.codes(here.signal(MINTER, Mint(BOB, room), Mint(BOB, 1))) == ["supply"]
    assert here.codes(here.signal(MINTER, Mint(BOB, room))) == ["ok"]
    assert here.codes(here.signal(MINTER, Mint(BOB, 1))) == ["supply"]
    assert here.account(BOB).balance == room
