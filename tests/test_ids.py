"""Digests and their CIDv1 text."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import InputError
from focusmesh.ids import digest, from_cid, is_cid, to_cid

DIGESTS = st.binary(min_size=32, max_size=32)
CID = to_cid(digest(b"focus"))


@given(own=DIGESTS, hash_name=st.sampled_from(["blake3", "sha2-256"]))
def test_round_trip(own: bytes, hash_name: str) -> None:
    text = to_cid(own, hash_name)
    assert text.startswith("b")
    assert text.islower()
    assert "=" not in text
    assert from_cid(text) == own


def test_known_prefixes() -> None:
    assert to_cid(bytes(32)).startswith("bafkr4i")
    assert to_cid(bytes(32), "sha2-256").startswith("bafkreia")


@given(
    own=DIGESTS, at=st.integers(0, 58), letter=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567")
)
def test_changed_letter_never_names_the_same_digest(own: bytes, at: int, letter: str) -> None:
    text = to_cid(own)
    changed = text[:at] + letter + text[at + 1 :]
    if changed != text:
        try:
            assert from_cid(changed) != own or changed[:7] != text[:7]
        except InputError:
            assert changed != text


def coded(*head: int, body: bytes = bytes(32)) -> str:
    return "b" + base64.b32encode(bytes(head) + body).decode().lower().rstrip("=")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "begin with 'b'"),
        ("b", "32-byte digest"),
        ("z" + CID[1:], "begin with 'b'"),
        ("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG", "begin with 'b'"),
        (CID.upper(), "begin with 'b'"),
        ("b" + CID[1:].upper(), "canonical"),
        (CID + "=", "base32|canonical"),
        (CID[:-1], "base32|32-byte|canonical"),
        (CID + "a", "base32|32-byte|canonical"),
        (CID[:-1] + "1", "base32"),
        (CID[:-1] + "é", "base32"),
        (" " + CID, "begin with 'b'"),
        (CID + "\n", "base32|canonical"),
        (coded(0, 0x55, 0x1E, 32), "CIDv1"),
        (coded(2, 0x55, 0x1E, 32), "CIDv1"),
        (coded(1, 0x70, 0x1E, 32), "codec 0x70"),
        (coded(1, 0x55, 0x11, 32), "hash code 0x11"),
        (coded(1, 0x55, 0x1E, 31), "32-byte"),
        (coded(1, 0x55, 0x1E, 20, body=bytes(20)), "32-byte"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        from_cid(text)


def test_unused_bits_must_be_zero() -> None:
    """36 bytes are 58 letters with two bits to spare: another last letter decodes to the same bytes."""
    twins = [CID[:-1] + letter for letter in "abcdefghijklmnopqrstuvwxyz234567"]
    accepted = []
    for twin in twins:
        try:
            if from_cid(twin) == from_cid(CID):
                accepted.append(twin)
        except InputError:
            continue
    assert accepted == [CID]


@pytest.mark.parametrize("length", [0, 31, 33])
def test_digest_length(length: int) -> None:
    with pytest.raises(InputError, match="32 bytes"):
        to_cid(bytes(length))


def test_unknown_hash() -> None:
    with pytest.raises(InputError, match="'md5'"):
        to_cid(bytes(32), "md5")


@given(DIGESTS, st.integers(0, 58), st.text(max_size=60))
def test_what_can_be_read_is_a_cid_and_nothing_else_is(own: bytes, at: int, other: str) -> None:
    text = to_cid(own)
    assert is_cid(text)
    for changed in (text[:at] + "7" + text[at + 1 :], text[:at], text + "a", other):
        assert is_cid(changed) == _is_read(changed)


def _is_read(text: str) -> bool:
    try:
        from_cid(text)
    except InputError:
        return False
    return True
