"""Shares of keys before an implementation that others wrote, npm's slip39, and the published vectors it carries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shamir_mnemonic

from focusmesh.errors import SecretError
from focusmesh.host.keys.recovery import WORDS_COUNT, read_share, recover_key, split
from focusmesh.protocol.identity import SigningKey
from tests.conformance.npm import asked, installed

PASSPHRASE = b"TREZOR"
SEEDS = [bytes([number]) * 31 + b"\1" for number in range(4)]
Vector = tuple[str, list[str], str]


@pytest.fixture(scope="module")
def project() -> Path:
    return installed(Path(__file__).parent, "slip39")


@pytest.fixture(scope="module")
def published(project: Path) -> list[Vector]:
    """Name, shares, and the secret in hexadecimal, empty where the shares are to be refused."""
    text = (project / "node_modules" / "slip39" / "test" / "vectors.json").read_text("utf-8")
    return [(name, shares, secret) for name, shares, secret, _ in json.loads(text)]


def seed_of(shares: list[str]) -> bytes:
    return recover_key([read_share(words.split(), str(n)) for n, words in enumerate(shares)]).seed


def test_the_reference_gives_the_published_secrets(published: list[Vector]) -> None:
    valid = [(shares, secret) for _, shares, secret in published if secret]
    assert len(valid) == 15
    for shares, secret in valid:
        assert shamir_mnemonic.combine_mnemonics(shares, PASSPHRASE).hex() == secret


def test_of_the_published_shares_only_those_of_one_key_are_taken(published: list[Vector]) -> None:
    taken = []
    for name, shares, secret in published:
        try:
            seed = seed_of(shares)
        except SecretError:
            continue
        assert secret, f"{name}: was to be refused"
        assert seed == shamir_mnemonic.combine_mnemonics(shares)
        taken.append(name.partition(". ")[2])
    assert taken == [
        "Valid mnemonic without sharing (256 bits)",
        "Basic sharing 2-of-3 (256 bits)",
        "Valid extendable mnemonic without sharing (256 bits)",
        "Extendable basic sharing 2-of-3 (256 bits)",
    ]


def test_what_is_refused_there_is_refused_here(published: list[Vector]) -> None:
    refused = [(name, shares) for name, shares, secret in published if not secret]
    assert len(refused) == 30
    for _, shares in refused:
        with pytest.raises(SecretError):
            seed_of(shares)


def test_our_shares_restore_the_key_there(project: Path) -> None:
    kinds = [(2, 2), (2, 3), (3, 5), (16, 16)]
    sets = [split(seed, *kind) for seed, kind in zip(SEEDS, kinds, strict=True)]
    enough = [
        [" ".join(share.words) for share in shares[-threshold:]]
        for shares, (threshold, _) in zip(sets, kinds, strict=True)
    ]
    too_few = [words[1:] for words in enough]
    mixed = [[enough[1][0], enough[2][0]]]
    answer = asked(project, "shares.mjs", {"recover": enough + too_few + mixed, "make": []})
    assert answer["recovered"] == [seed.hex() for seed in SEEDS] + [None] * 5


def test_theirs_restore_it_here(project: Path) -> None:
    make = [(seed.hex(), threshold, 5) for seed, threshold in zip(SEEDS, (2, 3, 4, 5), strict=True)]
    answer = asked(project, "shares.mjs", {"recover": [], "make": make})
    for seed, shares, (_, threshold, count) in zip(SEEDS, answer["made"], make, strict=True):
        assert [len(words.split()) for words in shares] == [WORDS_COUNT] * count
        read = [read_share(words.split()) for words in shares]
        assert recover_key(read[-threshold:]).public == SigningKey(seed).public
