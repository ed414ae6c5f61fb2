"""Keys and signatures: RFC 8032's values, domains, sizes, and no secret in sight."""

from __future__ import annotations

import copy
import pickle
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import InputError, MissingExtraError
from focusmesh.protocol.identity import Check, SigningKey, keys, plain, verify, verify_many

DOMAIN = b"focusmesh/test/1\0"
DIGEST = bytes(range(32))
KEY = SigningKey.generate(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
RIGHT = Check(KEY.public, DIGEST, KEY.sign(DOMAIN, DIGEST))


@pytest.fixture(params=["PyNaCl", "plain"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With PyNaCl and as if there were none."""
    if request.param == "plain":
        monkeypatch.setattr(keys, "_opening", lambda: None)
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_rfc_8032() -> None:
    """Section 7.1, test 1."""
    assert KEY.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert keys.holds(KEY.public, b"", signature)
    assert not keys.holds(KEY.public, b"\0", signature)


@given(seed=st.binary(min_size=32, max_size=32), digest=st.binary(min_size=32, max_size=32))
def test_what_is_signed_verifies(seed: bytes, digest: bytes) -> None:
    key = SigningKey.generate(seed)
    signature = key.sign(DOMAIN, digest)
    assert verify(key.public, DOMAIN, digest, signature)
    assert not verify(key.public, b"focusmesh/test/2\0", digest, signature)
    assert not verify(key.public, DOMAIN, bytes(31) + bytes((digest[31] ^ 1,)), signature)
    assert SigningKey(key.seed).public == key.public


@pytest.mark.parametrize(
    "wrong",
    [
        RIGHT._replace(public=RIGHT.public[:31]),
        RIGHT._replace(public=RIGHT.public + b"\0"),
        RIGHT._replace(public=b""),
        RIGHT._replace(digest=DIGEST[:31]),
        RIGHT._replace(digest=DIGEST + b"\0"),
        RIGHT._replace(signature=RIGHT.signature[:63]),
        RIGHT._replace(signature=RIGHT.signature + b"\0"),
        RIGHT._replace(signature=bytes(64)),
        # The neutral element as key and as R verifies everything in libraries that do not look.
        Check(b"\1" + bytes(31), DIGEST, b"\1" + bytes(63)),
    ],
)
@pytest.mark.usefixtures("way")
def test_wrong_checks_are_false(wrong: Check) -> None:
    assert verify_many(DOMAIN, [RIGHT, wrong, RIGHT]) == [True, False, True]


@pytest.mark.usefixtures("way")
def test_s_plus_the_group_order_is_refused() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(RIGHT.signature[32:], "little") + order
    assert not verify(KEY.public, DOMAIN, DIGEST, RIGHT.signature[:32] + s.to_bytes(32, "little"))


@pytest.mark.usefixtures("way")
def test_the_equation_is_the_one_without_a_cofactor() -> None:
    """A key with a part of order 8: the challenge of "0" is a multiple of 8, that of "1" is not.

    The equation with the cofactor accepts both. Were this to change with a version of PyNaCl, two nodes could differ
    over a block.
    """
    public = bytes.fromhex("e7b40e257c2b24e81e37cf46babdfcfc3586bda26789d4d9354484225c601031")
    nonce = "f87a22889707d326b221b2dba4102625f99227c2febe06664c8d9409eb213e21"
    accepted = nonce + "ce1c128feb5f25f7979ce7c0e40e9d565e7886b7263b65a45355ff0bf58ef80a"
    refused = nonce + "cc6fbf2b32f89de3b8ed61a50638047fe64d5612ec657ff5d32dff60ea2eb103"
    assert keys.holds(public, b"0", bytes.fromhex(accepted))
    assert not keys.holds(public, b"1", bytes.fromhex(refused))


@given(seed=st.binary(min_size=32, max_size=32), at=st.integers(0, 127), bit=st.integers(0, 7))
@settings(max_examples=25)
def test_both_ways_answer_alike(seed: bytes, at: int, bit: int) -> None:
    key = SigningKey.generate(seed)
    signed = bytearray(key.public + DIGEST + key.sign(DOMAIN, DIGEST))
    assert plain.holds(key.public, DOMAIN + DIGEST, bytes(signed[64:]))
    signed[at] ^= 1 << bit
    check = bytes(signed[:32]), DOMAIN + bytes(signed[32:64]), bytes(signed[64:])
    assert not plain.holds(*check)
    assert not keys.holds(*check)


@pytest.mark.parametrize("domain", [b"", b"focusmesh", b"a\0b\0", b"\0a"])
def test_domains_end_with_their_only_zero_byte(domain: bytes) -> None:
    with pytest.raises(InputError, match="domain"):
        KEY.sign(domain, DIGEST)
    with pytest.raises(InputError, match="domain"):
        verify_many(domain, [])


def test_sizes_of_what_is_made() -> None:
    with pytest.raises(InputError, match="31"):
        SigningKey(bytes(31))
    with pytest.raises(InputError, match="33"):
        KEY.sign(DOMAIN, bytes(33))


def test_a_key_does_not_show_its_secret() -> None:
    assert KEY.seed.hex() not in repr(KEY) + str(KEY)
    assert KEY.public.hex() in repr(KEY)
    for leave in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not pickled"):
            leave(KEY)


def test_without_pynacl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nacl", None)
    for module in ("nacl.bindings", "nacl.exceptions"):
        monkeypatch.setitem(sys.modules, module, None)
    for cached in (keys._sodium, keys._opening):
        cached.cache_clear()
    try:
        assert keys._opening() is None
        assert verify_many(DOMAIN, [RIGHT, RIGHT._replace(digest=bytes(32))]) == [True, False]
        with pytest.raises(MissingExtraError, match="ledger"):
            SigningKey(bytes(32))
    finally:
        for cached in (keys._sodium, keys._opening):
            cached.cache_clear()
