"""A light client on sources of a network whose rules change: jumps, later anchors, forks and old files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from focusmesh.errors import BlockError, ProofError
from focusmesh.host.light import LightClient, LightState, write_state
from focusmesh.host.light.header_search import last_height, shown_parameters, shown_validators
from focusmesh.kernel.block import Genesis, Grant
from focusmesh.protocol.codec import encode
from tests.host.light.sources import FakeSource
from tests.kernel.light.chains import DAY, validators_bytes
from tests.kernel.light.changing import ChangingChain, Epoch, changing_parameters, parameters_data

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.kernel.block import Header
    from focusmesh.kernel.state import Parameters

FOUR = {0: 1, 1: 1, 2: 1, 3: 1}
LATER = {1: 5, 2: 4, 3: 4, 4: 3}
OLD = changing_parameters(version=4, epoch_blocks=3)
A = changing_parameters(epoch_blocks=40)
B = changing_parameters(epoch_blocks=70, trusting_ms=10 * DAY, unbonding_ms=12 * DAY)
CHAIN = ChangingChain(
    (
        *(Epoch(3, OLD), Epoch(3, OLD, LATER), Epoch(40, A, LATER), Epoch(11, A)),
        *(Epoch(60, B), Epoch(1, B, LATER), Epoch(50, A, LATER)),
    ),
    undecided=(8, 20, 61),
)


def begun(folder: Path, *sources: Any, height: int = 0) -> LightClient:
    path = folder / "light"
    write_state(path, LightState(CHAIN.trusted(height), ("here",)), replace=False)
    at = CHAIN.now(CHAIN.last) / 1_000
    return LightClient(path, sources, samples=0, rng=os.urandom, clock=lambda: at)


def test_it_jumps_from_end_to_end_of_epochs_that_no_count_knows(tmp_path: Path) -> None:
    source = FakeSource(CHAIN, CHAIN.last)
    client = begun(tmp_path, source)
    step = client.step()
    assert client.header == CHAIN.headers[-1]
    assert client.chain.trusted.parameters == parameters_data(A)
    jumped = [each.height for each in step.headers]
    assert jumped[:5] == [3, 6, 46, 57, 117]
    assert source.asked < CHAIN.last


def test_every_block_is_taken_where_that_is_wanted(tmp_path: Path) -> None:
    step = begun(tmp_path, FakeSource(CHAIN, CHAIN.last)).step(jumps=False)
    assert step.headers == CHAIN.headers[1:]


def test_a_source_that_says_a_false_epoch_is_passed_over(tmp_path: Path) -> None:
    lying = ChangingChain(CHAIN.epochs, undecided=CHAIN.undecided)
    for at in range(47, CHAIN.last + 1):
        header = msgspec.structs.replace(CHAIN.headers[at], epoch=3)
        lying.signed[at] = msgspec.structs.replace(CHAIN.signed[at], header=header.encode())
    client = begun(tmp_path, FakeSource(lying, CHAIN.last), FakeSource(CHAIN, CHAIN.last))
    step = client.step()
    assert client.header == CHAIN.headers[-1]
    assert len(step.refused) == 1


def test_two_final_blocks_are_a_fork(tmp_path: Path) -> None:
    twin = ChangingChain(CHAIN.epochs, undecided=CHAIN.undecided)
    twin.signed[50] = CHAIN.resigned(50, state_root=bytes(32))
    client = begun(tmp_path, FakeSource(CHAIN, 50), FakeSource(twin, 50), height=45)
    with pytest.raises(ProofError, match="4 validators are proved guilty") as error:
        client.step()
    assert error.value.code == "fork"


@pytest.mark.parametrize("height", [0, 2, 6, 7, 46, 57, 58, 117, 118, 120])
def test_what_a_later_block_commits_to_is_found_with_few_questions(height: int) -> None:
    source: Any = FakeSource(CHAIN, CHAIN.last)
    header = CHAIN.headers[height]
    own = parameters_data(CHAIN.epoch(height).params)
    assert shown_parameters(source, header, parameters_data(OLD)) == own
    shown = shown_validators(source, header)
    validators = CHAIN.epoch(height + 1).validators
    assert shown == (b"" if validators == FOUR else validators_bytes(validators))
    assert source.asked < 30


def test_the_last_height_is_found() -> None:
    for last in range(9):
        assert last_height(0, 8, lambda height, last=last: height <= last) == last  # type: ignore[misc]


def test_it_goes_as_far_as_it_can_read_and_says_to_upgrade(tmp_path: Path) -> None:
    """The headers from block 120 on are of a version that came later; nothing before them is lost."""
    newer = ChangingChain(CHAIN.epochs, undecided=CHAIN.undecided)
    for at in range(120, CHAIN.last + 1):
        fields = {**CHAIN.headers[at].as_fields(), "version": 99}
        newer.signed[at] = msgspec.structs.replace(CHAIN.signed[at], header=encode(fields))
    client = begun(tmp_path, FakeSource(newer, CHAIN.last))
    client.step()
    assert client.header == CHAIN.headers[119]
    with pytest.raises(BlockError, match="made by a newer focusmesh") as error:
        client.step()
    assert error.value.code == "upgrade"


def test_a_proof_of_fraud_is_held_to_the_rules_of_its_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not to those of the last block, which are others."""
    seen: list[tuple[int, Parameters]] = []

    def look(proof: bytes, header: Header, parent: Header, parameters: Parameters) -> None:
        seen.append((header.height, parameters))
        raise ProofError("fraud", "it shows nothing")

    monkeypatch.setattr("focusmesh.host.light.frauds.verify_fraud", look)
    source: Any = FakeSource(CHAIN, CHAIN.last)
    grants = tuple(Grant(each.neuron, 0, 1) for each in OLD.required_agreement.voters)
    first = Genesis(name="x", time=0, parameters=OLD, grants=grants, operations=bytes(32))
    source.genesis = first.encode
    client = begun(tmp_path, source)
    client.step()
    for height in (5, 30, 100, CHAIN.last):
        source.proofs = {CHAIN.headers[height].id: b"proof"}
        client.step()
        assert seen[-1] == (height, CHAIN.epoch(height).params)
