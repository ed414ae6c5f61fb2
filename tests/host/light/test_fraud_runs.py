"""A run of blocks that a quorum of liars decided: a light client takes none of it once a source has the proof."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from focusmesh.errors import ProofError
from focusmesh.host.light import LightClient, LightState, write_state
from focusmesh.host.light.frauds import FraudWatch
from focusmesh.kernel.block import SignedHeader, validator_set_bytes
from focusmesh.kernel.fraud import prosecute
from focusmesh.kernel.light import Trusted
from focusmesh.protocol.codec import encode
from tests.host.light.sources import FakeSource
from tests.host.light.test_client import CHAIN, begun
from tests.kernel.fraud.lied_runs import LENGTH, LiedRun

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["begun"]


class Told:
    """The liars' server, and an honest one that has the same headers of before, and the proof."""

    def __init__(self, lied: LiedRun, proof: bytes) -> None:
        first = lied.chain
        known = [first.block(height) for height in range(2)]
        decisions = [b"", first.decision_of(1)]
        signed = [
            SignedHeader(block.header_bytes, block.proof, b"", decision)
            for block, decision in zip(known, decisions, strict=True)
        ]
        liars: Any = SimpleNamespace(signed=[*signed, *lied.signed()])
        honest: Any = SimpleNamespace(signed=signed)
        self.liar, self.honest = FakeSource(liars, 1 + LENGTH), FakeSource(honest, 1)
        self.proof = {lied.wrong.id: proof}


@pytest.fixture(params=range(LENGTH), ids=lambda at: f"block {at + 1} of {LENGTH}")
def lied(request: pytest.FixtureRequest) -> LiedRun:
    return LiedRun(request.param)


def client_of(lied: LiedRun, told: Told, path: Path) -> LightClient:
    chain = lied.chain
    validators = validator_set_bytes(chain.validator_set_of(1))
    trusted = Trusted.beginning(chain.header(1), encode(chain.parameters.as_fields()), validators)
    write_state(path, LightState(trusted, ("here",)), replace=False)
    now = lied.blocks[-1].header.time / 1_000
    sources: Any = [told.liar, told.honest]
    return LightClient(path, sources, samples=0, rng=os.urandom, clock=lambda: now)


def test_a_run_with_a_wrong_focus_is_refused(lied: LiedRun, tmp_path: Path) -> None:
    count, chain = lied.voted.candidates.beyond([(each, None) for each in lied.blocks])
    proof = prosecute(chain, lied.blocks[count], None, lied.liar)
    assert proof is not None
    told = Told(lied, proof)
    believing = client_of(lied, told, tmp_path / "without")
    assert believing.step().headers == [block.header for block in lied.blocks]
    told.honest.proofs = told.proof
    with pytest.raises(ProofError) as late:
        believing.step()
    assert late.value.code == "fraud"
    assert believing.chain.trusted.is_behind
    client = client_of(lied, told, tmp_path / "with")
    for _ in range(2):
        with pytest.raises(ProofError) as error:
            client.step()
        assert error.value.code == "fraud"
        assert client.header == lied.chain.header(1)
        assert client.chain.trusted.refused == lied.wrong.id


def proved(monkeypatch: pytest.MonkeyPatch, height: int) -> None:
    """``b"right"`` proves what is wrong with that block."""

    def verify(proof: bytes, header: Any, parent: Any, parameters: Any) -> None:
        bad = CHAIN.headers[height]
        if proof != b"right" or header.id != bad.id or header.parent != parent.id:
            raise ProofError("fraud", "this proves nothing")

    monkeypatch.setattr("focusmesh.host.light.frauds.verify_fraud", verify)


@pytest.mark.parametrize("height", [2, 5, 12])
def test_a_jump_goes_over_no_wrong_block(
    begun: Callable[..., LightClient], monkeypatch: pytest.MonkeyPatch, height: int
) -> None:
    proved(monkeypatch, height)
    last = len(CHAIN.headers) - 1
    source, other, false = (FakeSource(CHAIN, last) for _ in range(3))
    bad = CHAIN.headers[height].id
    false.proofs, other.proofs = {bad: b"wrong"}, {b"\7" * 32: b"right", bad: b"right"}
    for _ in range(2):
        client = begun(source, false, other)
        with pytest.raises(ProofError) as error:
            client.step()
        assert error.value.code == "fraud"
        assert client.header.height < height
    other.proofs = {}
    with pytest.raises(ProofError) as remembered:
        begun(source).step()
    assert remembered.value.code == "fraud"


def test_who_looks_at_the_target_alone_jumps_over_it(
    begun: Callable[..., LightClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    proved(monkeypatch, 2)
    monkeypatch.setattr(
        FraudWatch,
        "between",
        lambda self, source, chain, target: self.found(chain, [target]),
    )
    source = FakeSource(CHAIN, len(CHAIN.headers) - 1)
    source.proofs = {CHAIN.headers[2].id: b"right"}
    assert begun(source).step().headers[-1] == CHAIN.headers[-1]


def test_headers_that_do_not_lead_to_the_target_are_no_reason_not_to_jump(
    begun: Callable[..., LightClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proof against nothing of this chain costs headers, and a source that has none of them is passed over."""
    proved(monkeypatch, 2)
    source, liar = (FakeSource(CHAIN, len(CHAIN.headers) - 1) for _ in range(2))
    liar.proofs = {b"\7" * 32: b"right"}
    holes = list(CHAIN.signed)
    holes[2] = holes[3]
    liar.chain = cast("Any", SimpleNamespace(signed=holes))
    step = begun(liar, source).step()
    assert step.jumped
    assert step.refused
    assert begun(source).header == CHAIN.headers[-1]
