"""Keys are rotated: what a neuron has moves on, and the old key is over."""

from __future__ import annotations

import pytest

from focusmesh.apps.bank import Stake, Transfer
from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.runtime import (
    ROTATION_DOMAIN,
    Forget,
    Link,
    PutBlob,
    RotateKey,
    SetProperty,
    Unlink,
    rotation_digest,
)
from focusmesh.kernel.state import KEY_PREFIX, NO_RELATION, PROPERTY_PREFIX, changed, key_holder
from tests.kernel.runtime.world import NETWORK, PROPOSER, Ledger, key, particle

OLD, NEW, NEWER, OTHER = (key(number) for number in range(4))
A, B = particle(10), particle(11)
LINK, UNLINK = Link(A, B, b"", 5), Unlink(A, B, b"")


def ledger() -> Ledger:
    return Ledger([(OLD.public, 100, 1_000), (OTHER.public, 100, 1_000)])


def rotation(old: bytes, new: int) -> RotateKey:
    signer = key(new)
    accepted = signer.sign(ROTATION_DOMAIN, rotation_digest(NETWORK, old, signer.public))
    return RotateKey(signer.public, accepted)


def test_account_stake_and_authorship_move() -> None:
    here = ledger()
    text = b"mine"
    claim = PutBlob(digest(text), len(text))
    here.block(
        here.signal(OLD.public, LINK, claim, SetProperty(A, "name", b"1")),
        contents={digest(text): text},
    )
    before = here.account(OLD.public)
    assert here.codes(here.signal(OLD.public, rotation(OLD.public, 1), tip=3)) == ["ok"]
    assert here.account(NEW.public) == changed(
        before, nonce=0, balance=before.balance - 3, origin=OLD.public
    )
    assert here.get(KEY_PREFIX + OLD.public) == NEW.public + OLD.public
    forget, rename = Forget(digest(text), b""), SetProperty(A, "name", b"2")
    assert here.codes(here.signal(NEW.public, LINK, UNLINK, LINK, forget, rename)) == ["ok"]
    assert here.links == {A + B + NO_RELATION + OLD.public: 5}
    assert here.entries[PROPERTY_PREFIX + A + OLD.public + b"name"] == b"2"


def test_the_old_key_is_over() -> None:
    here = ledger()
    here.block(here.signal(OLD.public, rotation(OLD.public, 1)))
    for nonce in (0, 1):
        with pytest.raises(SignalError, match=NEW.public.hex()) as caught:
            here.block(here.signal(OLD.public, LINK, nonce=nonce))
        assert caught.value.code == "rotated"


def test_a_later_signal_of_the_block_is_refused_too() -> None:
    here = ledger()
    signals = [
        here.signal(OLD.public, rotation(OLD.public, 1)),
        here.signal(OLD.public, LINK, nonce=1),
        here.signal(NEW.public, LINK, nonce=0),
    ]
    proposal = here.propose(*signals)
    assert [error.code for _, error in proposal.refused] == ["rotated"]
    assert [result.code for result in proposal.results] == ["ok", "ok"]


def test_a_chain_of_rotations_keeps_the_first_author() -> None:
    here = ledger()
    here.block(here.signal(OLD.public, LINK))
    here.block(here.signal(OLD.public, rotation(OLD.public, 1)))
    here.block(here.signal(NEW.public, LINK))
    here.block(here.signal(NEW.public, rotation(NEW.public, 2)))
    assert here.links == {A + B + NO_RELATION + OLD.public: 10}
    assert here.get(KEY_PREFIX + OLD.public) == NEWER.public + OLD.public
    assert here.codes(here.signal(NEWER.public, UNLINK)) == ["ok"]
    assert here.links == {}


def test_who_holds_a_key_takes_two_reads_however_long_the_chain() -> None:
    here = ledger()
    for number in range(4, 12):
        before = key(number - 1) if number > 4 else OLD
        here.block(here.signal(before.public, rotation(before.public, number)))
    reads: list[bytes] = []
    for each in (OLD, *map(key, range(4, 12))):
        reads.clear()

        def get(name: bytes) -> bytes | None:
            reads.append(name)
            return here.get(name)

        assert key_holder(get, each.public) == key(11).public
        assert len(reads) <= 2


def test_a_balance_that_was_sent_before_is_added() -> None:
    here = ledger()
    here.block(here.signal(OTHER.public, Transfer(NEW.public, 40)))
    assert here.codes(here.signal(OLD.public, rotation(OLD.public, 1))) == ["ok"]
    assert here.account(NEW.public).balance == 140


def test_a_key_that_was_used_is_not_taken() -> None:
    here = ledger()
    assert here.codes(here.signal(OLD.public, rotation(OLD.public, 3))) == ["key"]
    assert here.codes(here.signal(OLD.public, rotation(OLD.public, 0))) == ["key"]
    here.block(here.signal(OTHER.public, Transfer(NEW.public, 40)))
    here.block(here.signal(NEW.public, Stake(1)))
    assert here.codes(here.signal(OLD.public, rotation(OLD.public, 1))) == ["key"]


def test_what_a_new_key_has_signed_is_not_replayed() -> None:
    """Its nonce begins anew, so that a key with signals behind it cannot take over."""
    here = ledger()
    here.block(here.signal(OTHER.public, Transfer(NEW.public, 40)))
    here.block(here.signal(NEW.public, Transfer(OTHER.public, 40)))
    assert here.codes(here.signal(OLD.public, rotation(OLD.public, 1))) == ["key"]


def test_two_neurons_do_not_become_one() -> None:
    here = Ledger([(OLD.public, 5, 0), (OTHER.public, 5, 0)])
    assert here.codes(here.signal(OLD.public, rotation(OLD.public, 1))) == ["ok"]
    assert here.codes(here.signal(OTHER.public, rotation(OTHER.public, 1))) == ["key"]


def test_nobody_goes_back_to_a_key_or_shares_one() -> None:
    here = ledger()
    here.block(here.signal(OLD.public, rotation(OLD.public, 1)))
    assert here.codes(here.signal(NEW.public, rotation(NEW.public, 0))) == ["key"]
    assert here.codes(here.signal(OTHER.public, rotation(OTHER.public, 0))) == ["key"]
    assert here.codes(here.signal(OTHER.public, rotation(OTHER.public, 1))) == ["key"]


@pytest.mark.parametrize(
    "forged",
    [
        RotateKey(NEW.public, bytes(64)),
        RotateKey(NEW.public, rotation(OTHER.public, 1).signature),
        RotateKey(NEWER.public, rotation(OLD.public, 1).signature),
    ],
)
def test_the_new_key_has_to_agree(forged: RotateKey) -> None:
    here = ledger()
    assert here.codes(here.signal(OLD.public, forged)) == ["key"]
    assert here.account(OLD.public).stake == 1_000


def test_payments_to_a_rotated_key_are_refused_and_tips_follow() -> None:
    here = ledger()
    here.proposer = OLD.public
    here.block(here.signal(OLD.public, rotation(OLD.public, 1)))
    assert here.codes(here.signal(OTHER.public, Transfer(OLD.public, 1), tip=5)) == ["rotated"]
    assert here.account(NEW.public).balance == 105
    assert here.account(PROPOSER).balance == 0
