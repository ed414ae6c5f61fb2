"""Headers of networks whose rules change: what a joiner and a follower take before they ask for any body."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import BlockError
from focusmesh.kernel.block import BLOCK_DOMAIN, Block, Header, HeaderChain, SignedHeader
from focusmesh.kernel.block.chain.header_chain import signed_header, write_signed_header
from focusmesh.kernel.block.chain.validator_sets import validator_set_bytes, write_validator_set
from focusmesh.kernel.block.records import write_block
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.codec import encode
from tests.kernel.light.chains import NETWORK, key, validator_set
from tests.kernel.light.changing import (
    ChangingChain,
    Epoch,
    changing_parameters,
    parameters_data,
    solo_parameters,
    state_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

FOUR = {0: 1, 1: 1, 2: 1, 3: 1}
SETS: tuple[Mapping[int, int], ...] = (FOUR, {0: 2, 4: 1, 5: 1}, {0: 5})
OLD = changing_parameters(version=4, epoch_blocks=3)
CHOICES = (
    *(changing_parameters(), changing_parameters(epoch_blocks=9)),
    *(changing_parameters(kind="snowman"), changing_parameters(bond_least=1, epoch_blocks=4)),
)
SOLO = ChangingChain(
    [
        Epoch(3, solo_parameters()),
        Epoch(2, solo_parameters(link_burn=4)),
        Epoch(2, solo_parameters()),
    ]
)


class Kept:
    """What a joiner has of a chain: its headers, as far as they were taken."""

    def __init__(self, chain: ChangingChain) -> None:
        self.chain, self.store = chain, MemoryStore()
        self.first = chain.epochs[0].params
        header = chain.headers[0]
        with self.store.write() as writer:
            write_block(writer, Block(header, header.encode(), b"", b""))
            if self.first.agreement is not None:
                first = validator_set_bytes(validator_set(chain.epochs[0].validators))
                write_validator_set(writer, 1, first)

    def headers(self) -> HeaderChain:
        """Of block 0; ``resume`` goes on from what is kept."""
        agreed = self.first.agreement is not None
        voters = validator_set(self.chain.epochs[0].validators) if agreed else None
        begun: Any = SimpleNamespace(
            genesis=SimpleNamespace(parameters=self.first, network=NETWORK),
            tip=self.chain.headers[0],
            height=0,
            proposers=tuple(voters.weights) if voters else (key(0).public,),
            validator_set=voters,
            reading=self.store.read,
        )
        return HeaderChain.of(begun)

    def take(self, headers: HeaderChain, first: int, last: int) -> None:
        """Adds headers and keeps them."""
        for height in range(first, last + 1):
            headers.add(self.chain.signed[height])
            with self.store.write() as writer:
                write_signed_header(writer, height, self.chain.signed[height], self.first)


@st.composite
def chains(draw: st.DrawFn) -> ChangingChain:
    counted = draw(st.integers(0, 2))
    epochs = [Epoch(3, OLD, draw(st.sampled_from(SETS))) for _ in range(counted)]
    lengths, params, sets = st.integers(1, 4), st.sampled_from(CHOICES), st.sampled_from(SETS)
    epochs += [
        Epoch(draw(lengths), draw(params), draw(sets)) for _ in range(draw(st.integers(1, 4)))
    ]
    return ChangingChain(epochs)


@settings(max_examples=40, deadline=None)
@given(chains(), st.data())
def test_headers_are_taken_kept_and_shown_again(chain: ChangingChain, data: st.DataObject) -> None:
    kept = Kept(chain)
    headers, middle = kept.headers(), data.draw(st.integers(0, chain.last))
    kept.take(headers, 1, middle)
    again = kept.headers()
    with kept.store.read() as reader:
        again.resume(reader)
    assert (again.tip, again.parameters) == (headers.tip, headers.parameters)
    kept.take(again, middle + 1, chain.last)
    assert again.final == chain.headers[-1]
    assert again.parameters == chain.epochs[-1].params
    with kept.store.read() as reader:
        shown = [signed_header(reader, height) for height in range(1, chain.last + 1)]
    assert shown == chain.signed[1:]
    assert [SignedHeader.decode(each.encode()) for each in shown] == shown


def refused(headers: HeaderChain, signed: SignedHeader) -> str:
    before = headers.tip
    with pytest.raises(BlockError) as error:
        headers.add(signed)
    assert headers.tip == before
    return error.value.code


@settings(max_examples=60, deadline=None)
@given(chains(), st.data())
def test_headers_against_the_rules_are_refused(chain: ChangingChain, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, chain.last))
    kept = Kept(chain)
    headers = kept.headers()
    kept.take(headers, 1, at - 1)
    header, signed = chain.headers[at], chain.signed[at]
    wrong: list[tuple[dict[str, Any], str]] = [({"params_hash": bytes(32)}, "params-hash")]
    if header.version > 1:
        wrong += [
            ({"epoch": header.epoch + 1}, "epoch"),
            ({"engine": "solo"}, "engine"),
            ({"version": 1, "epoch": 0, "engine": "", "ends_epoch": False}, "version"),
            ({"report": b"\x80"}, "report"),
        ]
    if header.version > 1 and not header.ends_epoch:
        wrong.append(({"validators_hash": bytes(32)}, "validators-hash"))
    fields, code = data.draw(st.sampled_from(wrong))
    assert refused(headers, chain.resigned(at, **fields)) == code
    if signed.parameters:
        _, other = state_of(at, parameters_data(chain.epoch(at).params))
        for proof in (b"", other):
            unproved = msgspec.structs.replace(signed, parameters=proof)
            assert refused(headers, unproved) == "params-hash"
    else:
        _, needless = state_of(at - 1, parameters_data(chain.epoch(at).params))
        assert (
            refused(headers, msgspec.structs.replace(signed, parameters=needless)) == "params-hash"
        )


def test_the_end_of_an_epoch_has_a_decision_before_anything_follows() -> None:
    chain = ChangingChain((Epoch(2, CHOICES[0]), Epoch(3, CHOICES[1])))
    kept = Kept(chain)
    headers = kept.headers()
    kept.take(headers, 1, 1)
    headers.add(msgspec.structs.replace(chain.signed[2], decision=b""))
    assert refused(headers, chain.signed[3]) == "decision"
    headers.abandon()
    kept.take(headers, 2, chain.last)
    assert headers.final == chain.headers[-1]


def test_one_key_changes_its_rules_with_a_proof() -> None:
    kept = Kept(SOLO)
    headers = kept.headers()
    kept.take(headers, 1, 3)
    assert (
        refused(headers, msgspec.structs.replace(SOLO.signed[4], parameters=b"")) == "params-hash"
    )
    for fields, code in (({"epoch": 1}, "epoch"), ({"engine": "snowman"}, "engine")):
        header = msgspec.structs.replace(SOLO.headers[4], **fields)
        wrong = SignedHeader(
            header.encode(),
            key(0).sign(BLOCK_DOMAIN, header.id),
            parameters=SOLO.signed[4].parameters,
        )
        assert refused(headers, wrong) == code
    kept.take(headers, 4, SOLO.last)
    assert headers.parameters == solo_parameters()


def test_a_header_has_one_encoding() -> None:
    """A field of version 2 that is left out, or stands in version 1, is not filled in or dropped in silence."""
    new, old = ChangingChain((Epoch(1, CHOICES[0]),)), ChangingChain((Epoch(3, OLD),))
    for chain, fields in (
        (
            new,
            {
                name: new.headers[1].as_fields()[name]
                for name in new.headers[1].as_fields()
                if name != "report"
            },
        ),
        (old, {**old.headers[1].as_fields(), "epoch": 0}),
    ):
        assert Header.decode(chain.headers[1].encode()) == chain.headers[1]
        with pytest.raises(BlockError, match="has other fields"):
            Header.decode(encode(fields))
    for header in (new.headers[1], old.headers[1]):
        assert Header.from_json(header.as_json()) == header
