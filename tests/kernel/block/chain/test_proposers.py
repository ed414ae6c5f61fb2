"""Who may make a block: those who hold the keys of the genesis' proposers, and nobody whose key was rotated out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import BlockError, ParameterError
from focusmesh.ids import digest
from focusmesh.kernel.block import Chain, Genesis, verify_chain
from focusmesh.kernel.block.chain import stored_chain as kept_chain
from focusmesh.kernel.runtime import ROTATION_DOMAIN, RotateKey, rotation_digest
from focusmesh.kernel.state import MemoryStore, Parameters, read_account
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import SigningKey
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY, Ledger, genesis, with_header

if TYPE_CHECKING:
    from focusmesh.kernel.block import Block
    from focusmesh.protocol.signal import SignedSignal

NEW = SigningKey(digest(b"the new key"))
NEWER = SigningKey(digest(b"the key after it"))
MINTER = KEYS[1]


def rotation(ledger: Ledger, old: SigningKey, new: SigningKey, tip: int = 0) -> SignedSignal:
    """The signal by which ``new`` takes over from ``old``; it signs next as the ledger's neuron."""
    accepted = rotation_digest(ledger.chain.network, old.public, new.public)
    operation = RotateKey(new.public, new.sign(ROTATION_DOMAIN, accepted))
    ledger.nonces[new] = 0
    return ledger.signed(old, list(operation.as_fields()), tip=tip)


def made(ledger: Ledger, key: SigningKey, *signals: SignedSignal) -> Block:
    """The next block, by ``key``."""
    proposed = ledger.chain.propose(signals, ledger.chain.tip.time + 1, key)
    assert proposed.block is not None
    assert {result.code for result in proposed.results.values()} == {"ok"}
    return proposed.block


def rotated(**parameters: Any) -> tuple[Ledger, Ledger]:
    """A ledger whose proposer's key was rotated in its first block, and another node that has accepted it."""
    ledger = Ledger(**parameters)
    node = ledger.twin()
    node.chain.accept(made(ledger, PROPOSER, rotation(ledger, PROPOSER, NEW)))
    return ledger, node


def test_the_new_key_makes_the_next_block_and_the_old_one_none() -> None:
    ledger, node = rotated()
    assert ledger.chain.proposers == node.chain.proposers == (NEW.public,)
    assert ledger.chain.parameters.proposers == (PROPOSER.public,)
    signal = ledger.links(KEYS[1], ("a", "b"))
    with pytest.raises(BlockError, match=NEW.public.hex()) as refused:
        made(ledger, PROPOSER, signal)
    assert refused.value.code == "proposer"
    node.chain.accept(made(ledger, NEW, signal))
    assert node.chain.tip.proposer == NEW.public
    assert verify_chain(node.store, REGISTRY).block == ledger.chain.tip.id


def test_headers_commit_to_who_may_make_their_block() -> None:
    ledger, _ = rotated()
    made(ledger, NEW, ledger.links(KEYS[1], ("a", "b")))
    said = [ledger.chain.header(height).validators_hash for height in range(3)]
    old, new = (digest(encode([key.public])) for key in (PROPOSER, NEW))
    assert said == [old, old, new]


def test_the_block_that_rotates_is_still_the_old_keys() -> None:
    ledger = Ledger()
    with pytest.raises(BlockError) as refused:
        made(ledger, NEW, rotation(ledger, PROPOSER, NEW))
    assert refused.value.code == "proposer"


def test_blocks_of_the_old_key_are_refused_by_every_node() -> None:
    ledger, node = rotated()
    right = made(ledger, NEW, ledger.links(KEYS[1], ("a", "b")))
    before = digest(encode([PROPOSER.public]))
    hostile = {
        "proposer": with_header(right, PROPOSER, proposer=PROPOSER.public),
        "proof": with_header(right, PROPOSER),
        "validators-hash": with_header(right, NEW, validators_hash=before),
    }
    for code, block in hostile.items():
        with pytest.raises(BlockError) as refused:
            node.chain.accept(block)
        assert refused.value.code == code
        assert node.chain.proposers == (NEW.public,)
    node.chain.accept(right)


def test_were_the_genesis_asked_the_old_key_would_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fixed(_: object, parameters: Parameters) -> tuple[bytes, ...]:
        return parameters.proposers

    monkeypatch.setattr(kept_chain, "proposers_after", fixed)
    ledger, node = rotated()
    node.chain.accept(made(ledger, PROPOSER, ledger.links(KEYS[1], ("a", "b"))))
    monkeypatch.undo()
    with pytest.raises(BlockError) as found:
        verify_chain(node.store, REGISTRY)
    assert found.value.code == "proposer"
    assert "height 2" in str(found.value)


def test_what_was_rotated_twice_follows_to_the_end() -> None:
    ledger, node = rotated()
    node.chain.accept(made(ledger, NEW, rotation(ledger, NEW, NEWER)))
    assert Chain(node.store, REGISTRY).proposers == (NEWER.public,)
    signal = ledger.links(KEYS[1], ("a", "b"))
    with pytest.raises(BlockError):
        made(ledger, NEW, signal)
    node.chain.accept(made(ledger, NEWER, signal))
    assert verify_chain(node.store, REGISTRY).height == 3


def test_of_several_proposers_each_has_a_holder_of_its_own() -> None:
    usual = genesis()
    both = Parameters(proposers=(PROPOSER.public, KEYS[1].public))
    network = Genesis(
        name="two",
        time=1,
        parameters=both,
        grants=usual.grants,
        operations=usual.operations,
    )
    ledger = Ledger.__new__(Ledger)
    ledger.store, ledger.nonces = MemoryStore(), dict.fromkeys(KEYS, 0)
    ledger.chain = Chain.create(ledger.store, network, REGISTRY)
    made(ledger, PROPOSER, rotation(ledger, KEYS[1], NEW))
    assert ledger.chain.proposers == (PROPOSER.public, NEW.public)
    made(ledger, NEW, ledger.links(KEYS[2], ("a", "b")))
    made(ledger, PROPOSER, ledger.links(KEYS[2], ("a", "c")))
    with pytest.raises(BlockError):
        made(ledger, KEYS[1], ledger.links(KEYS[2], ("a", "d")))
    assert verify_chain(ledger.store, REGISTRY).height == 3


def test_a_rotation_that_fails_changes_nobody() -> None:
    ledger = Ledger()
    taken = rotation(ledger, PROPOSER, KEYS[1])
    used = ledger.links(KEYS[1], ("a", "b"))
    proposed = ledger.propose(taken, used)
    assert proposed.results[taken.id].code == "key"
    assert ledger.chain.proposers == (PROPOSER.public,)
    made(ledger, PROPOSER, ledger.links(KEYS[2], ("a", "b")))


def test_a_block_that_is_refused_half_way_leaves_who_may_propose() -> None:
    ledger = Ledger()
    node = ledger.twin()
    block = made(ledger, PROPOSER, rotation(ledger, PROPOSER, NEW))
    with pytest.raises(BlockError):
        node.chain.accept(with_header(block, state_root=bytes(32)))
    assert node.chain.proposers == (PROPOSER.public,)
    node.chain.accept(block)
    assert node.chain.proposers == (NEW.public,)


def test_in_a_network_of_version_1_the_first_key_goes_on() -> None:
    ledger, node = rotated(version=1)
    assert node.chain.proposers == (PROPOSER.public,)
    signal = ledger.links(KEYS[1], ("a", "b"))
    with pytest.raises(BlockError):
        made(ledger, NEW, signal)
    node.chain.accept(made(ledger, PROPOSER, signal))
    assert verify_chain(node.store, REGISTRY).height == 2


def test_a_network_of_later_rules_is_refused_by_name() -> None:
    later = encode({**genesis().parameters.as_fields(), "version": 7})
    whole = decode(genesis().encode()) | {"parameters": decode(later)}
    with pytest.raises(BlockError, match="version 7, made by a newer focusmesh"):
        Genesis.decode(encode(whole))
    with pytest.raises(ParameterError, match="1 ≤ version"):
        Parameters(version=0)


def test_tips_of_the_block_that_rotates_go_to_the_new_key() -> None:
    ledger = Ledger()
    made(ledger, PROPOSER, rotation(ledger, PROPOSER, NEW, tip=7))
    account = read_account(ledger.chain.state.get, NEW.public)
    assert account is not None
    assert account.balance == 10_000
    assert read_account(ledger.chain.state.get, PROPOSER.public) is None


def test_a_minter_goes_on_with_the_new_key_alone() -> None:
    ledger = Ledger(minters=(MINTER.public,))
    node = ledger.twin()
    node.chain.accept(made(ledger, PROPOSER, rotation(ledger, MINTER, NEW)))
    old = ledger.signed(MINTER, ["mint/1", KEYS[2].public, 5])
    new = ledger.signed(NEW, ["mint/1", KEYS[2].public, 5])
    proposed = ledger.propose(old, new)
    assert proposed.refused[old.id].code == "rotated"
    assert proposed.results[new.id].code == "ok"
    assert proposed.block is not None
    node.chain.accept(proposed.block)
    assert verify_chain(node.store, REGISTRY).height == 2
