"""Light clients, joiners and receipts on real chains of networks that change their rules."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from focusmesh.errors import CodedError, ProofError
from focusmesh.kernel.block import (
    HeaderChain,
    SnapshotRestore,
    Snapshots,
    parameters_bytes,
    read_signed_headers,
    validator_set_bytes,
    verify_chain,
)
from focusmesh.kernel.light import LightChain, Trusted
from focusmesh.kernel.receipts import ReceiptMaker, verify_receipt
from focusmesh.kernel.receipts.evidence_chain import ChainEvidence
from focusmesh.kernel.state import PARAMETERS_KEY, ChangeRules, MemoryStore
from focusmesh.kernel.state.votes.transition import (
    CHANGE_PARTICLE,
    CHANGE_PROPERTY,
    transition_value,
)
from focusmesh.protocol.codec import encode
from tests.kernel.block.changing import (
    REGISTRY,
    RELEASE,
    ChangingVoted,
    Solo,
    changing_genesis,
    proposal,
)
from tests.kernel.block.ledger import KEYS, PROPOSER
from tests.kernel.block.voted import VALIDATORS, agreed

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain, SignedHeader

LEAVES = VALIDATORS[0]


def passed(node: ChangingVoted, *changes: tuple[str, Any]) -> None:
    """All validators vote for a proposal in one epoch."""
    (made,) = node.codes(
        node.signed(VALIDATORS[1], proposal(*changes, from_epoch=node.chain.epoch + 1))
    )
    assert made == "ok"
    change = next(value for key, value in node.chain.state.scan(b"/kv/change/of/"))
    for key in VALIDATORS:
        if key.public in node.chain.proposers:
            assert node.codes(node.vote(key, change)) == ["ok"]


@pytest.fixture(scope="module")
def grown() -> ChangingVoted:
    """Epochs ended by count and by time, a changed parameter, a validator who leaves, and all of it once more."""
    rules = ChangeRules(heartbeat_ms=4, epoch_ms=400, change_deposit=100)
    node = ChangingVoted(began=changing_genesis(rules, epoch_blocks=9))
    node.grow(2)
    node.block(node.link(), time=node.chain.tip.time + 400)
    assert node.chain.tip.ends_epoch
    passed(node, ("agreement.epoch_blocks", 6), ("link_burn", 2))
    node.end_epoch()
    node.grow(1)
    assert node.codes(node.signed(LEAVES, ["unbond/1", 1_000])) == ["ok"]
    node.end_epoch()
    passed(node, ("agreement.trusting_ms", 450))
    node.end_epoch()
    node.grow(3)
    return node


def trusted(chain: Chain, height: int) -> Trusted:
    return Trusted.beginning(
        chain.header(height),
        parameters_bytes(chain.parameters_of(height)),
        validator_set_bytes(chain.validator_set_of(height + 1)),
    )


def signed(chain: Chain) -> list[SignedHeader]:
    return list(read_signed_headers(chain, 0, chain.height))


def test_the_chain_is_what_this_page_is_about(grown: ChangingVoted) -> None:
    chain = grown.chain
    headers = [chain.header(height) for height in range(chain.height + 1)]
    assert len({each.params_hash for each in headers}) == 3
    assert len({each.validators_hash for each in headers}) == 2
    ends = [each.height for each in headers if each.ends_epoch]
    assert ends[:2] == [0, 3]
    assert len({b - a for a, b in pairwise(ends)}) > 1


def test_a_light_client_follows_from_any_block_on(grown: ChangingVoted) -> None:
    chain = grown.chain
    headers, now = signed(chain), chain.tip.time + 10
    for height in range(chain.height):
        if now - chain.header(height).time >= 450:
            continue
        client = LightChain(trusted(chain, height))
        client.take(headers[height + 1 :], now)
        assert client.header == chain.tip
        assert client.parameters == chain.parameters_of(chain.height)
        assert set(client.validators()) == set(chain.proposers)


def test_a_light_client_follows_as_blocks_come(grown: ChangingVoted) -> None:
    chain = grown.chain
    client = LightChain(trusted(chain, 0))
    for each in signed(chain)[1:]:
        client.take([each], client.header.time + 1)
    assert client.header == chain.tip


def test_headers_that_lack_a_proof_or_have_another_are_refused(grown: ChangingVoted) -> None:
    chain = grown.chain
    headers = signed(chain)
    changed = [at for at, each in enumerate(headers) if each.parameters]
    assert len(changed) == 2
    for at, other in (changed, changed[::-1]):
        client = LightChain(trusted(chain, at - 1))
        for proof in (b"", headers[other].parameters):
            wrong = msgspec.structs.replace(headers[at], parameters=proof)
            with pytest.raises(CodedError) as error:
                client.take([wrong], client.header.time + 1)
            assert error.value.code == "params-hash"
        client.take([headers[at]], client.header.time + 1)


def test_a_joiner_takes_headers_and_a_snapshot_of_any_block(grown: ChangingVoted) -> None:
    """Also of the last block of an epoch, whose state has the parameters of the next one."""
    chain = grown.chain
    headers = HeaderChain(grown.genesis, REGISTRY)
    for each in signed(chain)[1:]:
        headers.add(each)
    assert headers.final == chain.tip
    for height in range(max(1, chain.height - 12), chain.height + 1):
        store = MemoryStore()
        restoring = SnapshotRestore(store, grown.genesis, REGISTRY)
        restoring.add_headers(signed(chain)[1:])
        with Snapshots(chain, height) as snapshot:
            assert snapshot.height == height
            restoring.begin(snapshot.manifest)
            while missing := restoring.missing():
                for number in missing:
                    restoring.take(number, snapshot.page(number))
            made = restoring.finish(chain.block(height).body)
        assert made.parameters == chain.parameters_of(height + 1)
        for at in range(height + 1):
            assert made.parameters_of(at) == chain.parameters_of(at)
            assert made.epoch_of(at) == chain.epoch_of(at)
        assert list(read_signed_headers(made, 0, height)) == signed(chain)[: height + 1]
        assert verify_chain(store, REGISTRY).height == height
        assert made.epoch == chain.epoch_of(height + 1)


def test_receipts_of_every_block_hold_against_its_header(grown: ChangingVoted) -> None:
    chain = grown.chain
    maker = ReceiptMaker(chain, KEYS[1])
    checked = 0
    for height in range(1, chain.height + 1):
        header = chain.header(height)
        if header.focus_certificate is None or header.focus_certificate.height != height:
            continue
        receipt = maker.rank(height, 2)
        verify_receipt(receipt, header)
        checked += header.ends_epoch
        if height > 1:
            with pytest.raises(ProofError):
                verify_receipt(receipt, chain.header(height - 1))
    assert checked > 2


def test_receipts_by_what_the_state_has_would_be_of_the_next_epoch(
    grown: ChangingVoted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state after the last block of an epoch has the parameters of the next one."""
    chain = grown.chain
    changed = [at for at, each in enumerate(signed(chain)) if each.parameters]
    monkeypatch.setattr(
        ChainEvidence, "parameters", property(lambda self: self._view.get(PARAMETERS_KEY))
    )
    with pytest.raises(ProofError) as error:
        ReceiptMaker(chain, KEYS[1]).rank(changed[-1] - 1, 2)
    assert error.value.code == "parameters"


def test_one_keys_ledger_is_followed_through_changes() -> None:
    ledger = Solo()
    for at in range(3):
        ledger.block(ledger.links(KEYS[1], (at, at + 1)))
    assert ledger.change(("link_burn", 3)) == "ok"
    ledger.block(ledger.links(KEYS[1], ("a", "b")))
    assert ledger.change(("link_burn", 4), ("focus_interval", 2)) == "ok"
    for at in range(3):
        ledger.block(ledger.links(KEYS[1], ("c", at)))
    chain = ledger.chain
    headers = signed(chain)
    proposers = encode([PROPOSER.public])
    begun = Trusted.beginning(chain.header(0), parameters_bytes(chain.parameters_of(0)), proposers)
    client = LightChain(begun)
    assert client.take(headers[1:], chain.tip.time)[-1] == chain.tip
    assert client.parameters == chain.parameters
    joined = HeaderChain(chain.genesis, REGISTRY)
    for each in headers[1:]:
        joined.add(each)
    assert joined.tip == chain.tip


def test_a_network_of_counted_epochs_becomes_one_that_changes(version_four: ChangingVoted) -> None:
    """Its validators sign properties; light clients and joiners go from headers of version 1 to those of version 2."""
    chain = version_four.chain
    headers = signed(chain)
    versions = [chain.header(height).version for height in range(chain.height + 1)]
    first = versions.index(2)
    assert (first - 1) % 3 == 0
    assert chain.header(first).epoch == (first - 1) // 3 + 1
    for height in (0, first - 2, first - 1, first):
        client = LightChain(trusted(chain, height))
        client.take(headers[height + 1 :], client.header.time + 400)
        assert client.header == chain.tip
        assert client.parameters == chain.parameters
    joined = HeaderChain(version_four.genesis, REGISTRY)
    for each in headers[1:]:
        joined.add(each)
    assert joined.final == chain.tip


@pytest.fixture
def version_four() -> ChangingVoted:
    """Four blocks in, three of four validators are for rules that change; then some epochs of those."""
    node = ChangingVoted(began=agreed())
    node.grow(4)
    value = transition_value(ChangeRules(heartbeat_ms=5, epoch_ms=2_000), REGISTRY.digest, RELEASE)
    for key in VALIDATORS[:3]:
        said = ["set_property/1", CHANGE_PARTICLE, CHANGE_PROPERTY, value]
        assert node.codes(node.signed(key, said)) == ["ok"]
    node.grow(9)
    return node
