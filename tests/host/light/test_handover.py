"""A light client goes from a key to validators and back, and two sources show a key that signed two chains."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import ProofError
from focusmesh.host.light import LightClient, LightState, client, read_state, write_state
from focusmesh.kernel.block import SignedHeader, parameters_bytes, read_signed_headers
from focusmesh.kernel.light import StrayBlock, Trusted
from focusmesh.protocol.codec import encode
from tests.host.light.sources import FakeSource
from tests.kernel.block.grown import Grown, back, validators
from tests.kernel.block.ledger import PROPOSER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BEFORE = 3


@dataclass
class Shown:
    """What a source has of a chain."""

    signed: list[SignedHeader]


def shown(network: Grown) -> FakeSource:
    headers = list(read_signed_headers(network.chain, 0, network.chain.height))
    return FakeSource(Shown(headers), network.chain.height)  # type: ignore[arg-type]


def handed(count: int = 5, *, returns: bool = False) -> Grown:
    network = Grown()
    network.grow(BEFORE)
    assert network.hand_over(validators()) == "ok"
    network.grow(count)
    if returns:
        network.hand_back(back())
        network.grow(3)
    return network


def kept_by_the_key(count: int = 4) -> Grown:
    """The same ledger, where the key goes on alone."""
    network = Grown()
    network.grow(BEFORE + count)
    return network


@pytest.fixture
def begun(tmp_path: Path) -> Callable[..., LightClient]:
    def begin(*sources: Any, now: int) -> LightClient:
        path, first = tmp_path / "light", Grown().chain
        if not path.exists():
            data = parameters_bytes(first.parameters)
            trusted = Trusted.beginning(first.header(0), data, encode([PROPOSER.public]))
            write_state(path, LightState(trusted, ("here",)), replace=False)
        return LightClient(path, sources, samples=0, rng=os.urandom, clock=lambda: now / 1_000)

    return begin


@pytest.mark.parametrize("jumps", [True, False])
def test_it_goes_through_and_back(begun: Callable[..., LightClient], jumps: bool) -> None:
    network = handed(returns=True)
    follows = begun(shown(network), shown(network), now=network.chain.tip.time)
    step = follows.step(jumps=jumps)
    assert follows.header == network.chain.tip
    assert not step.refused


def test_far_behind_it_goes_through_too(
    begun: Callable[..., LightClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_AT_ONCE", 2)
    network = handed(9, returns=True)
    follows = begun(shown(network), now=network.chain.tip.time)
    while follows.header != network.chain.tip:
        assert follows.step().headers


@pytest.mark.parametrize("first", [0, 1])
def test_two_sources_show_a_key_that_went_on_behind_its_hand_over(
    begun: Callable[..., LightClient], first: int, tmp_path: Path
) -> None:
    """A client that asked the liar first believed it; the other source proves the key wrong, and it stops."""
    true, lie = handed(), kept_by_the_key()
    sources = [shown(lie), shown(true)]
    follows = begun(*(sources if first == 0 else sources[::-1]), now=true.chain.tip.time)
    if first:
        follows.step()
        assert follows.header == true.chain.tip
        return
    with pytest.raises(ProofError) as refused:
        follows.step()
    assert refused.value.code == "fork"
    assert "the key lied" in str(refused.value)
    kept = read_state(tmp_path / "light").trusted
    assert StrayBlock.decode(kept.fork).verify(true.chain.network).engine == "solo"
    with pytest.raises(ProofError):
        begun(sources[1], now=true.chain.tip.time).step()


def test_one_source_alone_is_believed(begun: Callable[..., LightClient]) -> None:
    """The twin, and what the page says: who has not seen the hand-over believes the key."""
    lie = kept_by_the_key()
    follows = begun(shown(lie), now=lie.chain.tip.time)
    follows.step()
    assert follows.header == lie.chain.tip
