"""Envelopes open for their recipients, to the byte, and refuse every change; each defence has a twin without it."""

from __future__ import annotations

import hashlib
import random
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import CodecError, InputError, MissingExtraError, SecretError
from focusmesh.protocol.identity import (
    ENVELOPE_PUBLIC_BYTES,
    EnvelopeKey,
    envelope,
    envelope_key_id,
    envelope_recipients,
    envelope_wrap,
    open_envelope,
    seal,
)
from focusmesh.protocol.identity.envelope_format import (
    AS_IT_IS,
    SUITE,
    Envelope,
    write_associated,
)
from focusmesh.protocol.identity.envelope_keys import primitives
from tests.protocol.identity.two_keys import two_key_ciphertext

if TYPE_CHECKING:
    from tests.conftest import Needs

HEAD_BYTES, ENTRY_BYTES, TAIL_BYTES = 41, 1_192, 20
ALICE, BOB, CAROL = (
    EnvelopeKey(hashlib.shake_256(name).digest(96)) for name in (b"alice", b"bob", b"carol")
)
CONTENT = b"what the agent remembered"


def drawn(seed: int = 5) -> random.Random:
    return random.Random(seed)


def sealed(*keys: EnvelopeKey, content: bytes = CONTENT, compressing: bool = True) -> bytes:
    public = [key.public for key in keys]
    return seal(content, public, drawn().randbytes, compressing=compressing)


@settings(max_examples=25)
@given(st.binary(max_size=2_000), st.integers(1, 3), st.booleans())
def test_every_recipient_reads_the_same_content(
    content: bytes, count: int, compressing: bool
) -> None:
    keys = (ALICE, BOB, CAROL)[:count]
    data = sealed(*keys, content=content, compressing=compressing)
    assert [open_envelope(data, key) for key in keys] == [content] * count
    assert envelope_recipients(data) == tuple(sorted(key.id for key in keys))


def test_sizes_are_those_of_the_reference() -> None:
    data = sealed(ALICE, BOB, compressing=False)
    assert len(data) == HEAD_BYTES + 2 * ENTRY_BYTES + TAIL_BYTES + len(CONTENT) + 16
    assert len(ALICE.public) == ENVELOPE_PUBLIC_BYTES == 1_216
    assert data[:9] == b"FMEV" + bytes((1, 1, 0, 0, 2))


def test_who_is_no_recipient_is_told_so() -> None:
    with pytest.raises(SecretError, match=f"not for key {CAROL.id.hex()[:16]}"):
        open_envelope(sealed(ALICE, BOB), CAROL)


def regions() -> list[tuple[str, int]]:
    """A place in every field of an envelope for two recipients, and many more across it."""
    names = ["magic", "version", "suite", "encoding", "count", "commitment"]
    places = [0, 4, 5, 6, 7, 9]
    for recipient in range(2):
        start = HEAD_BYTES + recipient * ENTRY_BYTES
        names += [f"{field} {recipient}" for field in ("id", "kem", "ephemeral", "wrapped")]
        places += [start, start + 32, start + 1_120, start + 1_152]
    tail = HEAD_BYTES + 2 * ENTRY_BYTES
    names += ["nonce", "length", "ciphertext", "tag"]
    places += [tail, tail + 12, tail + 20, -1]
    return list(zip(names, places, strict=True))


@pytest.mark.parametrize(("field", "place"), regions())
@pytest.mark.parametrize("bit", [0, 7])
def test_a_change_in_any_field_is_refused(field: str, place: int, bit: int) -> None:
    data = bytearray(sealed(ALICE, BOB))
    data[place] ^= 1 << bit
    for key in (ALICE, BOB):
        with pytest.raises(SecretError):
            open_envelope(bytes(data), key)


def test_a_change_of_any_byte_is_refused() -> None:
    data = sealed(ALICE, BOB)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        with pytest.raises(SecretError):
            open_envelope(bytes(changed), ALICE)


def test_cut_continued_and_foreign_bytes_are_refused() -> None:
    data = sealed(ALICE)
    for wrong in (b"", data[:40], data[:-1], data[:-17], data + b"\0", data + data, bytes(5_000)):
        with pytest.raises(SecretError):
            open_envelope(wrong, ALICE)


def test_entries_out_of_order_or_twice_are_refused() -> None:
    data = sealed(ALICE, BOB)
    first, second = HEAD_BYTES + ENTRY_BYTES, HEAD_BYTES + 2 * ENTRY_BYTES
    entries = data[HEAD_BYTES:first], data[first:second]
    for pair in ((entries[1], entries[0]), (entries[0], entries[0])):
        with pytest.raises(SecretError, match="ascending"):
            open_envelope(data[:HEAD_BYTES] + b"".join(pair) + data[second:], ALICE)


def test_without_associated_data_the_other_entry_could_be_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twin: what refuses a change in somebody else's entry is the associated data, and nothing else."""

    def bare(seen: Envelope, data_key: bytes) -> bytes:
        cipher = primitives("ciphers.aead").AESGCM(data_key)
        return bytes(cipher.decrypt(seen.nonce, seen.ciphertext, whole[:-plain_bytes]))

    whole = sealed(ALICE, BOB, compressing=False)
    plain_bytes = len(CONTENT) + 16
    other = envelope_recipients(whole).index(BOB.id)
    changed = bytearray(whole)
    changed[HEAD_BYTES + other * ENTRY_BYTES + 40] ^= 1
    with pytest.raises(SecretError, match="tag does not agree"):
        open_envelope(bytes(changed), ALICE)
    monkeypatch.setattr(envelope, "_decrypt", bare)
    assert open_envelope(bytes(changed), ALICE) == CONTENT


def two_faced() -> bytes:
    """An envelope whose one ciphertext opens to different contents for Alice and Bob; it commits to Alice's key."""
    draw = drawn(8).randbytes
    keys, nonce = (draw(32), draw(32)), draw(12)
    entries = tuple(
        sorted(
            envelope_wrap.wrap(key, to.public, SUITE, draw(32), envelope_wrap.openssl_encapsulate)
            for key, to in zip(keys, (ALICE, BOB), strict=True)
        )
    )
    committed = envelope.commitment(keys[0], nonce)
    associated = write_associated(AS_IT_IS, committed, entries, nonce, 64)
    plains = (b"pay Alice 10 now", b"pay Bob  900 now")
    return associated + two_key_ciphertext(keys, nonce, associated, plains)


def test_a_ciphertext_for_two_keys_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = two_faced()
    assert open_envelope(data, ALICE).startswith(b"pay Alice 10 now")
    with pytest.raises(SecretError, match="commits to"):
        open_envelope(data, BOB)
    # Twin: AES-GCM alone lets Bob read something else than Alice.
    monkeypatch.setattr(envelope, "check_commitment", lambda *_: None)
    assert open_envelope(data, BOB)[16:32] == b"pay Bob  900 now"


def test_the_commitment_is_checked_before_anything_is_decrypted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[bytes] = []
    monkeypatch.setattr(envelope, "_decrypt", lambda _, key: opened.append(key))
    with pytest.raises(SecretError, match="commits to"):
        open_envelope(two_faced(), BOB)
    assert opened == []


@pytest.mark.parametrize("half", ["kem", "curve"])
def test_one_half_of_a_key_opens_nothing(half: str) -> None:
    """Whoever breaks ML-KEM alone, or X25519 alone, has the other secret still to find."""
    seed = bytearray(ALICE.seed)
    seed[0 if half == "kem" else 95] ^= 0x20
    broken = EnvelopeKey(bytes(seed))
    data = sealed(ALICE)
    pretended = data[:HEAD_BYTES] + broken.id + data[HEAD_BYTES + 32 :]
    with pytest.raises(SecretError, match="does not open"):
        open_envelope(pretended, broken)


def test_an_entry_moved_to_another_key_does_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipient's key is in the KEK: an entry cannot be passed on under another name, even with one secret."""
    entry = envelope_wrap.wrap(
        bytes(32), ALICE.public, SUITE, b"\x07" * 32, envelope_wrap.openssl_encapsulate
    )
    assert envelope_wrap.unwrap(entry, ALICE, SUITE) == bytes(32)
    with pytest.raises(SecretError):
        envelope_wrap.unwrap(entry, ALICE, SUITE + 1)
    monkeypatch.setitem(ALICE.__dict__, "public", BOB.public)
    with pytest.raises(SecretError):
        envelope_wrap.unwrap(entry, ALICE, SUITE)


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31)])
def test_points_of_small_order_are_refused(point: bytes) -> None:
    with pytest.raises(InputError, match="small order"):
        seal(CONTENT, [ALICE.public[:-32] + point], drawn().randbytes)
    data = sealed(ALICE)
    start = HEAD_BYTES + 1_120
    with pytest.raises(SecretError, match="does not open"):
        open_envelope(data[:start] + point + data[start + 32 :], ALICE)


@pytest.mark.parametrize(
    ("recipients", "message"),
    [
        ([], "1 to 1,024 distinct recipients, not 0"),
        ([ALICE.public, ALICE.public], "distinct"),
        ([ALICE.public[:-1]], "1,216 bytes, this one has 1,215"),
        ([b"\xff" * 1_216], "not a public key"),
        ([bytes(1_216)] * 1_025, "not 1025"),
    ],
)
def test_wrong_recipients_are_refused(recipients: list[bytes], message: str) -> None:
    with pytest.raises(InputError, match=message):
        seal(CONTENT, recipients, drawn().randbytes)


def test_long_content_is_refused_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    for compressing in (True, False):
        data = sealed(ALICE, content=bytes(10_000), compressing=compressing)
        assert open_envelope(data, ALICE, 10_000) == bytes(10_000)
        with pytest.raises(CodecError, match="9,999"):
            open_envelope(data, ALICE, 9_999)
    monkeypatch.setattr(envelope, "CONTENT_BYTES_MAX", 10)
    with pytest.raises(InputError, match="at most 10 bytes"):
        sealed(ALICE)


def test_keys_are_of_the_right_size_and_do_not_show_themselves() -> None:
    with pytest.raises(InputError, match="96 secret bytes, not 95"):
        EnvelopeKey(bytes(95))
    assert ALICE.seed.hex() not in repr(ALICE)
    assert str(ALICE.seed) not in repr(ALICE)
    assert ALICE.id == envelope_key_id(ALICE.public)


def test_two_runs_with_the_same_coins_give_the_same_bytes(needs: Needs) -> None:
    """kyber-py takes its coins from us; the digest pins every byte of the format."""
    kem = needs("kyber_py.ml_kem").ML_KEM_768

    def encapsulate(public: bytes) -> tuple[bytes, bytes]:
        secret, ciphertext = kem._encaps_internal(public, hashlib.sha256(public).digest())
        return secret, ciphertext

    public = [ALICE.public, BOB.public]
    runs = [
        seal(CONTENT, public, drawn().randbytes, compressing=False, encapsulate=encapsulate)
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert open_envelope(runs[0], BOB) == CONTENT
    assert (
        hashlib.sha256(runs[0]).hexdigest()
        == "3a2f973431011210ea2d6be1f3949efece05352fcb1755546662f634cf6811f8"
    )


@pytest.mark.parametrize("module", ["asymmetric.mlkem", "keywrap", "kdf.hkdf", "ciphers.aead"])
def test_without_cryptography_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    public = [ALICE.public]
    monkeypatch.setitem(sys.modules, f"cryptography.hazmat.primitives.{module}", None)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[ledger\]"):
        seal(CONTENT, public, drawn().randbytes)
