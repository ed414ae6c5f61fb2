"""A network of real processes that agrees by samples: one is killed, blocks go on and convince a light client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from focusmesh.host.localnet import NetFolder, bring_down
from focusmesh.interface.cli.application import application
from tests.host.localnet.public import Public
from tests.host.nodes import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[NetFolder]:
    found = NetFolder(tmp_path / "localnet")
    yield found
    bring_down(found)


def localnet(folder: NetFolder, *arguments: str) -> dict[str, Any]:
    words = ["localnet", *arguments, "--dir", str(folder.path), "--json"]
    done = CliRunner().invoke(application, words)
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_four_nodes_agree_by_samples_and_strangers_are_convinced(
    folder: NetFolder, tmp_path: Path
) -> None:
    made = localnet(folder, "up", "--agreement", "snowman", "--links", "20")
    assert made["agreement"] == "snowman"
    public = Public(folder)
    localnet(folder, "perturb", "node-2", "kill")
    left = public.leave("node-4")
    until(lambda: public.look() and public.placed(left, "node-1"))
    phone = str(tmp_path / "phone")
    begun = ["light", "init", phone, *list(public.urls.values())[2:], "--network", made["network"]]
    for words in (begun, ["light", "follow", phone, "--once"]):
        done = CliRunner().invoke(application, words)
        assert done.exit_code == 0, done.stderr
    assert "final" in done.stdout
