"""The pin market, case by case: what is locked, asked for, paid, lost and given back."""

from __future__ import annotations

import pytest

from focusmesh.apps.bank import Transfer
from focusmesh.apps.pins import ClosePin, ProvePin, TakePin, challenged_shares
from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import ROTATION_DOMAIN, RotateKey, rotation_digest
from focusmesh.kernel.state import PIN_PREFIX, changed
from focusmesh.protocol.codec import encode
from tests.apps.pins.market import ANN, BOB, CY, Market, name_of, offer
from tests.kernel.runtime.world import NETWORK, key

OFFER = offer()
PIN = name_of(OFFER)


def kept() -> Market:
    """A pin that BOB took in block 2: round 0 is of blocks 3 to 5."""
    here = Market()
    assert here.codes(here.signal(ANN, OFFER)) == ["ok"]
    assert here.codes(here.signal(BOB, TakePin(PIN))) == ["ok"]
    return here


def balances(here: Market) -> tuple[int, int, int]:
    return here.account(ANN).balance, here.account(BOB).balance, here.account(PIN).balance


def test_what_it_may_cost_is_locked_and_goes_back_until_somebody_takes_it() -> None:
    here = Market()
    assert here.codes(here.signal(ANN, offer(price=201))) == ["balance"]
    assert here.codes(here.signal(ANN, OFFER)) == ["ok"]
    assert balances(here) == (950, 1_000, 50)
    assert here.codes(here.signal(ANN, OFFER)) == ["pinned"]
    assert here.codes(here.signal(ANN, offer(copy=1)), here.signal(BOB, OFFER)) == ["ok", "ok"]
    assert here.codes(here.signal(BOB, ClosePin(PIN))) == ["running"]
    assert here.codes(here.signal(ANN, ClosePin(PIN))) == ["ok"]
    assert here.codes(here.signal(ANN, ClosePin(PIN))) == ["absent"]
    assert balances(here) == (950, 950, 0)
    assert not here.get(PIN_PREFIX + PIN)
    assert here.owned() == here.supply == 6_000


def test_an_offer_is_taken_once_in_time_and_with_its_deposit() -> None:
    here = Market()
    here.block(here.signal(ANN, OFFER, offer(until=3), offer(deposit=1_001)))
    dear = name_of(offer(deposit=1_001))
    assert here.codes(here.signal(BOB, TakePin(dear))) == ["balance"]
    assert here.codes(here.signal(BOB, TakePin(PIN)), here.signal(CY, TakePin(PIN))) in (
        ["ok", "taken"],
        ["taken", "ok"],
    )
    here.pass_to(4)
    assert here.codes(here.signal(BOB, TakePin(name_of(offer(until=3))))) == ["taken"]
    assert here.codes(here.signal(BOB, TakePin(ANN))) == ["absent"]
    assert here.codes(here.signal(CY, ClosePin(name_of(offer(until=3))))) == ["ok"]
    assert here.owned() == here.supply


def test_terms_that_were_changed_are_another_offer() -> None:
    """An offer cannot be exchanged for a worse one between a keeper's look and its signal's block."""
    here = Market()
    here.block(here.signal(ANN, OFFER))
    here.block(here.signal(ANN, ClosePin(PIN), offer(price=1)))
    assert here.codes(here.signal(BOB, TakePin(PIN))) == ["absent"]


def test_every_round_is_paid_once() -> None:
    here = kept()
    paid = 0
    for turn in range(OFFER.proofs):
        here.pass_to(3 + 3 * turn)
        early = here.proof(PIN)
        assert here.codes(here.signal(BOB, early, early)) == ["round"]
        assert here.codes(here.signal(BOB, here.proof(PIN))) == ["ok"]
        again = here.signal(BOB, here.proof(PIN)), here.signal(CY, ClosePin(PIN))
        assert here.codes(*again) == ["round", "running"]
        paid += OFFER.price
        assert balances(here) == (950, 960 + paid, 90 - paid)
    assert here.codes(here.signal(BOB, here.proof(PIN, 4))) == ["round"]
    assert here.codes(here.signal(CY, ClosePin(PIN))) == ["ok"]
    assert balances(here) == (950, 1_050, 0)
    assert here.owned() == here.supply == 6_000


def test_nothing_is_to_be_proved_in_the_block_that_takes_it() -> None:
    here = Market()
    here.block(here.signal(ANN, OFFER))
    shown = ProvePin(PIN, 0, encode([]))
    assert here.codes(here.signal(BOB, TakePin(PIN), shown)) == ["round"]
    assert here.codes(here.signal(BOB, shown)) == ["keeper"]


def test_what_is_shown_has_to_be_what_was_asked_for() -> None:
    here = kept()
    right = here.proof(PIN)
    assert here.codes(here.signal(CY, right)) == ["keeper"]
    assert here.codes(here.signal(BOB, here.proof(PIN, skipped=1))) == ["possession"]
    here.pass_to(6)
    replayed = changed(right, round=1)
    assert here.codes(here.signal(BOB, right)) == ["round"]
    assert here.codes(here.signal(BOB, replayed)) == ["possession"]
    assert here.codes(here.signal(BOB, here.proof(PIN))) == ["ok"]


def test_every_byte_that_is_shown_counts() -> None:
    here = kept()
    right = here.proof(PIN)
    for at in range(0, len(right.shown), 31):
        wrong = bytearray(right.shown)
        wrong[at] ^= 1
        try:
            (code,) = here.codes(here.signal(BOB, changed(right, shown=bytes(wrong))))
        except SignalError as error:
            code = error.code
        assert code in {"possession", "malformed", "round"}, at
        here.height = 3
    left = here.pin(PIN)
    assert left is not None
    assert left.paid == 0


def test_what_shows_no_shares_is_in_no_block() -> None:
    here = kept()
    for shown in (b"", b"\xff", encode([[b"", [], b""]]), encode({})):
        with pytest.raises(SignalError) as caught:
            here.block(here.signal(BOB, ProvePin(PIN, 0, shown)))
        assert caught.value.code == "malformed"
    with pytest.raises(SignalError) as caught:
        here.block(here.signal(ANN, changed(OFFER, width=3)))
    assert caught.value.code == "malformed"


@pytest.mark.parametrize(
    ("proved", "lost"),
    [([0, 1, 2, 3, 4], 0), ([0, 2, 3, 4], 20), ([1, 2, 3], 40), ([], 40), ([0, 1, 2, 4], 20)],
)
def test_missed_rounds_cost_the_deposit_share_by_share(proved: list[int], lost: int) -> None:
    here = kept()
    for turn in proved:
        here.pass_to(4 + 3 * turn)
        here.block(here.signal(BOB, here.proof(PIN)))
    here.pass_to(18)
    assert here.codes(here.signal(CY, ClosePin(PIN))) == ["ok"]
    # After the second miss nothing is paid any more: [1, 2, 3] misses round 0, and 4 only at the end.
    earned = OFFER.price * len(proved)
    assert balances(here) == (1_000 - earned, 1_000 + earned - lost, 0)
    assert here.account(BOB).burned == lost
    assert here.owned() == here.supply == 6_000 - lost


def test_a_pin_that_is_lost_pays_nothing_and_can_be_closed_at_once() -> None:
    here = kept()
    here.pass_to(8)
    assert here.codes(here.signal(ANN, ClosePin(PIN))) == ["running"]
    here.pass_to(9)
    assert here.codes(here.signal(BOB, here.proof(PIN))) == ["round"]
    assert here.codes(here.signal(CY, ClosePin(PIN))) == ["ok"]
    assert balances(here) == (1_000, 960, 0)


def test_tokens_sent_to_a_pin_are_the_offerers_in_the_end() -> None:
    here = Market()
    here.block(here.signal(CY, Transfer(PIN, 7)))
    here.block(here.signal(ANN, OFFER))
    here.block(here.signal(CY, Transfer(PIN, 1)))
    here.block(here.signal(ANN, ClosePin(PIN)))
    assert balances(here) == (1_008, 1_000, 0)


def test_who_keeps_a_pin_keeps_it_with_a_new_key() -> None:
    old, new = key(1), key(2)
    here = Market([(ANN, 1_000, 1_000), (old.public, 1_000, 1_000)])
    here.block(here.signal(ANN, OFFER))
    here.block(here.signal(old.public, TakePin(PIN)))
    accepted = new.sign(ROTATION_DOMAIN, rotation_digest(NETWORK, old.public, new.public))
    here.block(here.signal(old.public, RotateKey(new.public, accepted)))
    assert here.codes(here.signal(new.public, here.proof(PIN))) == ["ok"]
    assert here.account(new.public).balance == 970
    here.pass_to(12)
    assert here.codes(here.signal(ANN, ClosePin(PIN))) == ["ok"]
    assert (here.account(new.public).balance, here.account(new.public).burned) == (970, 40)


def test_challenges_are_drawn_anew_for_every_root_round_keeper_and_pin() -> None:
    pin = changed(OFFER.pin(ANN), keeper=BOB, shares=16)
    asked = [
        challenged_shares(NETWORK, PIN, pin, 0, bytes(32)),
        challenged_shares(NETWORK, PIN, pin, 0, b"\1" * 32),
        challenged_shares(NETWORK, PIN, pin, 1, bytes(32)),
        challenged_shares(NETWORK, PIN, changed(pin, keeper=CY), 0, bytes(32)),
        challenged_shares(NETWORK, ANN, pin, 0, bytes(32)),
        challenged_shares(ANN, PIN, pin, 0, bytes(32)),
    ]
    assert len({tuple(places) for places in asked}) == len(asked)
    assert all(0 <= row < 8 and 0 <= column < 8 for places in asked for row, column in places)
    again = [challenged_shares(NETWORK, PIN, pin, turn, bytes(32)) for turn in range(100)]
    assert len({place for places in again for place in places}) == 64
