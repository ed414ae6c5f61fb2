"""Files of sealed keys: what somebody sends is refused, or has costs within its limits and opens to what was sealed."""

from __future__ import annotations

import json

import msgspec

from focusmesh.errors import SecretError
from focusmesh.protocol.identity import SealCosts, read_sealed_key, seal_key, unseal_key
from tests.fuzz.target import Structure, Target

_SECRET, _PASSPHRASE = bytes(range(32)), "open, sesame"
_CHEAP = SealCosts(passes=1, memory_kib=8, lanes=1)


def check(data: bytes) -> bool:
    try:
        file = read_sealed_key(data)
    except SecretError:
        return False
    SealCosts(file.passes, file.memory_kib, file.lanes).verify()
    assert read_sealed_key(msgspec.json.encode(file)) == file
    if (file.passes, file.lanes) > (2, 2) or file.memory_kib > 64:
        return True  # it may cost so much, but not here
    try:
        assert unseal_key(data, _PASSPHRASE) == _SECRET
    except SecretError:
        assert file != read_sealed_key(seeds()[0])
    return True


def seeds() -> list[bytes]:
    random = bytes(range(100, 128))
    return [
        seal_key(_SECRET, _PASSPHRASE, random, public=public, costs=_CHEAP)
        for public in (b"public half", b"")
    ]


TARGET = Target(check, seeds, Structure(json.loads, lambda value: json.dumps(value).encode()))
