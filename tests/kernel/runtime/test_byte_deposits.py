"""Deposits by the byte: what the state keeps locks balance, and whatever leaves it gives that back, to the unit."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.apps.bank import Transfer
from focusmesh.ids import digest
from focusmesh.kernel.runtime import (
    Forget,
    Link,
    PutBlob,
    SetProperty,
    Unlink,
    context,
    rotation_digest,
)
from focusmesh.kernel.runtime.keys import ROTATION_DOMAIN, RotateKey
from focusmesh.kernel.state import (
    BLOB_PREFIX,
    BYTE_DEPOSIT_ACCOUNT,
    DEPOSIT_PREFIX,
    LINKED_PREFIX,
    PARTICLE_BYTES,
    ChangeRules,
    FeeRules,
    OrderRules,
    Parameters,
    StakingRules,
    read_deposits,
)
from focusmesh.protocol.codec import decode
from tests.conftest import SOAK
from tests.kernel.runtime.world import NETWORK, PROPOSER, Ledger, key, particle

if TYPE_CHECKING:
    import pytest

ANN, BOB, CEE = key(1).public, key(2).public, key(3).public
OWNERS = [ANN, BOB, CEE]
A, B, C = particle(10), particle(11), particle(12)
TEXT = b"what a particle stands for"
BLOB = PutBlob(digest(TEXT), len(TEXT))
BYTES = {digest(TEXT): TEXT}
BALANCE = 10_000


def paying(byte_deposit: int) -> Parameters:
    return Parameters(
        version=6,
        bandwidth_blocks=10,
        changes=ChangeRules(),
        fees=FeeRules(byte_deposit=byte_deposit),
        staking=StakingRules(),
        order=OrderRules(),
    )


def ledger(byte_deposit: int = 2, balance: int = BALANCE) -> Ledger:
    return Ledger([(each, balance, 1_000) for each in OWNERS], paying(byte_deposit))


def locked(here: Ledger, neuron: bytes) -> int:
    def scan(prefix: bytes) -> list[tuple[bytes, bytes]]:
        return [pair for pair in sorted(here.entries.items()) if pair[0].startswith(prefix)]

    return sum(amount for _, amount in read_deposits(scan, neuron))


def test_content_locks_its_bytes_until_it_is_forgotten() -> None:
    here = ledger()
    assert here.block(here.signal(ANN, BLOB), contents=BYTES)[0].code == "ok"
    assert here.account(ANN).balance == BALANCE - 2 * len(TEXT)
    assert here.account(BYTE_DEPOSIT_ACCOUNT).balance == locked(here, ANN) == 2 * len(TEXT)
    assert here.codes(here.signal(ANN, Forget(digest(TEXT), b""))) == ["ok"]
    assert here.account(ANN).balance == BALANCE
    assert locked(here, ANN) == 0
    assert here.contents == {}


def test_each_publisher_locks_its_own_and_the_last_takes_content_along() -> None:
    here = ledger()
    name = digest(TEXT)
    assert here.block(here.signal(ANN, BLOB), contents=BYTES)[0].code == "ok"
    assert here.codes(here.signal(BOB, BLOB, BLOB), here.signal(ANN, BLOB)) == ["ok", "ok"]
    assert [locked(here, each) for each in OWNERS] == [52, 52, 0]
    assert here.codes(here.signal(CEE, Forget(name, b""))) == ["owner"]
    assert here.codes(here.signal(ANN, Forget(name, b""))) == ["ok"]
    assert [locked(here, each) for each in OWNERS] == [0, 52, 0]
    assert here.contents == BYTES
    assert here.codes(here.signal(ANN, Forget(name, b""))) == ["owner"]
    assert here.codes(here.signal(BOB, Forget(name, b""))) == ["ok"]
    assert here.contents == {}
    assert BLOB_PREFIX + name not in here.entries
    assert here.account(BYTE_DEPOSIT_ACCOUNT).balance == 0


def test_a_property_locks_its_key_and_its_value_until_it_is_removed() -> None:
    here = ledger()
    for value in (b"short", b"longer than that", b"s"):
        assert here.codes(here.signal(ANN, SetProperty(A, "name", value))) == ["ok"]
        size = len(b"/kv/property/") + 64 + len("name") + len(value)
        assert locked(here, ANN) == 2 * size == BALANCE - here.account(ANN).balance
    assert here.codes(here.signal(ANN, SetProperty(A, "name", b""))) == ["ok"]
    assert here.account(ANN).balance == BALANCE


def test_the_first_link_of_a_particle_locks_and_the_last_returns_it_to_who_locked() -> None:
    here = ledger()
    price = 2 * PARTICLE_BYTES
    assert here.codes(here.signal(ANN, Link(A, B, b"", 5), Link(A, B, b"", 5))) == ["ok"]
    assert locked(here, ANN) == 2 * price
    assert here.codes(here.signal(BOB, Link(B, C, b"", 5), Link(A, B, b"", 5))) == ["ok"]
    assert (locked(here, ANN), locked(here, BOB)) == (2 * price, price)
    assert here.codes(here.signal(ANN, Unlink(A, B, b""))) == ["ok"]
    assert locked(here, ANN) == 2 * price
    assert here.codes(here.signal(BOB, Unlink(A, B, b""))) == ["ok"]
    # B has a link still, and A has none.
    assert (locked(here, ANN), here.account(ANN).balance) == (price, BALANCE - price)
    assert here.codes(here.signal(BOB, Unlink(B, C, b""))) == ["ok"]
    assert [here.account(each).balance for each in OWNERS] == [BALANCE] * 3
    assert here.codes(here.signal(CEE, Link(A, C, b"", 5))) == ["ok"]
    assert locked(here, CEE) == 2 * price


def test_particles_from_before_there_were_deposits_have_none() -> None:
    here = ledger(byte_deposit=0)
    assert here.codes(here.signal(ANN, Link(A, B, b"", 5))) == ["ok"]
    assert not [each for each in here.entries if each.startswith((LINKED_PREFIX, DEPOSIT_PREFIX))]
    here.parameters = paying(2)
    assert here.codes(here.signal(BOB, Link(A, C, b"", 5))) == ["ok"]
    assert locked(here, BOB) == 2 * PARTICLE_BYTES
    assert here.codes(here.signal(ANN, Unlink(A, B, b""))) == ["ok"]
    assert here.account(ANN).balance == BALANCE


def test_a_gift_to_the_account_of_deposits_counts_no_links_of_its_own_block() -> None:
    here = ledger(byte_deposit=0)
    gift = here.signal(BOB, Transfer(BYTE_DEPOSIT_ACCOUNT, 1))
    ann, cee = here.signal(ANN, Link(A, B, b"", 5)), here.signal(CEE, Link(A, C, b"", 5))
    assert here.codes(ann, gift, cee) == ["ok"] * 3
    here.parameters = paying(100)
    # Neither has the balance that a first link of a particle would lock, and to unlink locks nothing.
    assert here.codes(here.signal(ANN, Unlink(A, B, b""))) == ["ok"]
    assert here.codes(here.signal(CEE, Unlink(A, C, b""))) == ["ok"]
    assert [here.account(each).balance for each in (ANN, CEE)] == [BALANCE] * 2


def test_a_deposit_comes_back_at_what_was_locked() -> None:
    here = ledger()
    assert here.block(here.signal(ANN, BLOB), contents=BYTES)[0].code == "ok"
    assert here.codes(here.signal(ANN, Link(A, B, b"", 5))) == ["ok"]
    here.parameters = paying(0)
    assert here.codes(here.signal(BOB, Link(A, C, b"", 5))) == ["ok"]
    steps = [Forget(digest(TEXT), b""), Unlink(A, B, b"")]
    assert here.codes(here.signal(ANN, *steps)) == ["ok"]
    assert locked(here, ANN) == 2 * PARTICLE_BYTES
    assert here.codes(here.signal(BOB, Unlink(A, C, b""))) == ["ok"]
    assert here.account(ANN).balance == BALANCE


def test_who_cannot_lock_keeps_nothing_in_the_state() -> None:
    here = ledger(balance=2 * PARTICLE_BYTES + 3)
    before = here.account(BYTE_DEPOSIT_ACCOUNT)
    for step in (PutBlob(A, 500), SetProperty(A, "name", b"v" * 400), Link(A, B, b"", 5)):
        assert here.codes(here.signal(ANN, step)) == ["deposit"]
    assert here.account(BYTE_DEPOSIT_ACCOUNT) == before
    assert here.links == {}


def test_a_rotated_key_gets_back_what_the_first_one_locked() -> None:
    here = ledger()
    assert here.codes(here.signal(ANN, SetProperty(A, "name", b"value"))) == ["ok"]
    new = key(9)
    accepted = new.sign(ROTATION_DOMAIN, rotation_digest(NETWORK, ANN, new.public))
    assert here.codes(here.signal(ANN, RotateKey(new.public, accepted))) == ["ok"]
    assert here.codes(here.signal(new.public, SetProperty(A, "name", b""))) == ["ok"]
    assert here.account(new.public).balance == BALANCE


def test_without_deposits_leaves_are_as_they_were() -> None:
    steps = [BLOB, SetProperty(A, "name", b"value"), Link(A, B, b"", 5)]
    found = []
    for parameters in (Parameters(bandwidth_blocks=10), paying(0)):
        here = Ledger([(ANN, 100, 100)], parameters)
        here.block(here.signal(ANN, *steps), contents=BYTES)
        here.entries.pop(b"/kv/price", None)
        found.append((here.entries, here.links))
    assert found[0] == found[1]
    here = ledger()
    here.block(here.signal(ANN, *steps), contents=BYTES)
    assert len(decode(here.entries[BLOB_PREFIX + digest(TEXT)])) == 3


def test_who_locks_nothing_for_links_fills_the_graph_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(context, "has_deposits", lambda working: False)
    here = ledger(balance=0)
    assert here.codes(here.signal(ANN, Link(A, B, b"", 5))) == ["ok"]


OPERATIONS = 200_000 if SOAK else 4_000


@given(seed=st.integers(0, 1 << 32))
@settings(max_examples=4, deadline=None)
def test_what_is_locked_is_what_the_leaves_say(seed: int) -> None:
    """Over random operations, prices of bytes that change, and failures: supply stays, and no deposit is lost."""
    random = Random(seed)
    here = ledger(balance=3_000)
    names = [digest(b"content %d" % number) for number in range(3)]
    contents = {name: b"content %d" % number for number, name in enumerate(names)}
    supply, done = here.supply, 0
    while done < OPERATIONS // 4:
        here.parameters = paying(random.choice((0, 1, 1, 2, 3)))
        owner = random.choice(OWNERS)
        source, target = random.sample((A, B, C), 2)
        kinds = [
            Link(source, target, b"", random.randint(1, 9)),
            Unlink(source, target, b""),
            PutBlob(random.choice(names), 9),
            Forget(random.choice(names), b""),
            SetProperty(A, random.choice("xy"), b"v" * random.choice((0, 1, 90))),
            Transfer(random.choice(OWNERS), random.randint(1, 50)),
        ]
        steps = random.choices(kinds, k=random.randint(1, 3))
        done += len(steps)
        here.block(here.signal(owner, *steps, expires_height=1 << 40), contents=contents)
        held = [locked(here, each) for each in OWNERS]
        assert here.account(BYTE_DEPOSIT_ACCOUNT).balance == sum(held)
        accounts = [here.account(each) for each in (*OWNERS, BYTE_DEPOSIT_ACCOUNT, PROPOSER)]
        assert here.supply == supply == sum(each.balance + each.stake for each in accounts)
        assert {each[32:64] for each in here.links} | {each[:32] for each in here.links} == {
            each.removeprefix(LINKED_PREFIX)
            for each, value in here.entries.items()
            if each.startswith(LINKED_PREFIX) and decode(value)[1]
        } | untracked(here)


def untracked(here: Ledger) -> set[bytes]:
    """Particles that were linked before the first deposit was locked."""
    ends = {each[32:64] for each in here.links} | {each[:32] for each in here.links}
    return {each for each in ends if LINKED_PREFIX + each not in here.entries}
