"""More than two thirds halt a network behind a block, and resume it: by statements signed outside of the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.apps.changes import ShowStatement
from focusmesh.errors import BlockError, ProofError
from focusmesh.kernel.block import HeaderChain, read_signed_headers, verify_chain
from focusmesh.kernel.consensus import HALT, RESUME, Equivocation, Statement, StatementText, Vote
from focusmesh.kernel.light import LightChain
from focusmesh.kernel.runtime import Operation
from focusmesh.kernel.state import read_statement
from tests.kernel.block.grown import REGISTRY, Grown, validators
from tests.kernel.block.ledger import KEYS, PROPOSER, with_header
from tests.kernel.block.voted import VALIDATORS
from tests.kernel.light.test_handover import trusted

if TYPE_CHECKING:
    from focusmesh.protocol.identity import SigningKey


def voted(count: int = 1) -> Grown:
    network = Grown()
    network.grow(2)
    assert network.hand_over(validators(epoch_blocks=50)) == "ok"
    network.grow(count)
    return network


def text(network: Grown, kind: str = HALT, **fields: Any) -> StatementText:
    """A statement that can be shown in the next block; a halt ends with that."""
    last = read_statement(network.chain.state.get)
    made = StatementText(
        network.chain.network,
        network.chain.epoch,
        1 if last is None else last.number + 1,
        kind,
        network.chain.height + 1 if kind == HALT else 0,
    )
    return made._replace(**fields)


def signed_by(what: StatementText, keys: list[SigningKey]) -> Statement:
    first, *others = (what.sign(key) for key in keys)
    for each in others:
        first = first.join(each)
    return first


def show(network: Grown, statement: Statement) -> Any:
    return network.signed(KEYS[1], ["show_statement/1", statement.to_bytes()])


def test_three_of_four_halt_a_network_and_resume_it() -> None:
    network = voted()
    halt = signed_by(text(network, end_height=network.chain.height + 2), VALIDATORS[:3])
    assert network.codes(show(network, halt)) == ["ok"]
    assert network.chain.tip.statement == halt.digest
    assert network.codes(network.link(KEYS[2])) == ["ok"]
    assert network.chain.tip.statement == b""
    late = network.link(KEYS[2])
    made = network.candidates.make(
        network.chain.tip.id, [late], network.chain.tip.time + 1, VALIDATORS[0]
    )
    assert made.refused[late.id].code == "halted"
    network.candidates.abandon()
    network.block()
    assert network.chain.tip.height == halt.text.end_height + 1, "its heart goes on"
    resume = signed_by(text(network, RESUME), VALIDATORS[1:])
    assert network.codes(show(network, resume)) == ["ok"]
    assert network.chain.tip.statement == resume.digest
    assert network.codes(late) == ["ok"]
    assert verify_chain(network.store, REGISTRY).height == network.chain.height
    headers = HeaderChain(network.genesis, REGISTRY)
    for each in read_signed_headers(network.chain, 1, network.chain.height):
        headers.add(each)
    client = LightChain(trusted(network.chain, 0))
    client.take(list(read_signed_headers(network.chain, 1, network.chain.height)), headers.tip.time)
    assert client.header == network.chain.tip


def test_one_key_halts_its_own_ledger() -> None:
    network = Grown()
    network.grow(1)
    assert network.codes(show(network, signed_by(text(network), [PROPOSER]))) == ["ok"]
    late = network.link(KEYS[2])
    made = network.solo.propose([late], network.chain.tip.time + 1, PROPOSER, whole=True)
    assert made.refused[late.id].code == "halted"
    resume = signed_by(text(network, RESUME), [PROPOSER])
    assert network.codes(show(network, resume)) == ["ok"]
    assert network.codes(late) == ["ok"]


def test_others_are_refused_and_change_nothing() -> None:
    network = voted()
    good, three = text(network), VALIDATORS[:3]
    stranger = KEYS[0].generate(bytes([77]) * 32)
    for statement in (
        signed_by(good, VALIDATORS[:2]),
        signed_by(good, [*VALIDATORS[:2], stranger]),
        signed_by(good._replace(number=2), three),
        signed_by(good._replace(network=bytes(32)), three),
        signed_by(good._replace(epoch=good.epoch + 1), three),
        signed_by(good._replace(epoch=good.epoch - 1), three),
        signed_by(good._replace(end_height=1), three),
        signed_by(good._replace(kind=RESUME, end_height=0), three),
        Statement(good, signed_by(good._replace(end_height=99), three).signatures),
    ):
        assert network.codes(show(network, statement)) == ["statement"]
        assert network.chain.tip.statement == b""
    wrong = network.signed(KEYS[1], ["show_statement/1", b"\x80"])
    assert network.codes(wrong) == ["statement"]
    assert read_statement(network.chain.state.get) is None


def test_a_statement_counts_once() -> None:
    network = voted()
    halt = signed_by(text(network, end_height=90), VALIDATORS)
    assert network.codes(show(network, halt)) == ["ok"]
    assert network.codes(show(network, signed_by(text(network, RESUME), VALIDATORS))) == ["ok"]
    assert network.codes(show(network, halt)) == ["statement"]


def test_a_block_with_other_signals_is_refused_while_halted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The twin makes one where all operations may stand; a node that has the rule does not take it."""
    network, other = voted(), voted()
    halt = signed_by(text(network), VALIDATORS)
    for each in (network, other):
        each.codes(each.signed(KEYS[1], ["show_statement/1", halt.to_bytes()]))
    with monkeypatch.context() as patch:
        patch.setattr(Operation, "stands_when_halted", True)
        block = network.made(network.link(KEYS[2]))
    with pytest.raises(BlockError) as refused:
        other.candidates.take([(block, None)], network.decision(block.header))
    assert "halted" in str(refused.value)


def test_a_header_that_names_another_statement_is_refused() -> None:
    network, other = voted(), voted()
    block = network.made(network.link(KEYS[2]))
    wrong = with_header(block, statement=bytes(32))
    with pytest.raises(BlockError) as refused:
        other.candidates.take([(wrong, None)], other.decision(wrong.header))
    assert refused.value.code in {"statement", "proof"}


def test_who_signs_two_statements_has_not_voted_twice() -> None:
    network = voted()
    one, two = text(network), text(network, end_height=70)
    votes = [Vote.sign(each.ballot(), VALIDATORS[0]) for each in (one, two)]
    assert votes[0].ballot.slot != votes[1].ballot.slot
    evidence = Equivocation(*votes).to_bytes()
    assert network.codes(network.signed(KEYS[1], ["accuse/1", evidence])) == ["evidence"]


def test_statements_are_read_as_they_were_written() -> None:
    network = voted()
    statement = signed_by(text(network), VALIDATORS)
    data = statement.to_bytes()
    assert Statement.from_bytes(data) == statement
    for wrong in (b"", b"\x80", data + b"\x00", data[:-1]):
        with pytest.raises(ProofError):
            Statement.from_bytes(wrong)
    with pytest.raises(ProofError):
        text(network, "pause").ballot()
    with pytest.raises(ProofError, match="two statements"):
        statement.join(signed_by(text(network, end_height=88), VALIDATORS))
    assert ShowStatement(data).as_fields() == ("show_statement/1", data)
