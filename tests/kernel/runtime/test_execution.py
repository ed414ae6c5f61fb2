"""Signals are done whole or not at all, tips arrive, and operations keep to what they declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from focusmesh.apps.bank import Transfer
from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.runtime import (
    Context,
    Digest,
    Link,
    Operation,
    PutBlob,
    Registry,
    SetProperty,
    Unlink,
)
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    BLOB_PREFIX,
    ROW_PREFIX,
    SUPPLY_KEY,
    Account,
    Parameters,
    StateOverlay,
    changed,
)
from tests.kernel.runtime.world import PROPOSER, REGISTRY, Ledger, particle

if TYPE_CHECKING:
    from collections.abc import Callable

ANN, BOB = particle(1), particle(2)
A, B, C = particle(10), particle(11), particle(12)
TEXT = b"what a particle stands for"

FAILING = [
    Link(A, B, b"", 60),
    SetProperty(A, "name", b"value"),
    PutBlob(digest(TEXT), len(TEXT)),
    Transfer(BOB, 30),
    Link(B, C, b"", 60),
]
"""Every table is touched before the last one fails for want of stake."""


def ledger(proposer: bytes = PROPOSER, **parameters: int) -> Ledger:
    return Ledger([(ANN, 100, 100), (BOB, 100, 100)], Parameters(**parameters), proposer)  # type: ignore[arg-type]


def test_a_failed_signal_changes_nonce_and_tip_alone() -> None:
    here, untouched = ledger(), ledger()
    (result,) = here.block(here.signal(ANN, *FAILING, tip=7), contents={digest(TEXT): TEXT})
    assert (result.code, result.fee) == ("stake", 7)
    assert here.account(ANN) == changed(untouched.account(ANN), nonce=1, balance=93)
    assert here.account(PROPOSER).balance == 7
    for neuron in (ANN, PROPOSER):
        for entries in (here.entries, untouched.entries):
            entries.pop(ACCOUNT_PREFIX + neuron, None)
    assert here.snapshot() == untouched.snapshot()


def test_without_rollback_a_failed_signal_leaves_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StateOverlay, "undo", lambda working, mark: None)
    here = ledger()
    assert here.codes(here.signal(ANN, *FAILING)) == ["stake"]
    assert here.links
    assert here.account(BOB).balance == 130


def test_a_failed_signal_does_not_disturb_its_neighbours() -> None:
    here, without = ledger(), ledger()
    link = Link(A, B, b"", 40)
    assert here.codes(
        here.signal(ANN, link),
        here.signal(ANN, *FAILING, nonce=1),
        here.signal(ANN, link, nonce=2),
        here.signal(BOB, link),
    ) == ["ok", "stake", "ok", "ok"]
    without.block(
        without.signal(ANN, link), without.signal(ANN, link, nonce=1), without.signal(BOB, link)
    )
    assert here.links == without.links
    assert here.account(ANN) == changed(without.account(ANN), nonce=3)


def test_a_double_spend_over_two_signals_of_a_block_fails() -> None:
    here = ledger()
    twice = [here.signal(ANN, Transfer(BOB, 100), nonce=nonce) for nonce in (0, 1)]
    assert here.codes(*twice) == ["ok", "balance"]
    assert (here.account(ANN).balance, here.account(BOB).balance) == (0, 200)


def test_a_stake_cannot_be_locked_twice_in_a_block() -> None:
    here = ledger()
    twice = [here.signal(ANN, Link(A, to, b"", 60), nonce=n) for n, to in enumerate((B, C))]
    assert here.codes(*twice) == ["ok", "stake"]
    assert here.account(ANN).locked == 60


def test_tips_reach_the_proposer_after_the_block() -> None:
    here = ledger(proposer=ANN)
    spend = here.signal(ANN, Transfer(BOB, 101), nonce=0)
    assert here.codes(here.signal(BOB, Transfer(ANN, 1), tip=9), spend) == ["ok", "ok"]
    assert here.codes(here.signal(ANN, Transfer(BOB, 9))) == ["ok"]
    here = ledger(proposer=ANN)
    early = here.signal(ANN, Transfer(BOB, 102), nonce=0)
    assert here.codes(here.signal(BOB, Transfer(ANN, 1), tip=9), early) == ["ok", "balance"]


def test_tips_without_a_proposer_are_burned() -> None:
    here = ledger(proposer=b"")
    here.block(here.signal(ANN, Link(A, B, b"", 1), tip=9))
    assert here.supply == 391


def test_bandwidth_runs_out_and_refills() -> None:
    here = Ledger([(ANN, 0, 4)], Parameters(bandwidth_stake=2, bandwidth_blocks=4))
    links = [Link(A, particle(20 + number), b"", 1) for number in range(3)]
    assert here.codes(here.signal(ANN, *links)) == ["bandwidth"]
    assert here.codes(here.signal(ANN, *links[:2])) == ["ok"]
    assert here.codes(here.signal(ANN, links[2])) == ["bandwidth"]
    assert here.codes(here.signal(ANN, links[2])) == ["ok"]
    assert here.codes(here.signal(ANN, Unlink(*links[2].as_fields()[1:4]))) == ["ok"]
    here = Ledger([(ANN, 0, 2)], Parameters(bandwidth_blocks=1))
    assert here.codes(here.signal(ANN, *links), here.signal(ANN, *links[:2], nonce=1)) == [
        "bandwidth",
        "ok",
    ]


def test_contents_are_kept_only_with_their_digest() -> None:
    here = ledger()
    claim = PutBlob(digest(TEXT), len(TEXT))
    with pytest.raises(SignalError) as caught:
        here.block(here.signal(ANN, claim), contents={digest(TEXT): b"something else"})
    assert caught.value.code == "content"
    here.block(here.signal(ANN, claim), contents={digest(TEXT): TEXT})
    assert here.contents == {digest(TEXT): TEXT}


def test_a_proposer_wants_the_content_that_is_claimed() -> None:
    here = ledger()
    name = digest(TEXT)
    claims = [PutBlob(name, len(TEXT)), PutBlob(name, len(TEXT) + 1)]
    for claim, contents, expected in [
        (claims[0], {}, ["content"]),
        (claims[1], {name: TEXT}, ["content"]),
        (claims[0], {name: TEXT}, []),
    ]:
        proposal = here.propose(here.signal(ANN, claim), contents=contents)
        assert [error.code for _, error in proposal.refused] == expected
    here.block(here.signal(ANN, claims[0]), contents={name: TEXT})
    again = here.propose(here.signal(BOB, claims[0]))
    assert not again.refused


class Stray(Operation, frozen=True, tag="stray/1"):
    """Declares one prefix and does as it is told under others."""

    what: str
    reads: ClassVar[tuple[bytes, ...]] = (b"/vm/",)
    writes: ClassVar[tuple[bytes, ...]] = (b"/vm/",)

    def bandwidth(self) -> int:
        return 0

    def apply(self, context: Context) -> None:
        STRAYING[self.what](context)


STRAYING: dict[str, Callable[[Context], object]] = {
    "read": lambda context: context.get(BLOB_PREFIX + A),
    "write": lambda context: context.put(b"/kv/blob/", b"stray"),
    "delete": lambda context: context.delete(b"/kv/blob/"),
    "account": lambda context: context.account(),
    "enrich": lambda context: context.put_account(Account(balance=10**6), BOB),
    "supply": lambda context: context.add_supply(1),
    "see": lambda context: context.locked_amount(A, B, b""),
    "lock": lambda context: context.lock(A, B, b"", 1),
    "many": lambda context: context.locker()(context.author, A, B, b"", 1),
    "keep": lambda context: context.put_content(A, b"stray"),
    "drop": lambda context: context.drop_content(A),
}


class Forger(Operation, frozen=True, tag="forger/1"):
    """Declares accounts and rows, and writes their leaves as if they were plain entries."""

    key: bytes
    particle: Digest
    reads: ClassVar[tuple[bytes, ...]] = (b"/",)
    writes: ClassVar[tuple[bytes, ...]] = (b"/",)

    def bandwidth(self) -> int:
        return 0

    def apply(self, context: Context) -> None:
        context.put(self.key, b"forged")


WILD = Registry((Stray, Forger))


@pytest.mark.parametrize("what", STRAYING)
def test_an_operation_keeps_to_its_prefixes(what: str) -> None:
    here = Ledger([(ANN, 0, 0)], registry=WILD)
    before = here.snapshot()
    assert here.codes(here.signal(ANN, Stray(what))) == ["prefix"]
    here.entries[ACCOUNT_PREFIX + ANN] = before[0][ACCOUNT_PREFIX + ANN]
    assert here.snapshot() == before


@pytest.mark.parametrize("key", [ACCOUNT_PREFIX + ANN, SUPPLY_KEY, ROW_PREFIX + A])
def test_leaves_that_are_kept_elsewhere_are_no_plain_entries(key: bytes) -> None:
    here = Ledger([(ANN, 0, 0)], registry=WILD)
    assert here.codes(here.signal(ANN, Forger(key, A))) == ["prefix"]


def test_without_the_guard_an_operation_writes_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Context, "_check", lambda context, key, prefixes: None)
    here = Ledger([(ANN, 0, 0)], registry=WILD)
    signals = [here.signal(ANN, Stray(what), nonce=n) for n, what in enumerate(STRAYING)]
    assert here.codes(*signals) == ["ok"] * len(signals)
    assert here.account(BOB).balance == 10**6
    assert here.links


def test_a_registry_is_named_by_its_digest() -> None:
    assert Registry((Stray, Forger)).digest == Registry((Forger, Stray)).digest
    assert WILD.digest != REGISTRY.digest
    with pytest.raises(ValueError, match="same name"):
        Registry((Stray, Stray))
