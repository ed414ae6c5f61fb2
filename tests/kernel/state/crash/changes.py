"""Blocks with which a ledger changes its rules: its parameters, its operator, and its set of operations.

Each change is written in one block and holds for the next: whatever a crash leaves knows both, or neither.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from focusmesh.ids import digest
from focusmesh.kernel.block import Chain, parameters_bytes, verify_chain
from focusmesh.kernel.runtime import Migration, Registry
from focusmesh.kernel.state import PROPERTY_PREFIX, LmdbStore
from tests.kernel.block.changing import OPERATIONS, RELEASE, Solo
from tests.kernel.block.ledger import KEYS, PROPOSER, particle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.state import Store

STEPS = 8


def _upper(key: bytes, value: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    yield key, value.upper()


UPPER = Migration("upper-properties", PROPERTY_PREFIX, _upper)
OTHER = Registry(tuple(each for each in OPERATIONS if each.name() != "mint/1"))
"""The set that the ledger changes to."""
KNOWN = Registry(OPERATIONS, (OTHER,), (UPPER,))


class ChangesOfRules:
    """See Filled in ledgers.py."""

    def fill(self, folder: str) -> None:
        ledger = Solo(LmdbStore(folder), registry=KNOWN)
        say(0)
        for height in range(1, STEPS + 1):
            _step(ledger, height)
            assert ledger.chain.height == height
            say(height)

    def height(self, store: Store) -> int:
        with store.read() as reader:
            if not reader.count("meta"):
                return -1
        chain = Chain(store, KNOWN)
        found = verify_chain(store, KNOWN)
        assert found.height == chain.height, "another height"
        assert chain.params_hash == digest(parameters_bytes(chain.parameters))
        assert [chain.parameters.link_burn, chain.epoch] == EXPECTED[chain.height], "other rules"
        return chain.height

    def contents(self, height: int) -> set[bytes]:
        return set()


EXPECTED = [[0, 1], [0, 1], [1, 2], [1, 2], [1, 3], [1, 3], [1, 4], [1, 5], [1, 5]]
"""What a link burns for the next block, and the epoch that it is of, by height."""


def _step(ledger: Solo, height: int) -> None:
    """The block of a height; every second one changes something."""
    chain = ledger.chain
    if height == 2:
        code = ledger.change(("link_burn", 1))
    elif height == 4:
        code = ledger.change(("alpha", chain.parameters.alpha * 2))
    elif height == 6:
        code = ledger.change(operations=OTHER.digest, release=RELEASE, migrations=UPPER.name)
    elif height == 7:
        (code,) = ledger.results(
            ledger.signed(PROPOSER, ["ready/1", OTHER.digest, b"r" * 32]),
        )
    else:
        named = ledger.signed(KEYS[1], ["set_property/1", particle(height), "name", b"word"])
        link = ledger.links(KEYS[2], (height, height + 1))
        code, _ = ledger.results(named, link)
    assert code == "ok", (height, code)


def say(height: int) -> None:
    """One line, in one system call."""
    sys.stdout.write(f"{height}\n")
    sys.stdout.flush()
