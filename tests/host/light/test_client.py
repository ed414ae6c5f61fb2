"""A light client on several sources: it goes on past liars, notices forks, keeps what it trusts, and samples."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from focusmesh.errors import BlockError, DamagedFileError, FileError, ProofError
from focusmesh.host.light import LightClient, LightState, read_state, write_state
from focusmesh.kernel.light import Fork
from tests.host.light.sources import FakeSource
from tests.kernel.light.chains import DAY, NETWORK, FakeChain, decision

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOUR = {0: 1, 1: 1, 2: 1, 3: 1}
EPOCHS = [FOUR, FOUR, {1: 5, 2: 4, 3: 4, 4: 3}, *([{4: 2, 5: 2, 6: 3}] * 22)]
CHAIN = FakeChain(EPOCHS, undecided=(2, 5, 6, 13, 98))
LAST = len(CHAIN.headers) - 1


@pytest.fixture
def begun(tmp_path: Path) -> Callable[..., LightClient]:
    """A client that begins at a block, and then goes on from its file."""

    def begin(*sources: Any, height: int = 0, now: int | None = None) -> LightClient:
        path = tmp_path / "light"
        if not path.exists():
            write_state(path, LightState(CHAIN.trusted(height), ("here",)), replace=False)
        at = CHAIN.now(LAST) if now is None else now
        return LightClient(path, sources, samples=0, rng=os.urandom, clock=lambda: at / 1_000)

    return begin


def test_it_follows_and_goes_on_from_its_file(begun: Callable[..., LightClient]) -> None:
    source = FakeSource(CHAIN, 10)
    assert [each.height for each in begun(source).step().headers] == list(range(1, 11))
    source.height = 14
    client = begun(source)
    assert client.header == CHAIN.headers[10]
    assert [each.height for each in client.step().headers] == [11, 12, 13, 14]
    assert client.step().headers == []


def test_what_is_far_ahead_is_jumped_to_epoch_by_epoch(begun: Callable[..., LightClient]) -> None:
    source = FakeSource(CHAIN, LAST)
    step = begun(source).step()
    assert step.jumped == 27
    assert [each.height for each in step.headers] == [
        4,
        8,
        12,
        16,
        20,
        24,
        28,
        32,
        36,
        *range(37, 100),
    ]
    assert source.asked < LAST - 15


def test_every_block_is_taken_where_that_is_wanted(begun: Callable[..., LightClient]) -> None:
    step = begun(FakeSource(CHAIN, LAST)).step(jumps=False)
    assert [each.height for each in step.headers] == list(range(1, LAST + 1))


def test_a_source_that_lies_is_passed_over(begun: Callable[..., LightClient]) -> None:
    lying = FakeChain(EPOCHS[:3])
    header = lying.headers[3]
    lying.signed[3] = msgspec.structs.replace(lying.signed[3], decision=decision(header, (0, 1)))
    step = begun(FakeSource(lying, 8), FakeSource(CHAIN, 8)).step()
    assert [each.height for each in step.headers] == list(range(1, 9))
    assert "a quorum of 3 is needed" in step.refused[0]


def test_a_source_that_is_down_is_passed_over(begun: Callable[..., LightClient]) -> None:
    down = FakeSource(CHAIN, 8)
    down.is_down = True
    assert begun(down, FakeSource(CHAIN, 4)).step().headers == CHAIN.headers[1:5]
    with pytest.raises(FileError, match="it is down"):
        begun(down).step()


@pytest.mark.parametrize("at", [6, 8])
def test_two_final_blocks_are_a_fork(
    begun: Callable[..., LightClient], tmp_path: Path, at: int
) -> None:
    twin = FakeChain(EPOCHS[:3], undecided=(6,), branch=b"twin", branches_at=at)
    sources = FakeSource(CHAIN, 8), FakeSource(twin, 9)
    with pytest.raises(ProofError, match="4 validators are proved guilty") as error:
        begun(*sources).step()
    assert error.value.code == "fork"
    kept = read_state(tmp_path / "light").trusted
    client = begun(*sources)
    assert len(Fork.decode(kept.fork).verify(client.chain.rules, NETWORK)) == 4
    with pytest.raises(ProofError, match="begin again with its id"):
        client.step()


def test_another_chain_that_nobody_decided_is_no_fork(begun: Callable[..., LightClient]) -> None:
    liar = FakeChain(EPOCHS[:3], branch=b"twin", branches_at=6)
    for height in range(6, 12):
        empty = decision(liar.headers[height], (0,))
        liar.signed[height] = msgspec.structs.replace(liar.signed[height], decision=empty)
    client = begun(FakeSource(CHAIN, 8), FakeSource(liar, 11))
    assert client.step().headers == CHAIN.headers[1:9]
    assert client.step().headers == []


def test_stale_trust_is_refused(begun: Callable[..., LightClient]) -> None:
    late = CHAIN.headers[0].time + 14 * DAY
    with pytest.raises(ProofError) as error:
        begun(FakeSource(CHAIN, 8), now=late).step()
    assert error.value.code == "stale"


def test_the_past_is_led_to(begun: Callable[..., LightClient]) -> None:
    client = begun(FakeSource(CHAIN, LAST))
    client.step()
    assert client.past(3) == CHAIN.headers[3]
    assert client.past(LAST) == CHAIN.headers[LAST]
    twin = FakeChain(EPOCHS, branch=b"twin", branches_at=6)
    with pytest.raises((ProofError, BlockError)):
        begun(FakeSource(twin, LAST)).past(7)


def test_a_proof_of_fraud_ends_it(
    begun: Callable[..., LightClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = CHAIN.headers[6]

    def verify(proof: bytes, header: Any, parent: Any, parameters: Any) -> None:
        if proof != b"right" or header.id != bad.id or header.parent != parent.id:
            raise ProofError("fraud", "this proves nothing")

    monkeypatch.setattr("focusmesh.host.light.frauds.verify_fraud", verify)
    source, other = FakeSource(CHAIN, 4), FakeSource(CHAIN, 4)
    other.proofs = {bad.id: b"wrong", CHAIN.headers[3].id: b"right"}
    assert begun(source, other).step().headers == CHAIN.headers[1:5]
    source.height = other.height = 12
    other.proofs = {bad.id: b"right"}
    for _ in range(2):
        client = begun(source, other)
        with pytest.raises(ProofError) as error:
            client.step()
        assert error.value.code == "fraud"
        assert client.header.height < bad.height


def test_a_proof_of_fraud_against_what_was_taken_ends_it(
    begun: Callable[..., LightClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("focusmesh.host.light.frauds.verify_fraud", lambda *_: None)
    source = FakeSource(CHAIN, 8)
    client = begun(source)
    client.step()
    source.proofs, source.height = {CHAIN.headers[6].id: b"right", b"\7" * 32: b"right"}, 9
    with pytest.raises(ProofError) as error:
        client.step()
    assert error.value.code == "fraud"
    with pytest.raises(ProofError, match="proved to be wrong"):
        begun(source).step()


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "light"
    with pytest.raises(FileError, match="light init"):
        read_state(path)
    state = LightState(CHAIN.trusted(3), ("http://[::1]:1",))
    write_state(path, state)
    assert read_state(path) == state
    with pytest.raises(FileError):
        write_state(path, state, replace=False)
    for wrong in (b"", path.read_bytes()[:-1], b"\x83" + path.read_bytes()[2:]):
        path.write_bytes(wrong)
        with pytest.raises(DamagedFileError):
            read_state(path)
