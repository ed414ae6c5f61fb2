"""What a keeper without the whole block gets away with: measured against what the page says, and undefended."""

from __future__ import annotations

from itertools import product

import pytest

from focusmesh.apps.pins import Pin, TakePin, challenged_shares
from focusmesh.apps.pins.operations import proofs as proving
from focusmesh.ids import digest
from focusmesh.kernel.availability import Gathering, ProvedShare
from focusmesh.kernel.state import changed
from tests.apps.pins.market import ANN, BOB, Market, name_of, offer, square
from tests.kernel.runtime.world import NETWORK

ROUNDS = 4_000
SIZE = 8
LOST = frozenset(product(range(5), range(5)))
"""(k + 1)² places of a square with k = 4: the fewest that nobody can fill again."""


def answered(shares: int) -> int:
    """How many of many rounds somebody passes who has all but LOST."""
    pin = changed(offer(shares=shares).pin(ANN), keeper=BOB)
    return sum(
        LOST.isdisjoint(challenged_shares(NETWORK, ANN, pin, turn, digest(b"%d" % turn)))
        for turn in range(ROUNDS)
    )


@pytest.mark.parametrize("shares", [1, 2, 4, 8])
def test_who_lacks_what_cannot_be_repaired_is_found_as_often_as_it_should(shares: int) -> None:
    expected = (1 - len(LOST) / SIZE**2) ** shares
    assert expected < 0.75**shares
    # Four standard deviations; seeds are fixed.
    tolerance = 4 * (expected * (1 - expected) / ROUNDS) ** 0.5
    assert abs(answered(shares) / ROUNDS - expected) < tolerance


def test_fewer_lost_shares_than_those_are_filled_again() -> None:
    """So that whoever cannot give back the block lacks at least (k + 1)² of them."""
    whole, lost = square(), LOST - {(0, 0)}
    held = [whole.prove(*place) for place in product(range(SIZE), range(SIZE)) if place not in lost]
    assert _is_whole(held)
    assert not _is_whole([share for share in held if (share.row, share.column) != (0, 0)])


def _is_whole(held: list[ProvedShare]) -> bool:
    gathering = Gathering(square().roots)
    for share in held:
        gathering.add(share)
    return gathering.repair() is not None


def test_with_places_that_are_known_beforehand_few_shares_would_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The twin: a challenge that does not hang on the state asks for the same shares in every round."""
    here = Market()
    name = name_of(offer())
    here.block(here.signal(ANN, offer()))
    here.block(here.signal(BOB, TakePin(name)))
    old = here.proof(name)
    assert here.codes(here.signal(BOB, old)) == ["ok"]
    here.pass_to(6)
    assert here.codes(here.signal(BOB, changed(old, round=1))) == ["possession"]

    def fixed(network: bytes, pin_id: bytes, pin: Pin, turn: int, root: bytes) -> object:
        return challenged_shares(network, pin_id, pin, 0, here.roots[pin.beacon(0)])

    monkeypatch.setattr(proving, "challenged_shares", fixed)
    assert here.codes(here.signal(BOB, changed(old, round=1))) == ["ok"]
