"""Sheets are read as they were printed, as somebody typed them, or not at all."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import SecretError
from focusmesh.host.keys.paper_backup import read_sheets, sheet_text
from focusmesh.host.keys.recovery import recover_key, split
from focusmesh.protocol.identity import SigningKey

KEY = SigningKey(bytes(range(32)))
SHARES = split(KEY.seed, 2, 3)
TEXTS = [sheet_text(share, 3, "alice", KEY.public) for share in SHARES]


def test_a_sheet_is_read_as_it_was_printed() -> None:
    (sheet,) = read_sheets(TEXTS[1], "two.txt")
    assert sheet.name == "alice"
    assert sheet.share.words == SHARES[1].words
    assert (sheet.share.number, sheet.share.threshold) == (2, 2)
    assert sheet.share.neuron == KEY.public
    assert sheet.share.origin == "two.txt (share 2 of 3)"


def test_it_fits_a_page_and_says_what_it_is_for() -> None:
    lines = TEXTS[0].splitlines()
    assert len(lines) <= 20
    assert max(map(len, lines)) <= 100
    assert lines[0].startswith("# focusmesh recovery share. Any 2 of 3 restore the key")
    assert f"neuron: {KEY.public.hex()}" in lines
    assert "share: 1 of 3" in lines


def test_all_sheets_in_one_file_are_several() -> None:
    sheets = read_sheets("\n".join(TEXTS), "all.txt")
    assert [sheet.share.number for sheet in sheets] == [1, 2, 3]
    assert recover_key([sheet.share for sheet in sheets]).public == KEY.public


@pytest.mark.parametrize(
    "typed",
    [
        " ".join(SHARES[0].words),
        "\n".join(SHARES[0].words),
        "\n".join(f"{number}. {word}" for number, word in enumerate(SHARES[0].words, 1)),
        "  ".join(f"{number}) {word[:4]}" for number, word in enumerate(SHARES[0].words, 1)),
        "from the safe: at home\n" + " ".join(SHARES[0].words).upper(),
    ],
)
def test_words_alone_are_enough(typed: str) -> None:
    (sheet,) = read_sheets(typed, "typed.txt")
    assert sheet.share.words == SHARES[0].words
    assert (sheet.name, sheet.share.neuron) == ("", b"")


def test_words_of_two_shares_may_follow_each_other() -> None:
    words = [*SHARES[0].words, *SHARES[2].words]
    assert [sheet.share.number for sheet in read_sheets(" ".join(words), "typed")] == [1, 3]


@given(
    st.text()
    | st.lists(st.sampled_from([*TEXTS[0].split(), "\n", "key:", "academic"])).map(" ".join)
)
def test_any_text_is_a_sheet_or_refused(text: str) -> None:
    with suppress(SecretError):
        assert {sheet.share.words for sheet in read_sheets(text, "text")} == {SHARES[0].words}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no words"),
        ("# nothing but remarks\nkey: alice\n", "has no words"),
        (TEXTS[0].replace("share: 1 of 3", "share: 3 of 3"), "its words are those of share 1"),
        (TEXTS[0].replace("neuron: ", "neuron: x"), "not a public key"),
        (TEXTS[0].replace(KEY.public.hex(), KEY.public.hex()[:-2]), "not a public key"),
        (" ".join(SHARES[0].words[:-1]), "32 words"),
        (" ".join([*SHARES[0].words, "academic"]), "34 words"),
        (" ".join(["zoo", *SHARES[0].words[1:]]), "word 1, 'zoo'"),
    ],
)
def test_what_is_no_sheet_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(SecretError, match=rf"typed\.txt.*{reason}"):
        read_sheets(text, "typed.txt")
