"""What a chain refuses besides blocks that lie: bytes in other clothes, bodies nobody could read, stray contents."""

from __future__ import annotations

from dataclasses import replace

import pytest

from focusmesh.errors import BlockError
from focusmesh.ids import digest
from focusmesh.kernel.block import Chain, Genesis, verify_chain
from focusmesh.kernel.runtime import KERNEL_OPERATIONS, PutBlob, Registry
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.codec import decode, encode
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY, Ledger, genesis

TEXT = b"what a particle stands for"
CLAIM = PutBlob(digest(TEXT), len(TEXT))


def test_bytes_that_are_not_the_headers_are_not_kept() -> None:
    here = Ledger()
    other = here.twin()
    block = here.block(here.links(KEYS[1], ("a", "b")))
    with pytest.raises(BlockError) as caught:
        other.chain.accept(replace(block, header_bytes=block.header_bytes + b"\0"))
    assert caught.value.code == "header"
    other.chain.accept(block)
    assert other.chain.block(1).header_bytes == block.header_bytes


def test_a_body_that_could_not_be_read_again_is_not_made() -> None:
    here = Ledger(block_bytes_max=2_000)
    signals = [here.links(key, ("a", "b")) for key in KEYS]
    assert sum(len(signed.wire) for signed in signals) > 1_000
    with pytest.raises(BlockError) as caught:
        here.propose(*signals)
    assert caught.value.code == "body"
    other = here.twin()
    other.chain.accept(here.block(*signals[:2]))
    assert other.chain.height == 1


@pytest.mark.parametrize("field", ["version", "name"])
def test_a_genesis_names_all_of_its_fields(field: str) -> None:
    fields = decode(genesis().encode())
    del fields[field]
    with pytest.raises(BlockError) as caught:
        Genesis.decode(encode(fields))
    assert caught.value.code == "genesis"


def test_parameters_of_a_genesis_have_no_unsaid_defaults() -> None:
    fields = decode(genesis().encode())
    del fields["parameters"]["link_burn"]
    with pytest.raises(BlockError) as caught:
        Genesis.decode(encode(fields))
    assert caught.value.code == "genesis"


def test_a_network_of_other_operations_is_not_begun() -> None:
    store = MemoryStore()
    with pytest.raises(BlockError) as caught:
        Chain.create(store, genesis(), Registry(KERNEL_OPERATIONS))
    assert caught.value.code == "operations"
    assert Chain.create(store, genesis(), REGISTRY).height == 0


@pytest.mark.parametrize("stray", [(digest(TEXT), TEXT + b"!"), (digest(b"stray"), b"stray")])
def test_contents_that_nobody_published_are_found(stray: tuple[bytes, bytes]) -> None:
    here = Ledger()
    claim = here.signed(KEYS[1], list(CLAIM.as_fields()))
    made = here.chain.propose([claim], 2_000, PROPOSER, {digest(TEXT): TEXT})
    assert made.block is not None
    assert verify_chain(here.store, REGISTRY).height == 1
    with here.store.write() as writer:
        writer.put("contents", *stray)
    with pytest.raises(BlockError, match="contents") as caught:
        verify_chain(here.store, REGISTRY)
    assert caught.value.code == "difference"
