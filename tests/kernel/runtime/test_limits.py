"""The ends of ranges: amounts near 2⁶³, counts that would pass it; signals that cost more to refuse than to send."""

from __future__ import annotations

import pytest

from focusmesh.apps.bank import Burn, Mint, Stake, Unstake
from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.runtime import Link, PutBlob, RotateKey, rotation_digest
from focusmesh.kernel.runtime.keys import ROTATION_DOMAIN
from focusmesh.kernel.state import Parameters
from focusmesh.protocol.signal import AMOUNT_MAX
from tests.kernel.runtime.world import NETWORK, REGISTRY, Ledger, key, particle

ANN, BOB = key(1), particle(2)
A, B = particle(10), particle(11)


def test_the_largest_stake_can_be_written_and_used() -> None:
    """Its bandwidth, in parts of a unit, would be a hundred times more than a number of an account can be."""
    here = Ledger([(ANN.public, 0, AMOUNT_MAX)], Parameters(bandwidth_blocks=100))
    assert here.account(ANN.public).bandwidth == AMOUNT_MAX
    assert here.codes(here.signal(ANN.public, Link(A, B, b"", AMOUNT_MAX))) == ["ok"]
    assert here.account(ANN.public).bandwidth == AMOUNT_MAX - 100
    here.height += 2**40
    moved = here.signal(ANN.public, Link(A, B, b"", 1), expires_height=AMOUNT_MAX)
    assert here.codes(moved) == ["stake"]
    unstaked = here.signal(ANN.public, Unstake(1), expires_height=AMOUNT_MAX)
    assert here.codes(unstaked) == ["stake"]


def test_restaking_the_most_there_is_stays_in_range() -> None:
    here = Ledger([(ANN.public, 0, AMOUNT_MAX)], Parameters())
    steps = (Unstake(AMOUNT_MAX), Stake(AMOUNT_MAX))
    assert here.codes(here.signal(ANN.public, *steps)) == ["ok"]
    assert here.account(ANN.public).stake == here.supply == AMOUNT_MAX


def test_what_was_burned_is_counted_to_the_end_of_the_range() -> None:
    here = Ledger([(ANN.public, 1, 0)], Parameters(minters=(ANN.public,)))
    most = AMOUNT_MAX - 1
    for _ in range(4):
        cycle = here.signal(ANN.public, Mint(ANN.public, most), Burn(most))
        assert here.codes(cycle) == ["ok"]
    account = here.account(ANN.public)
    assert (account.burned, account.balance, here.supply) == (AMOUNT_MAX, 1, 1)
    new = key(2)
    consent = new.sign(ROTATION_DOMAIN, rotation_digest(NETWORK, ANN.public, new.public))
    assert here.codes(here.signal(ANN.public, RotateKey(new.public, consent))) == ["ok"]
    assert here.account(new.public).burned == AMOUNT_MAX


def test_who_cannot_pay_is_refused_before_operations_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Anybody can sign ten thousand operations with a key made up a moment ago."""
    here = Ledger([(ANN.public, 10, 10)])
    stranger = here.signal(BOB, ["no such operation/1"] * 2)
    stale = here.signal(ANN.public, ["no such operation/1"], nonce=5)
    read: list[object] = []
    monkeypatch.setattr(type(REGISTRY), "read", lambda *taken: read.append(taken))
    for signal, code in ((stranger, "account"), (stale, "nonce")):
        with pytest.raises(SignalError) as caught:
            here.runtime.admit(here.begin(), signal)
        assert caught.value.code == code
    assert read == []


def test_content_of_another_size_than_claimed_is_not_kept() -> None:
    here = Ledger([(ANN.public, 10, 10)])
    content = b"x" * 100_000
    claim = here.signal(ANN.public, PutBlob(digest(content), 1))
    assert here.propose(claim, contents={digest(content): content}).signals == []
    here.block(claim, contents={digest(content): content})
    assert here.contents == {}
    right = here.signal(ANN.public, PutBlob(digest(b"x"), 1))
    here.block(right, contents={digest(b"x"): b"x"})
    assert here.contents == {digest(b"x"): b"x"}
