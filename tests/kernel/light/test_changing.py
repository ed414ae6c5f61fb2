"""Light clients follow networks whose parameters, validators and lengths of epochs change, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import BlockError, CodedError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.block import HeaderPosition, SignedHeader
from focusmesh.kernel.block import succession as block_succession
from focusmesh.kernel.consensus import Ballot, Certificate, Decision, Vote, VoteSlots
from focusmesh.kernel.light import LightChain, Trusted
from tests.kernel.light.chains import DAY, decision, key, validator_set, validators_bytes
from tests.kernel.light.changing import (
    ChangingChain,
    Epoch,
    changing_parameters,
    parameters_data,
    solo_parameters,
    state_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.kernel.state import Parameters

FOUR = {0: 1, 1: 1, 2: 1, 3: 1}
LATER = {1: 5, 2: 4, 3: 4, 4: 3}
A = changing_parameters()
B = changing_parameters(epoch_blocks=9, trusting_ms=10 * DAY, unbonding_ms=12 * DAY)
OLD = changing_parameters(version=4, epoch_blocks=3)
CHAIN = ChangingChain(
    (Epoch(3, A), Epoch(6, A, LATER), Epoch(2, B, LATER), Epoch(4, B)), undecided=(1, 5, 6, 13)
)
UPGRADED = ChangingChain(
    (
        *(Epoch(3, OLD), Epoch(3, OLD, LATER)),
        *(Epoch(2, A, LATER), Epoch(5, B)),
    )
)
CHOICES = (A, B, changing_parameters(kind="snowman"), changing_parameters(bond_least=1))
SETS: tuple[Mapping[int, int], ...] = (FOUR, LATER, {4: 2, 5: 2, 6: 3})


def changed(signed: SignedHeader, **fields: bytes) -> SignedHeader:
    return msgspec.structs.replace(signed, **fields)


def refused(chain: ChangingChain, at: int, signed: SignedHeader, now: int | None = None) -> str:
    """The code with which a client at the block before refuses it."""
    client = chain.client(at - 1)
    before = client.trusted
    with pytest.raises(CodedError) as error:
        client.take([signed], chain.now(chain.last) if now is None else now)
    assert client.trusted == before
    return error.value.code


@st.composite
def chains(draw: st.DrawFn) -> ChangingChain:
    """Random sequences of epochs, of counted ones first perhaps, of parameters and of validators."""
    counted = draw(st.integers(0, 2))
    epochs = [Epoch(3, OLD, draw(st.sampled_from(SETS))) for _ in range(counted)]
    epochs += [
        Epoch(draw(st.integers(1, 5)), draw(st.sampled_from(CHOICES)), draw(st.sampled_from(SETS)))
        for _ in range(draw(st.integers(1, 5)))
    ]
    return ChangingChain(epochs, undecided=draw(st.lists(st.integers(1, 25), max_size=8)))


@settings(max_examples=40, deadline=None)
@given(chains(), st.data())
def test_an_honest_chain_is_taken_from_wherever_one_begins(
    chain: ChangingChain, data: st.DataObject
) -> None:
    client = chain.client(data.draw(st.integers(0, chain.last)))
    while client.header.height < chain.last:
        at, size = client.header.height + 1, data.draw(st.integers(1, 6))
        while not client.take(chain.signed[at : at + size], chain.now(chain.last)):
            size += 1
        client = LightChain(Trusted.decode(client.trusted.encode()))
    assert client.header == chain.headers[-1]
    assert client.trusted.parameters == parameters_data(chain.epochs[-1].params)
    assert client.validators() == tuple(validator_set(chain.epochs[-1].validators).weights)


@settings(max_examples=40, deadline=None)
@given(chains())
def test_jumps_need_the_last_block_of_each_epoch_and_what_its_first_shows(
    chain: ChangingChain,
) -> None:
    client = chain.client()
    for before, last in zip(chain.begun, chain.begun[1:], strict=False):
        first = chain.signed[before + 1]
        client.jump(chain.signed[last], chain.now(chain.last), first.rotation, first.parameters)
    assert client.header == chain.headers[-1]
    assert client.trusted.parameters == parameters_data(chain.epochs[-1].params)


@settings(max_examples=150, deadline=None)
@given(chains(), st.data())
def test_no_flipped_bit_of_a_header_or_proof_is_taken(
    chain: ChangingChain, data: st.DataObject
) -> None:
    at = data.draw(
        st.sampled_from([each for each in range(1, chain.last + 1) if is_own(chain, each)])
    )
    signed = chain.signed[at]
    field = data.draw(
        st.sampled_from(
            [name for name in ("header", "decision", "parameters") if getattr(signed, name)]
        )
    )
    flipped = bytearray(getattr(signed, field))
    flipped[data.draw(st.integers(0, len(flipped) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    refused(chain, at, changed(signed, **{field: bytes(flipped)}))


def is_own(chain: ChangingChain, height: int) -> bool:
    """Whether a block has a decision of its own, and so has the one before."""
    return bool(chain.signed[height].decision)


def false_fields(chain: ChangingChain, at: int) -> list[dict[str, Any]]:
    """What a header of a block could say that is wrong, one field each."""
    header, after = chain.headers[at], chain.epoch(at + 1)
    wrong: list[dict[str, Any]] = [{"params_hash": bytes(32)}, {"network": bytes(32)}]
    if header.version == 1:
        return [*wrong, {"version": 2, "engine": chain.epoch(at).params.kind}]
    wrong += [{"epoch": header.epoch + 1}, {"epoch": header.epoch - 1}, {"engine": "solo"}]
    wrong.append({"version": 1, "epoch": 0, "engine": "", "ends_epoch": False})
    if not header.ends_epoch:
        wrong.append({"validators_hash": validator_set({7: 1}).digest()})
    elif after.validators != chain.epoch(at).validators:
        wrong.append({"ends_epoch": False})
    return wrong


@settings(max_examples=150, deadline=None)
@given(chains(), st.data())
def test_what_validators_sign_against_the_rules_is_not_taken(
    chain: ChangingChain, data: st.DataObject
) -> None:
    at = data.draw(st.integers(1, chain.last))
    refused(chain, at, chain.resigned(at, **data.draw(st.sampled_from(false_fields(chain, at)))))


@pytest.mark.parametrize("chain", [CHAIN, UPGRADED])
def test_parameters_are_proved_where_they_change_and_nowhere_else(chain: ChangingChain) -> None:
    (at,) = [each for each in range(1, chain.last + 1) if chain.signed[each].parameters][:1]
    signed = chain.signed[at]
    _, elsewhere = state_of(at, parameters_data(chain.epoch(at).params))
    _, other = state_of(at - 1, parameters_data(changing_parameters(epoch_blocks=4)))
    for wrong in (b"", b"\x80", elsewhere, other, signed.parameters[:-1]):
        assert refused(chain, at, changed(signed, parameters=wrong)) == "params-hash"
    needless = changed(chain.signed[at + 1], parameters=signed.parameters)
    assert refused(chain, at + 1, needless) == "params-hash"
    with pytest.raises(BlockError) as error:
        chain.client(at - 1).jump(chain.signed[at + 1], chain.now(chain.last), signed.rotation)
    assert error.value.code == "params-hash"


def test_parameters_do_not_change_within_an_epoch() -> None:
    within = 5
    data = parameters_data(B)
    root, proof = state_of(within - 1, data)
    before = CHAIN.resigned(within - 1, state_root=root)
    header = msgspec.structs.replace(
        CHAIN.headers[within],
        parent=digest(before.header),
        params_hash=digest(data),
    )
    signed = SignedHeader(
        header.encode(), b"", b"", decision(header, sorted(LATER), epoch=2), proof
    )
    client = CHAIN.client(within - 2)
    with pytest.raises(BlockError) as error:
        client.take([before, signed], CHAIN.now(CHAIN.last))
    assert (error.value.code, client.header.height) == ("params-hash", within - 1)


def test_a_network_of_counted_epochs_changes_at_the_end_of_one_alone() -> None:
    """A header of version 2 within a counted epoch is refused, whoever signed it."""
    data = parameters_data(A)
    root, proof = state_of(4, data)
    before = UPGRADED.resigned(4, state_root=root)
    header = msgspec.structs.replace(
        UPGRADED.headers[5],
        parent=digest(before.header),
        params_hash=digest(data),
        version=2,
        epoch=2,
        engine="quorum",
    )
    decided = decision(header, sorted(LATER), epoch=2)
    client = UPGRADED.client(3)
    with pytest.raises(BlockError) as error:
        client.take(
            [
                changed(before, rotation=validators_bytes(LATER)),
                SignedHeader(header.encode(), b"", b"", decided, proof),
            ],
            UPGRADED.now(UPGRADED.last),
        )
    assert error.value.code == "params-hash"
    assert client.take(UPGRADED.signed[4:][:0], UPGRADED.now(UPGRADED.last)) == []


def test_the_end_of_an_epoch_needs_a_decision_of_its_own() -> None:
    client = CHAIN.client(2)
    with pytest.raises(ProofError) as error:
        client.take(
            [changed(CHAIN.signed[3], decision=b""), CHAIN.signed[4]], CHAIN.now(CHAIN.last)
        )
    assert error.value.code == "gap"
    with pytest.raises(ProofError) as error:
        CHAIN.client(1).jump(CHAIN.signed[4], CHAIN.now(CHAIN.last))
    assert error.value.code == "gap"


def stray(validators: Sequence[int]) -> SignedHeader:
    """Block 4 of the first epoch, which block 3 ended, decided by those whom block 3 voted out."""
    header = msgspec.structs.replace(
        CHAIN.headers[4], epoch=1, validators_hash=CHAIN.headers[2].validators_hash
    )
    return SignedHeader(
        header.encode(), b"", validators_bytes(FOUR), decision(header, validators, epoch=1)
    )


def test_counting_heights_would_follow_the_wrong_validators(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Block 3 ended its epoch early: whoever counts to six still believes those who voted before."""
    signed = stray(sorted(FOUR))
    assert refused(CHAIN, 4, signed) == "epoch"
    counting = CHAIN.client(2)
    monkeypatch.setattr(
        HeaderPosition,
        "is_last_of_epoch",
        property(lambda self: not self.header.height or self.header.height % 6 == 0),
    )
    monkeypatch.setattr(LightChain, "_decide", decide_by_counting)
    assert counting.take([CHAIN.signed[3], signed], CHAIN.now(CHAIN.last))[-1].height == 4


def decide_by_counting(
    self: LightChain, position: HeaderPosition, decided: bytes, rotation: bytes, now: int
) -> None:
    """What a client does that counts: the set that it knows decides until its count is over."""
    self._accept(position, 0, voters=self.trusted.voters, decision=decided)


def test_parameters_that_nobody_proved_would_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    at = 10
    false = changing_parameters(trusting_ms=1_000 * DAY, unbonding_ms=2_000 * DAY)
    _, proof = state_of(99, parameters_data(false))
    signed = changed(
        CHAIN.resigned(at, params_hash=digest(parameters_data(false))), parameters=proof
    )
    assert refused(CHAIN, at, signed) == "params-hash"
    monkeypatch.setattr(block_succession, "verify_membership", lambda *_: None)
    client = CHAIN.client(at - 1)
    client.take([signed], CHAIN.now(at))
    assert client.parameters == false


def trusting_chain(first: int, second: int) -> ChangingChain:
    """Two epochs under each of two periods of trust, in days."""
    one, two = (
        changing_parameters(trusting_ms=days * DAY, unbonding_ms=21 * DAY)
        for days in (first, second)
    )
    epochs = (Epoch(2, one), Epoch(2, one), Epoch(2, two, LATER), Epoch(2, two, LATER))
    return ChangingChain(epochs)


@pytest.mark.parametrize(("first", "second"), [(4, 14), (14, 4)])
def test_the_smaller_trusting_of_old_and_new_is_used(first: int, second: int) -> None:
    """At the first block of new rules, and in its epoch; the next one goes by its own."""
    chain = trusting_chain(first, second)
    late = chain.headers[4].time + 5 * DAY
    assert refused(chain, 5, chain.signed[5], late) == "stale"
    client = chain.client(4)
    client.take(chain.signed[5:6], chain.now(5))
    with pytest.raises(ProofError) as error:
        client.check_age(late)
    assert error.value.code == "stale"
    assert LightChain(Trusted.decode(client.trusted.encode())).rules == client.rules
    client.take(chain.signed[6:8], chain.now(7))
    assert client.rules.terms.trusting == second * DAY


def test_the_larger_trusting_would_believe_who_took_the_stake_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chain = trusting_chain(14, 4)
    late = chain.headers[4].time + 5 * DAY
    assert refused(chain, 5, chain.signed[5], late) == "stale"
    monkeypatch.setattr("focusmesh.kernel.light.rules.min", max, raising=False)
    larger = chain.client(4)
    monkeypatch.setattr(LightChain, "_trusting_in", lambda *_: 14 * DAY)
    assert larger.take(chain.signed[5:6], late) == chain.headers[5:6]


def test_one_key_changes_rules_and_is_followed() -> None:
    """From headers of version 1, through a change of its rules; what lies between is not jumped over."""
    old, first, second = solo_parameters(3), solo_parameters(), solo_parameters(link_burn=7)
    chain = ChangingChain([Epoch(3, first), Epoch(3, second), Epoch(2, second)])
    client = chain.client()
    assert client.take(chain.signed[1:], chain.now(chain.last)) == chain.headers[1:]
    assert client.parameters == second
    with pytest.raises(ProofError) as error:
        chain.client(1).jump(chain.signed[5], chain.now(5))
    assert error.value.code == "gap"
    assert chain.client(4).jump(chain.signed[8], chain.now(8)) == chain.headers[8]
    for fields, code in (
        ({"epoch": 3}, "epoch"),
        ({"engine": "quorum"}, "engine"),
        ({"params_hash": bytes(32)}, "params-hash"),
    ):
        assert refused(chain, 5, chain.resigned(5, **fields)) == code
    unproved = changed(chain.signed[4], parameters=b"")
    assert refused(chain, 4, unproved) == "params-hash"
    begun = solo_upgrade(old, first)
    assert begun.client().take(begun.signed[1:], begun.now(begun.last)) == begun.headers[1:]


def solo_upgrade(old: Parameters, new: Parameters) -> ChangingChain:
    """A network of one key that changes in the middle; its first epoch is 1 then."""

    class Upgraded(ChangingChain):
        def number(self, height: int) -> int:
            return max(1, super().number(height) - 1)

        def epoch(self, height: int) -> Epoch:
            return self.epochs[0 if height <= 3 else 1]

    return Upgraded([Epoch(3, old), Epoch(3, new)])


def test_a_change_to_validators_is_not_followed_by_this_version() -> None:
    solo = solo_parameters()
    data = parameters_data(A)
    root, proof = state_of(3, data)
    chain = ChangingChain([Epoch(3, solo), Epoch(3, solo)])
    before = chain.resigned(3, state_root=root)
    client = chain.client(2)
    client.take([before], chain.now(6))
    signed = chain.resigned(
        4, parent=digest(before.header), params_hash=digest(data), engine="quorum"
    )
    with pytest.raises(BlockError) as error:
        client.take([changed(signed, parameters=proof)], chain.now(6))
    assert error.value.code == "engine"


@pytest.mark.parametrize("engine", ["", "snowman"])
def test_votes_of_another_engine_decide_nothing(engine: str) -> None:
    signed, header = CHAIN.signed[4], CHAIN.headers[4]
    assert header.engine == "quorum"
    read = Decision.from_bytes(signed.decision)
    slots = VoteSlots.of(engine, header.network, read.proposal.epoch, header.height)
    ballot = Ballot(slots.end(read.proposal.round), read.proposal.digest(header.network))
    pairs = sorted((key(at).public, Vote.sign(ballot, key(at)).signature) for at in LATER)
    made = msgspec.structs.replace(
        signed, decision=Decision(read.proposal, Certificate(ballot, tuple(pairs))).to_bytes()
    )
    assert refused(CHAIN, 4, made) == "decision"
