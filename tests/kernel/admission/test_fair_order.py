"""The fair order: shares by weight, to the byte over many blocks, whatever the number of keys; reserves; a room."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.ids import digest
from focusmesh.kernel.admission import (
    NEWCOMER,
    ORDINARY,
    SERVICE,
    RoomClaim,
    claim_order,
    first_with_room,
    kind_of,
)
from focusmesh.kernel.state import Account, OrderRules
from focusmesh.protocol.signal import Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

RULES = OrderRules()
SEED = bytes(32)


def claims_of(
    name: str, weight: int, count: int = 1, size: int = 100, tip: int = 0, kind: str = ORDINARY
) -> list[RoomClaim]:
    neuron = digest(name.encode())
    return [
        RoomClaim(digest(neuron + bytes([nonce])), neuron, nonce, size, weight, tip, kind)
        for nonce in range(count)
    ]


def shares(claims: Sequence[RoomClaim], room: int, blocks: int = 400) -> Counter[bytes]:
    """Bytes of each neuron in all of so many rooms, each with the same claims."""
    found: Counter[bytes] = Counter()
    for number in range(blocks):
        for at in first_with_room(
            claims, digest(bytes([number % 256, number // 256])), room, RULES
        ):
            found[claims[at].neuron] += claims[at].size
    return found


def test_what_fits_comes_in_whole_and_nothing_is_asked() -> None:
    claims = claims_of("a", 0, 3) + claims_of("b", 9, 2)
    assert first_with_room(claims, SEED, 500, RULES) == [0, 1, 2, 3, 4]


def test_room_is_shared_by_weight() -> None:
    claims = claims_of("heavy", 300, 40) + claims_of("light", 100, 40)
    found = shares(claims, 2_000)
    heavy, light = (found[digest(name)] for name in (b"heavy", b"light"))
    assert heavy + light == 400 * 2_000
    assert 0.73 <= heavy / (heavy + light) <= 0.77


def test_more_keys_get_no_more_and_fewer_no_less() -> None:
    whole = claims_of("other", 500, 40) + claims_of("one", 500, 40)
    split = claims_of("other", 500, 40)
    for number in range(20):
        split += claims_of(f"part {number}", 25, 2)
    parts = shares(split, 2_000)
    assert shares(whole, 2_000)[digest(b"other")] / 800_000 == pytest.approx(0.5, abs=0.03)
    assert parts[digest(b"other")] / 800_000 == pytest.approx(0.5, abs=0.05)


def test_the_lightest_is_not_starved() -> None:
    claims = claims_of("light", 1) + [each for n in range(50) for each in claims_of(str(n), 20, 10)]
    assert shares(claims, 1_000)[digest(b"light")] > 0


def test_who_has_no_weight_comes_last_and_a_tip_doubles_a_weight_at_most() -> None:
    claims = claims_of("none", 0, tip=10**9) + claims_of("some", 1)
    assert claim_order(claims, SEED) == [1, 0]
    rich = claims_of("tips", 100, 40, tip=10**12) + claims_of("more", 200, 40)
    found = shares(rich, 2_000)
    assert found[digest(b"tips")] / 800_000 == pytest.approx(0.5, abs=0.03)


def test_services_and_newcomers_have_room_of_their_own() -> None:
    flood = [each for number in range(60) for each in claims_of(str(number), 10**6)]
    service = claims_of("service", 0, kind=SERVICE)
    new = claims_of("new", 0, tip=5, kind=NEWCOMER) + claims_of("poorer", 0, tip=4, kind=NEWCOMER)
    claims = [*flood, *service, *new]
    chosen = {claims[at].neuron for at in first_with_room(claims, SEED, 2_000, RULES)}
    assert {digest(b"service"), digest(b"new")} <= chosen
    assert digest(b"poorer") not in chosen
    none = OrderRules(service_reserve=0, newcomer_reserve=0)
    chosen = {claims[at].neuron for at in first_with_room(claims, SEED, 2_000, none)}
    assert not {digest(b"service"), digest(b"new")} & chosen


def test_one_that_is_larger_than_the_room_comes_alone() -> None:
    assert first_with_room(claims_of("a", 5, 2, size=900), SEED, 100, RULES) == [0]


numbers = st.integers(0, 5)


@given(
    st.lists(
        st.tuples(
            numbers,
            st.integers(1, 300),
            st.integers(0, 50),
            st.sampled_from((ORDINARY, SERVICE, NEWCOMER)),
        ),
        max_size=30,
    ),
    st.integers(1, 2_000),
    st.binary(min_size=32, max_size=32),
    st.randoms(use_true_random=False),
)
def test_nonces_stay_in_turn_the_room_is_kept_and_places_do_not_matter(
    drawn: list[tuple[int, int, int, str]], room: int, seed: bytes, random: object
) -> None:
    nonces: Counter[int] = Counter()
    claims = []
    for name, size, weight, kind in drawn:
        neuron = digest(bytes([name]))
        nonce = nonces[name]
        nonces[name] += 1
        claims.append(
            RoomClaim(digest(neuron + bytes([nonce])), neuron, nonce, size, weight, 0, kind)
        )
    chosen = [claims[at] for at in first_with_room(claims, seed, room, RULES)]
    assert bool(chosen) == bool(claims)
    assert sum(each.size for each in chosen) <= room or len(chosen) == 1
    for neuron in {each.neuron for each in chosen}:
        mine = sorted(each.nonce for each in chosen if each.neuron == neuron)
        assert mine == list(range(len(mine)))
    shuffled = claims[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = [shuffled[at] for at in first_with_room(shuffled, seed, room, RULES)]
    assert {each.signal for each in again} == {each.signal for each in chosen}


@pytest.mark.parametrize(
    ("operations", "nonce", "account", "tip", "kind"),
    [
        ([["unlink/1"], ["vote_change/1"]], 4, Account(nonce=4), 0, SERVICE),
        ([["accuse/2"]], 0, Account(), 0, SERVICE),
        ([["unlink/1"], ["link/1"]], 4, Account(nonce=4), 0, ORDINARY),
        ([["link/1"]], 0, Account(), 3, NEWCOMER),
        ([["link/1"]], 0, Account(), 2, ORDINARY),
        ([["link/1"]], 0, Account(origin=bytes(32)), 3, ORDINARY),
        ([["link/1"]], 1, Account(nonce=1), 3, ORDINARY),
    ],
)
def test_kinds(
    operations: list[list[str]], nonce: int, account: Account, tip: int, kind: str
) -> None:
    signal = Signal(
        network=bytes(32),
        neuron=bytes(32),
        nonce=nonce,
        expires_height=9,
        operations=tuple(map(tuple, operations)),
        tip=tip,
    )
    assert kind_of(signal, account, OrderRules(newcomer_deposit=3)) == kind
