"""Light clients follow decisions through changes of the validators, and take nothing that validators did not decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import BlockError, CodedError, ProofError
from focusmesh.kernel.light import Fork, LightChain, LightRules, Trusted
from focusmesh.protocol.codec import encode
from tests.kernel.light.chains import (
    DAY,
    NETWORK,
    STEP,
    FakeChain,
    decision,
    key,
    parameters,
    validators_bytes,
)

if TYPE_CHECKING:
    from focusmesh.kernel.block import SignedHeader

FOUR = {0: 1, 1: 1, 2: 1, 3: 1}
EPOCHS = (FOUR, FOUR, {1: 5, 2: 4, 3: 4, 4: 3}, {4: 2, 5: 2, 6: 3})
CHAIN = FakeChain(EPOCHS, undecided=(2, 5, 6, 13))
LAST = len(CHAIN.headers) - 1


def refused(client: LightChain, headers: list[SignedHeader], now: int) -> str:
    """The code; nothing was taken."""
    before = client.trusted
    with pytest.raises(CodedError) as error:
        client.take(headers, now)
    assert client.trusted == before
    return error.value.code


def changed(signed: SignedHeader, **fields: bytes) -> SignedHeader:
    return msgspec.structs.replace(signed, **fields)


def test_headers_are_final_with_decisions_through_changes_of_validators() -> None:
    client = CHAIN.client()
    taken = client.take(CHAIN.signed[1:], CHAIN.now(LAST))
    assert taken == CHAIN.headers[1:]
    assert client.header == CHAIN.headers[LAST]
    assert client.epoch == EPOCHS.__len__()


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, LAST - 2),
    st.lists(st.integers(1, 5), min_size=1, max_size=12),
    st.booleans(),
)
def test_in_whatever_pieces_it_comes_it_is_the_same(
    begin: int, pieces: list[int], keeps: bool
) -> None:
    """Pieces that end before a decision are asked for again, as a client does."""
    client, size = CHAIN.client(begin), 0
    for step in [*pieces, *([1] * 40)]:
        at = client.header.height + 1
        size = max(step, size + 1)
        taken = client.take(CHAIN.signed[at : at + size], CHAIN.now(LAST))
        size = 0 if taken else size
        if keeps:
            client = LightChain(Trusted.decode(client.trusted.encode()))
    assert client.header == CHAIN.headers[LAST]
    whole = CHAIN.client(LAST).trusted
    assert client.trusted.voters == whole.voters


def test_what_is_not_decided_yet_is_not_final() -> None:
    client = CHAIN.client(4)
    assert client.take(CHAIN.signed[5:7], CHAIN.now(7)) == []
    assert client.header == CHAIN.headers[4]
    assert [each.height for each in client.take(CHAIN.signed[5:8], CHAIN.now(7))] == [5, 6, 7]


def test_a_jump_needs_the_last_block_of_every_epoch_alone() -> None:
    client, now = CHAIN.client(), CHAIN.now(LAST)
    for height in (4, 8):
        client.jump(CHAIN.signed[height], now)
    client.jump(CHAIN.signed[12], now, validators_bytes(EPOCHS[2]))
    client.jump(CHAIN.signed[15], now, validators_bytes(EPOCHS[3]))
    assert client.header == CHAIN.headers[15]
    for begin, to, code in ((1, 9, "gap"), (5, 4, "epoch"), (4, 5, "decision")):
        with pytest.raises(ProofError) as error:
            CHAIN.client(begin).jump(CHAIN.signed[to], now)
        assert error.value.code == code
    client = CHAIN.client(4)
    client.jump(CHAIN.signed[8], now)
    for wrong in (b"", validators_bytes(EPOCHS[3])):
        with pytest.raises(ProofError) as error:
            client.jump(CHAIN.signed[12], now, wrong)
        assert error.value.code == "electorate"


@pytest.mark.parametrize(
    ("validators", "options", "code"),
    [
        ((0, 1), {}, "quorum"),
        ((0, 1, 7), {}, "certificate"),
        ((0, 1, 2), {"signers": {2: 3}}, "certificate"),
        ((0, 1, 2), {"network": bytes(32)}, "decision"),
        ((0, 1, 2), {"epoch": 2}, "epoch"),
    ],
)
def test_a_decision_of_too_few_or_of_others_is_refused(
    validators: tuple[int, ...], options: dict[str, object], code: str
) -> None:
    header = CHAIN.headers[1]
    right = changed(CHAIN.signed[1], decision=decision(header, (0, 1, 2)))
    assert CHAIN.client().take([right], CHAIN.now(1)) == [header]
    wrong = changed(right, decision=decision(header, validators, **options))  # type: ignore[arg-type]
    assert refused(CHAIN.client(), [wrong], CHAIN.now(1)) == code


def test_a_decision_for_another_block_or_motion_is_refused() -> None:
    now = CHAIN.now(4)
    other = changed(CHAIN.signed[1], decision=CHAIN.signed[3].decision)
    assert refused(CHAIN.client(), [other], now) == "decision"
    mixed = bytearray(CHAIN.signed[1].decision)
    at = bytes(mixed).index(CHAIN.headers[1].id)
    mixed[at - 40] ^= 1
    assert (
        refused(CHAIN.client(), [changed(CHAIN.signed[1], decision=bytes(mixed))], now)
        == "decision"
    )


def test_a_gap_is_refused() -> None:
    now = CHAIN.now(LAST)
    assert refused(CHAIN.client(), CHAIN.signed[2:4], now) == "height"
    assert refused(CHAIN.client(), [CHAIN.signed[1], CHAIN.signed[3]][1:], now) == "height"
    ends = [*CHAIN.signed[5:8], changed(CHAIN.signed[8], decision=b""), CHAIN.signed[9]]
    client = CHAIN.client(4)
    with pytest.raises(ProofError) as error:
        client.take(ends, now)
    assert (error.value.code, client.header.height) == ("gap", 7)
    stranger = changed(
        CHAIN.signed[6], header=msgspec.structs.replace(CHAIN.headers[6], parent=NETWORK).encode()
    )
    assert refused(CHAIN.client(4), [CHAIN.signed[5], stranger, CHAIN.signed[7]], now) == "parent"


def test_other_validators_than_the_block_commits_to_are_refused() -> None:
    now = CHAIN.now(LAST)
    for wrong in (validators_bytes(EPOCHS[3]), b"", b"\x80", encode([[key(1).public, 0]])):
        client = CHAIN.client(4)
        client.take(CHAIN.signed[5:9], now)
        assert refused(client, [changed(CHAIN.signed[9], rotation=wrong)], now) == "electorate"
    with pytest.raises(ProofError) as error:
        Trusted.beginning(
            CHAIN.headers[3], encode(CHAIN.params.as_fields()), validators_bytes(EPOCHS[3])
        )
    assert error.value.code == "electorate"
    with pytest.raises(ProofError) as error:
        Trusted.beginning(CHAIN.headers[3], encode(parameters("snowman").as_fields()), b"")
    assert error.value.code == "parameters"


def test_another_network_and_other_parameters_are_refused() -> None:
    for field, code in (("network", "network"), ("params_hash", "params-hash")):
        header = msgspec.structs.replace(CHAIN.headers[1], **{field: bytes(32)})
        signed = changed(
            CHAIN.signed[1], header=header.encode(), decision=decision(header, (0, 1, 2))
        )
        assert refused(CHAIN.client(), [signed], CHAIN.now(1)) == code


def test_trust_ages_and_clocks_differ_by_seconds() -> None:
    client, next_ = CHAIN.client(3), CHAIN.signed[4:5]
    time = CHAIN.headers[3].time
    assert refused(client, next_, time + 14 * DAY) == "stale"
    assert refused(client, next_, time - 60_000) == "clock"
    assert refused(client, next_, time - 10_000) == "clock"
    assert client.take(next_, time - 10_000 + STEP) == CHAIN.headers[4:5]
    assert CHAIN.client(3).take(next_, time + 14 * DAY - 1) == CHAIN.headers[4:5]


def test_what_samples_chose_is_checked_as_what_a_quorum_finalised() -> None:
    quorum, snowman = (LightRules.of(parameters(kind)) for kind in ("quorum", "snowman"))
    assert snowman.has_decisions
    assert (quorum.epoch_blocks, quorum.terms) == (snowman.epoch_blocks, snowman.terms)


def test_two_final_blocks_are_a_proof() -> None:
    for add, guilty in ((0, 4), (1, 0)):
        twin = FakeChain(EPOCHS, undecided=(6,), branch=b"twin", branches_at=6, round_add=add)
        client, now = CHAIN.client(), CHAIN.now(8)
        client.take(CHAIN.signed[1:8], now)
        assert refused(client, twin.signed[8:9], now) == "parent"
        fork = client.prove_fork(twin.signed[7:8])
        again = Fork.decode(fork.encode())
        assert len(again.verify(client.rules, NETWORK)) == guilty
        client = CHAIN.client(4)
        client.take(CHAIN.signed[5:8], now)
        for lie in (CHAIN.signed[7:8], [changed(twin.signed[7], decision=b"")], CHAIN.signed[6:8]):
            with pytest.raises(ProofError):
                client.prove_fork(lie)


def test_the_past_follows_from_what_is_final() -> None:
    client = CHAIN.client(10)
    assert client.past(CHAIN.signed[3:11]) == CHAIN.headers[3]
    assert client.past(CHAIN.signed[3:10]) == CHAIN.headers[3]
    twin = FakeChain(EPOCHS, branch=b"twin", branches_at=6)
    for wrong in (
        twin.signed[6:11],
        CHAIN.signed[3:9],
        [*CHAIN.signed[3:6], *CHAIN.signed[7:11]],
        [],
    ):
        with pytest.raises(ProofError) as error:
            client.past(wrong)
        assert error.value.code == "parent"


def test_what_is_proved_wrong_is_refused_with_all_after_it() -> None:
    client, now = CHAIN.client(), CHAIN.now(LAST)
    client.refuse(CHAIN.headers[3].id, b"proof")
    client = LightChain(Trusted.decode(client.trusted.encode()))
    with pytest.raises(ProofError) as error:
        client.take(CHAIN.signed[1:], now)
    assert (error.value.code, client.header.height) == ("fraud", 1)
    with pytest.raises(ProofError, match="proof shows"):
        client.take(CHAIN.signed[2:], now)
    client = CHAIN.client(8)
    client.refuse(CHAIN.headers[3].id, b"proof", is_behind=True)
    assert refused(LightChain(Trusted.decode(client.trusted.encode())), [], now) == "fraud"
    client = CHAIN.client(3)
    client.refuse(CHAIN.headers[3].id, b"proof")
    assert refused(client, CHAIN.signed[4:], now) == "fraud"


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6), st.integers(0, 7), st.sampled_from(["header", "decision", "rotation"])
)
def test_no_flipped_bit_is_taken(at: int, bit: int, field: str) -> None:
    signed = CHAIN.signed[9]
    client, now = CHAIN.client(7), CHAIN.now(LAST)
    client.take(CHAIN.signed[8:9], now)
    data = bytearray(getattr(signed, field))
    data[at % len(data)] ^= 1 << bit
    with pytest.raises((BlockError, ProofError)):
        client.take([changed(signed, **{field: bytes(data)})], now)


def test_bytes_of_a_trust_that_are_none_are_refused() -> None:
    data = CHAIN.trusted(5).encode()
    assert Trusted.decode(data) == CHAIN.trusted(5)
    for wrong in (b"", data[:-1], encode({"version": 2}), encode([]), encode({"version": 9})):
        with pytest.raises(ProofError) as error:
            Trusted.decode(wrong)
        assert error.value.code == "trust"
