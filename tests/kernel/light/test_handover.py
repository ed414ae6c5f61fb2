"""Light clients go through a hand-over of one key to validators and back, and believe no block of the key after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from focusmesh.errors import CodedError, ProofError
from focusmesh.kernel.block import (
    BLOCK_DOMAIN,
    SignedHeader,
    parameters_bytes,
    read_signed_headers,
    validator_set_bytes,
)
from focusmesh.kernel.light import LightChain, StrayBlock, Trusted, find_stray_block, light_chain
from focusmesh.protocol.codec import encode
from tests.kernel.block.grown import Grown, back, validators
from tests.kernel.block.ledger import PROPOSER
from tests.kernel.block.voted import VALIDATORS

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain, Header

HANDED = 4
"""The height of the block that hands over."""


@pytest.fixture(scope="module")
def network() -> Grown:
    """One key, validators, the key again, and validators once more; epochs of validators have three blocks."""
    made = Grown()
    made.grow(HANDED - 1)
    assert made.hand_over(validators()) == "ok"
    made.grow(4)
    made.hand_back(back())
    made.grow(2)
    assert made.hand_over(validators("snowman", bond=7)) == "ok"
    made.grow(5)
    return made


def trusted(chain: Chain, height: int) -> Trusted:
    header, after = chain.header(height), height + 1
    is_voted = after <= chain.height and chain.header(after).engine != "solo"
    keys = encode([PROPOSER.public])
    validators_ = validator_set_bytes(chain.validator_set_of(after)) if is_voted else keys
    return Trusted.beginning(header, parameters_bytes(chain.parameters_of(height)), validators_)


def signed(chain: Chain) -> list[SignedHeader]:
    return list(read_signed_headers(chain, 0, chain.height))


def test_a_client_goes_through_from_any_block_on(network: Grown) -> None:
    chain = network.chain
    headers, now = signed(chain), chain.tip.time + 10
    for height in range(chain.height):
        client = LightChain(trusted(chain, height))
        client.take(headers[height + 1 :], now)
        assert client.header == chain.tip
        assert client.parameters == chain.parameters_of(chain.height)
        assert set(client.validators()) == {key.public for key in VALIDATORS}
        Trusted.decode(client.trusted.encode())


def test_a_client_goes_through_as_blocks_come(network: Grown) -> None:
    """The block that hands over is final with the first decision behind it, and not before."""
    chain, headers = network.chain, signed(network.chain)
    client = LightChain(trusted(chain, 0))
    while client.header != chain.tip:
        at, size = client.header.height + 1, 1
        while not client.take(headers[at : at + size], client.header.time + 1):
            size += 1
        has_waited = (
            chain.header(at).engine == "solo" and chain.header(at + size - 1).engine != "solo"
        )
        assert size == 1 + has_waited
        client = LightChain(Trusted.decode(client.trusted.encode()))


def stray(header: Header, **fields: Any) -> SignedHeader:
    made = msgspec.structs.replace(header, **fields)
    return SignedHeader(made.encode(), PROPOSER.sign(BLOCK_DOMAIN, made.id))


def after_handover(chain: Chain, **fields: Any) -> SignedHeader:
    """A block that the key signs behind its hand-over."""
    last, first = chain.header(HANDED), chain.header(1)
    behind: dict[str, Any] = {"height": HANDED + 1, "parent": last.id, "ends_epoch": False}
    return stray(last, **behind | {"validators_hash": first.validators_hash, **fields})


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_block_of_the_key_behind_its_hand_over_is_refused_and_proves_it(
    network: Grown, epoch: int
) -> None:
    chain, headers = network.chain, signed(network.chain)
    wrong = after_handover(chain, epoch=epoch)
    for first in (HANDED - 1, HANDED):
        client = LightChain(trusted(chain, first))
        before = client.trusted
        with pytest.raises(CodedError) as refused:
            client.take([*headers[first + 1 : HANDED + 1], wrong], chain.tip.time)
        assert refused.value.code in {"engine", "epoch"}
        assert client.trusted == before
    proof = find_stray_block(headers[HANDED], headers[HANDED + 1], [wrong])
    assert proof is not None
    assert StrayBlock.decode(proof.encode()).verify(chain.network).height == HANDED + 1
    other = stray(chain.header(HANDED), state_root=bytes(32))
    assert find_stray_block(headers[HANDED], headers[HANDED + 1], [other]) is not None


def test_nothing_that_the_key_rightly_made_proves_anything(network: Grown) -> None:
    headers = signed(network.chain)
    assert find_stray_block(headers[HANDED], headers[HANDED + 1], headers[1:]) is None
    with pytest.raises(ProofError):
        StrayBlock.decode(b"\x80")
    for at in range(3):
        parts = [headers[HANDED].encode(), headers[HANDED + 1].parameters]
        whole = [*parts, after_handover(network.chain, epoch=2).encode()]
        whole[at] = headers[1].encode() if at != 1 else headers[1].parameters
        with pytest.raises(CodedError):
            StrayBlock(*whole).verify(network.chain.network)


def test_without_the_rule_the_key_would_be_believed(
    network: Grown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: where no header hands over, a client goes on with what the key signs."""
    chain, headers = network.chain, signed(network.chain)
    client = LightChain(trusted(chain, HANDED - 1))
    monkeypatch.setattr(light_chain, "hands_over", lambda *_: False)
    monkeypatch.setattr(light_chain, "proposers_of", lambda *_: (PROPOSER.public,))
    client.take([headers[HANDED], after_handover(chain, epoch=2)], chain.tip.time)
    assert client.header.height == HANDED + 1


def test_too_few_validators_hand_over_nothing(network: Grown) -> None:
    """More than two thirds of those who vote next have to decide a block behind the one that names them."""
    from tests.kernel.block.voted import decided

    chain, headers = network.chain, signed(network.chain)
    client = LightChain(trusted(chain, HANDED - 1))
    few = decided(chain.header(HANDED + 1), 2, VALIDATORS[:2])
    wrong = msgspec.structs.replace(headers[HANDED + 1], decision=few)
    with pytest.raises(ProofError) as refused:
        client.take([headers[HANDED], wrong], chain.tip.time)
    assert refused.value.code == "quorum"
    assert client.header.height == HANDED - 1


def test_who_comes_later_than_validators_are_trusted_begins_again(network: Grown) -> None:
    chain, headers = network.chain, signed(network.chain)
    client = LightChain(trusted(chain, 0))
    late = chain.header(HANDED).time + 500
    with pytest.raises(ProofError) as refused:
        client.take(headers[1:], late)
    assert refused.value.code == "stale"
    assert client.header.height == HANDED - 1


def test_a_jump_never_goes_over_a_hand_over(network: Grown) -> None:
    chain, headers = network.chain, signed(network.chain)
    for before, at in ((1, HANDED + 1), (HANDED + 6, HANDED + 7)):
        while chain.header(before).engine == chain.header(before + 1).engine and before + 1 < at:
            before += 1
        client = LightChain(trusted(chain, before))
        with pytest.raises(CodedError):
            client.jump(headers[at], chain.tip.time)
        assert client.header.height == before
