"""Pins in real blocks: the challenge comes of headers, another node comes to the same, older networks go on without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from focusmesh.apps.bank import BANK_OPERATIONS
from focusmesh.apps.pins import PIN_OPERATIONS, ClosePin, OfferPin, TakePin, pin_id
from focusmesh.errors import InputError, ParameterError
from focusmesh.host.ledger.pins import kept_square, open_pin, open_pins, proof_of
from focusmesh.kernel.block import Chain
from focusmesh.kernel.runtime import KERNEL_OPERATIONS, Operation, Registry
from focusmesh.kernel.state import MemoryStore
from tests.kernel.block.ledger import KEYS, Ledger, genesis

if TYPE_CHECKING:
    from focusmesh.protocol.identity import SigningKey

EARLIER = Registry((*KERNEL_OPERATIONS, *BANK_OPERATIONS))
REGISTRY = Registry((*KERNEL_OPERATIONS, *BANK_OPERATIONS, *PIN_OPERATIONS), [EARLIER])
ANN, BEN = KEYS[1:3]


class PinLedger(Ledger):
    """A network that has pins."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        made = msgspec.structs.replace(genesis(), operations=REGISTRY.digest)
        self.chain = Chain.create(self.store, made, REGISTRY)
        self.nonces = dict.fromkeys(KEYS, 0)

    def done(self, key: SigningKey, operation: Operation) -> str:
        """The code of one operation in the next block."""
        signed = self.signed(key, list(operation.as_fields()))
        proposed = self.propose(signed)
        assert not proposed.refused, proposed.refused
        return proposed.results[signed.id].code


def taken() -> tuple[PinLedger, str]:
    """Block 1 has links, block 2 an offer to keep it, block 3 a keeper."""
    here = PinLedger()
    here.block(here.links(ANN, ("a", "b"), ("b", "c")))
    root = here.chain.tip.data_root
    offer = OfferPin(root, 2, 0, 10, 2, 3, 16, 50, 1, 100)
    assert here.done(ANN, offer) == "ok"
    name = pin_id(here.chain.network, offer.pin(ANN.public))
    assert here.done(BEN, TakePin(name)) == "ok"
    return here, name.hex()


def test_a_keeper_proves_and_another_node_agrees() -> None:
    here, name = taken()
    for turn in range(3):
        found = open_pin(here.chain, name[:8])
        assert found.is_due
        proof = proof_of(here.chain, found, kept_square(here.chain, found.pin, None))
        assert proof.round == turn
        assert here.done(BEN, proof) == "ok"
        with pytest.raises(ParameterError, match="proved"):
            proof_of(here.chain, open_pin(here.chain, name), None)  # type: ignore[arg-type]
        here.block(here.links(ANN, (turn, "a")))
        # What a process knows of earlier blocks, it knows of the store.
        here.chain = Chain(here.store, REGISTRY)
    assert open_pin(here.chain, name).is_over
    assert here.done(ANN, ClosePin(bytes.fromhex(name))) == "ok"
    assert open_pins(here.chain) == []
    twin = Chain.create(MemoryStore(), here.chain.genesis, REGISTRY)
    for height in range(1, here.chain.height + 1):
        twin.accept(here.chain.block(height))
    assert twin.state.root == here.chain.state.root


def test_a_proof_for_one_history_is_none_in_another() -> None:
    """The challenge hangs on the root of the block before the round: where that differs, so do the places."""
    here, name = taken()
    found = open_pin(here.chain, name)
    proof = proof_of(here.chain, found, kept_square(here.chain, found.pin, None))
    other, _ = taken()
    assert other.done(BEN, proof) == "ok"  # the very same blocks so far
    third = PinLedger()
    third.block(third.links(ANN, ("a", "b"), ("b", "c")))
    root = third.chain.tip.data_root
    third.propose(
        third.signed(ANN, list(OfferPin(root, 2, 0, 10, 2, 3, 16, 50, 1, 100).as_fields())),
        third.links(KEYS[3], ("x", "y")),
    )
    assert third.done(BEN, TakePin(bytes.fromhex(name))) == "ok"
    assert third.done(BEN, proof) == "possession"


def test_the_wrong_data_and_the_wrong_name_are_refused_before_anything_is_signed() -> None:
    here, name = taken()
    found = open_pin(here.chain, name)
    with pytest.raises(InputError, match="no block of this ledger"):
        kept_square(here.chain, msgspec.structs.replace(found.pin, data_root=bytes(32)), None)
    with pytest.raises(InputError, match="shares wide"):
        kept_square(here.chain, msgspec.structs.replace(found.pin, width=4), None)
    for wrong in ("", "zz", "0" * 64):
        with pytest.raises(InputError, match="begin"):
            open_pin(here.chain, wrong)


def test_a_network_of_before_pins_goes_on_without() -> None:
    store = MemoryStore()
    before = msgspec.structs.replace(genesis(), operations=EARLIER.digest)
    Chain.create(store, before, EARLIER)
    older = Ledger()
    older.chain, older.store = Chain(store, REGISTRY), store
    signed = older.signed(ANN, list(OfferPin(bytes(32), 2, 0, 1, 1, 1, 1, 0, 1, 9).as_fields()))
    assert older.propose(signed).refused[signed.id].code == "operation"
    older.nonces[ANN] = 0
    older.block(older.links(ANN, ("a", "b")))
