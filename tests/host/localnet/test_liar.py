"""Two thirds of the validators of a network of processes lie about a focus: the rest proves it, and clients see it."""

from __future__ import annotations

import json
import os
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from focusmesh.errors import ProofError
from focusmesh.host.light import (
    LightClient,
    LightState,
    begin_with_network,
    write_state,
)
from focusmesh.host.light.frauds import FraudWatch
from focusmesh.host.light.share_sources import source_of
from focusmesh.host.localnet import NetFolder, bring_down, perturb
from focusmesh.interface.cli.application import application
from tests.host.localnet.public import Public
from tests.host.nodes import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.soak
LIARS, HONEST = ("node-1", "node-2", "node-3"), "node-4"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[NetFolder]:
    found = NetFolder(tmp_path / "localnet")
    yield found
    bring_down(found)


def asked(url: str, path: str) -> Any:
    with urlopen(url + path, timeout=30) as answer:
        return json.load(answer)


def begun(path: Path, network: str, sources: list[Any]) -> LightClient:
    """A client that knows the network's id."""
    trusted = begin_with_network(sources[-1:], bytes.fromhex(network))
    write_state(path, LightState(trusted, ("here",)))
    return LightClient(path, sources, rng=os.urandom)


def test_what_a_quorum_of_liars_decides_is_refused_and_proved(
    folder: NetFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["localnet", "up", "--links", "40", "--dir", str(folder.path), "--quiet"]
    done = CliRunner().invoke(application, words)
    assert done.exit_code == 0, done.stderr
    public = Public(folder)
    for name in LIARS:
        perturb(folder, name, "lie", None)
    urls = public.urls
    left = public.leave("node-1")
    until(lambda: public.placed(left, "node-1"))
    until(lambda: asked(urls[HONEST], "/v1/fraud")["items"])
    height = asked(urls[HONEST], "/v1/status")["height"]
    block = asked(urls[HONEST], "/v1/fraud")["items"][0]["block"]
    assert asked(urls["node-1"], f"/v1/headers/{height + 1}")["id"] == block
    node = folder.plan().node(HONEST)
    network = folder.plan().network
    with (
        closing(source_of(urls["node-1"])) as liar,
        closing(source_of(f"{node.contact}#{network}")) as quic,
        closing(source_of(urls[HONEST])) as server,
    ):
        for at, teller in enumerate((quic, server)):
            assert [each.hex() for each in teller.frauds()] == [block]
            client = begun(tmp_path / f"light-{at}", network, [_Silent(liar), teller])
            with pytest.raises(ProofError) as error:
                client.step()
            assert error.value.code == "fraud"
            assert client.header.height <= height
        monkeypatch.setattr(FraudWatch, "found", lambda self, chain, headers=(): None)
        client = begun(tmp_path / "believing", network, [_Silent(liar)])
        client.step(jumps=False)
        assert client.header.height > height


class _Silent:
    """The liars' server, which tells of no proofs."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def frauds(self) -> list[bytes]:
        return []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
