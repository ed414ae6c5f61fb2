"""Sealed keys open with their passphrase and with nothing else; every field is bound."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from focusmesh.errors import MissingExtraError, ParameterError, SecretError
from focusmesh.protocol.identity import SealCosts, read_sealed_key, seal_key, unseal_key

SECRET = bytes(range(32))
RANDOM = bytes(range(100, 128))
CHEAP = SealCosts(passes=1, memory_kib=8, lanes=1)
SEALED = seal_key(SECRET, "open, sesame", RANDOM, public=b"public half", costs=CHEAP)


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(SEALED) | fields).encode()


def test_round_trip() -> None:
    assert unseal_key(SEALED, "open, sesame") == SECRET
    shown = read_sealed_key(SEALED)
    assert (shown.kind, bytes.fromhex(shown.public)) == ("ed25519", b"public half")
    assert SECRET.hex() not in SEALED.decode()
    assert (
        unseal_key(changed(), "open, sesame") == SECRET
    )  # spaces and line ends are not part of it


@pytest.mark.parametrize("field", ["more", "kind", "version"])
def test_fields_that_are_nested_without_end(field: str) -> None:
    """Found by fuzzing: the reader's stack ended before its patience did."""
    data = json.dumps(json.loads(SEALED) | {field: "DEEP"}).replace('"DEEP"', "[" * 100_000)
    with pytest.raises(SecretError, match="not a sealed key"):
        read_sealed_key(data.encode())


def test_usual_costs_open() -> None:
    assert unseal_key(seal_key(SECRET, "x", RANDOM), "x") == SECRET
    assert SealCosts() == SealCosts(passes=3, memory_kib=65_536, lanes=4)


@pytest.mark.parametrize("passphrase", ["open, sesamE", "open, sesame ", "a"])
def test_another_passphrase_opens_nothing(passphrase: str) -> None:
    with pytest.raises(SecretError, match="wrong passphrase"):
        unseal_key(SEALED, passphrase)


def test_the_same_passphrase_composed_otherwise() -> None:
    sealed = seal_key(SECRET, "caf\u00e9", RANDOM, costs=CHEAP)
    assert unseal_key(sealed, "cafe\u0301") == SECRET


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other"},
        {"public": "00"},
        {"passes": 2},
        {"memory_kib": 9},
        {"memory_kib": 16, "lanes": 2},
        {"salt": "00" * 16},
        {"nonce": "00" * 12},
        {"sealed": "00" * 48},
        {"sealed": "00"},
    ],
)
def test_a_changed_field_does_not_open(change: dict[str, Any]) -> None:
    with pytest.raises(SecretError, match="does not open"):
        unseal_key(changed(**change), "open, sesame")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"version": 2}, "version 2"),
        ({"kdf": "scrypt"}, "scrypt"),
        ({"cipher": "xor"}, "xor"),
        ({"passes": 0}, "passes"),
        ({"passes": 10**9}, "passes"),
        ({"memory_kib": 2**30}, "memory_kib"),
        ({"memory_kib": 7}, "memory_kib"),
        ({"lanes": 10**6}, "lanes"),
        ({"salt": "00"}, "length"),
        ({"nonce": "00" * 13}, "length"),
        ({"salt": "zz" * 16}, "not a sealed key"),
        ({"salt": "AA" * 16}, "hexadecimal"),
        ({"unknown": 1}, "unknown"),
        ({"passes": "1"}, "passes"),
    ],
)
def test_other_forms_are_refused_before_any_work(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(SecretError, match=fault):
        read_sealed_key(changed(**change))


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff", SEALED[:-5], SEALED + b"{}"])
def test_no_sealed_key(data: bytes) -> None:
    with pytest.raises(SecretError, match="not a sealed key"):
        read_sealed_key(data)


def test_what_cannot_be_sealed() -> None:
    with pytest.raises(SecretError, match="empty"):
        seal_key(SECRET, "", RANDOM, costs=CHEAP)
    with pytest.raises(ParameterError, match="random"):
        seal_key(SECRET, "x", bytes(27), costs=CHEAP)
    with pytest.raises(ParameterError, match="passes"):
        seal_key(SECRET, "x", RANDOM, costs=SealCosts(passes=0))


@pytest.mark.parametrize("module", ["argon2", "cryptography.exceptions"])
def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match="ledger"):
        unseal_key(SEALED, "open, sesame")
