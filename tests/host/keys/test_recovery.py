"""Shares of a key: any k restore it, and whatever does not belong is refused by name."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import ParameterError, SecretError
from focusmesh.host.keys import recovery
from focusmesh.host.keys.recovery import Share, read_share, recover_key, split
from focusmesh.protocol.identity import SigningKey

if TYPE_CHECKING:
    import random

SEED = bytes(range(32))
KEY = SigningKey(SEED)


def named(shares: list[Share]) -> list[Share]:
    """The shares as they were read from sheets ``sheet 1`` and on."""
    return [
        read_share(share.words, f"sheet {share.number}", KEY.public)
        for share in sorted(shares, key=lambda each: each.number)
    ]


FIVE = named(split(SEED, 3, 5))
OTHERS = split(SEED, 3, 5)


@pytest.mark.parametrize("chosen", list(combinations(range(5), 3)))
def test_any_three_of_five_restore_the_key(chosen: tuple[int, ...]) -> None:
    assert recover_key([FIVE[number] for number in chosen]).seed == SEED


@settings(max_examples=10)
@given(st.binary(min_size=32, max_size=32), st.integers(2, 5), st.integers(0, 3), st.randoms())
def test_any_key_is_restored_by_any_that_are_enough(
    seed: bytes, threshold: int, more: int, mind: random.Random
) -> None:
    shares = split(seed, threshold, threshold + more)
    mind.shuffle(shares)
    taken = shares[: mind.randint(threshold, len(shares))]
    assert recover_key(taken).seed == seed
    with pytest.raises(SecretError, match=f"it takes {threshold} shares"):
        recover_key(shares[: threshold - 1])


def test_every_set_is_another_one() -> None:
    assert not {share.words for share in FIVE} & {share.words for share in OTHERS}
    assert [share.number for share in FIVE] == [1, 2, 3, 4, 5]
    assert {share.threshold for share in FIVE} == {3}


@pytest.mark.parametrize(("threshold", "count"), [(1, 1), (1, 3), (3, 2), (0, 2), (2, 17), (-1, 4)])
def test_what_cannot_be_shared_so_is_refused(threshold: int, count: int) -> None:
    with pytest.raises(ParameterError, match="2 ≤ threshold ≤ shares ≤ 16"):
        split(SEED, threshold, count)


def test_sixteen_of_sixteen_are_possible() -> None:
    assert recover_key(split(SEED, 16, 16)).seed == SEED


def test_too_few_are_told_how_many_are_missing() -> None:
    with pytest.raises(SecretError, match=r"only number 2, 5 is here: add 1 more of the same set"):
        recover_key([FIVE[1], FIVE[4]])
    with pytest.raises(SecretError, match="no share"):
        recover_key([])


def test_one_that_came_twice_is_named() -> None:
    again = read_share(FIVE[0].words, "the same again")
    with pytest.raises(SecretError, match="sheet 1 and the same again are the same share"):
        recover_key([FIVE[0], FIVE[1], again])


def test_one_of_another_set_is_named() -> None:
    foreign = read_share(OTHERS[2].words, "an older sheet")
    with pytest.raises(SecretError, match=r"sheet 1 and an older sheet.*different sets"):
        recover_key([FIVE[0], FIVE[1], foreign])


def test_one_for_another_key_is_named() -> None:
    said = read_share(FIVE[2].words, "sheet of bob", bytes(32))
    with pytest.raises(SecretError, match="sheet 1 and sheet of bob are for different keys"):
        recover_key([FIVE[0], FIVE[1], said])


def test_the_key_has_to_be_the_one_that_the_sheets_say() -> None:
    lying = [read_share(share.words, share.origin, bytes(32)) for share in FIVE[:3]]
    with pytest.raises(SecretError, match=rf"restores {KEY.public.hex()}"):
        recover_key(lying)


def sets_of_one_name(monkeypatch: pytest.MonkeyPatch) -> tuple[list[Share], list[Share]]:
    """Two sets that begin with the same words: their identifiers, 15 random bits, came out alike."""
    from shamir_mnemonic import shamir

    monkeypatch.setattr(shamir, "_random_identifier", lambda: 7)
    return split(SEED, 2, 3), split(bytes(32), 2, 3)


def test_shares_that_only_look_alike_restore_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, yours = sets_of_one_name(monkeypatch)
    with pytest.raises(SecretError, match="one of them is of another set"):
        recover_key([mine[0], yours[1]])
    with pytest.raises(SecretError, match=r"does not fit|of another set"):
        recover_key([mine[0], mine[1], yours[2]])
    with pytest.raises(SecretError, match="both number 1 and differ"):
        recover_key([mine[0], yours[0]])


def test_without_the_digest_inside_they_would_restore_another_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from shamir_mnemonic import shamir

    class Whatever:
        def __ne__(self, other: object) -> bool:
            return False

        __hash__ = None  # type: ignore[assignment]

    mine, yours = sets_of_one_name(monkeypatch)
    monkeypatch.setattr(shamir, "_create_digest", lambda *_: Whatever())
    assert recover_key([mine[0], yours[1]]).seed not in {SEED, bytes(32)}
    said = read_share(mine[0].words, "mine", KEY.public)
    with pytest.raises(SecretError, match="it was changed"):
        recover_key([said, yours[1]])


@pytest.mark.parametrize("place", range(recovery.WORDS_COUNT))
def test_a_mistyped_word_is_found(place: int) -> None:
    words = list(FIVE[0].words)
    words[place] = "academic" if words[place] != "academic" else "acid"
    with pytest.raises(SecretError, match=rf"sheet 1: .*look at word {place + 1}$"):
        read_share(words, "sheet 1")


def test_two_words_that_were_swapped_are_found() -> None:
    words = list(FIVE[0].words)
    place = next(number for number in range(4, 20) if words[number] != words[number + 1])
    words[place], words[place + 1] = words[place + 1], words[place]
    with pytest.raises(SecretError, match=rf"words {place + 1} and {place + 2} are swapped"):
        read_share(words, "sheet 1")


@settings(max_examples=8)
@given(st.randoms())
def test_no_share_with_wrong_words_is_taken(mind: random.Random) -> None:
    words = list(FIVE[1].words)
    for place in mind.sample(range(recovery.WORDS_COUNT), 3):
        words[place] = mind.choice([word for word in FIVE[2].words if word != words[place]])
    with pytest.raises(SecretError, match="sheet 2"):
        read_share(words, "sheet 2")


def test_a_word_of_no_list_is_named_with_close_ones() -> None:
    words = ["academik", *FIVE[0].words[1:]]
    with pytest.raises(SecretError, match=r"word 1, 'academik', .*academic"):
        read_share(words)
    with pytest.raises(SecretError, match="word 1, 'ac'"):
        read_share(["ac", *FIVE[0].words[1:]])


def test_four_letters_and_capitals_are_enough() -> None:
    typed = [word[:4].upper() for word in FIVE[0].words]
    assert read_share(typed).words == FIVE[0].words


def test_the_number_of_words_is_right() -> None:
    with pytest.raises(SecretError, match="32 words; a share of a key has 33"):
        read_share(FIVE[0].words[1:])


def test_shares_that_others_made_of_groups_are_refused() -> None:
    import shamir_mnemonic

    (first, *_), _ = shamir_mnemonic.generate_mnemonics(1, [(2, 3), (2, 2)], SEED)
    with pytest.raises(SecretError, match="a share of 2 groups"):
        read_share(first.split())
