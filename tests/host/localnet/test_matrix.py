"""One localnet through faults of real processes: nothing is ever false, and it goes on when a fault is over."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any, Protocol
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from focusmesh.host.localnet import NetFolder, bring_down
from focusmesh.host.localnet.processes import find_processes
from focusmesh.interface.cli.application import application
from tests.host.localnet.public import Public
from tests.host.nodes import until

if TYPE_CHECKING:
    from collections.abc import Iterator


class Localnet(Protocol):
    def __call__(self, *arguments: str) -> dict[str, Any]: ...


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetFolder]:
    found = NetFolder(tmp_path_factory.mktemp("net") / "localnet")
    yield found
    bring_down(found)


@pytest.fixture(scope="module")
def localnet(folder: NetFolder) -> Localnet:
    """The command, whose answer is one object."""

    def act(*arguments: str) -> dict[str, Any]:
        words = ["localnet", *arguments, "--dir", str(folder.path), "--json"]
        done = CliRunner().invoke(application, words)
        assert done.exit_code == 0, f"{done.stderr}{done.exception!r}{logs(folder)}"
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return act


def logs(folder: NetFolder) -> str:
    """The end of what everybody said."""
    found = sorted(folder.logs.glob("*.log")) if folder.logs.is_dir() else []
    return "".join(f"\n{path.name}: {path.read_text()[-500:]}" for path in found)


@pytest.fixture(scope="module")
def public(folder: NetFolder, localnet: Localnet) -> Public:
    """Four nodes that are up."""
    localnet("up", "--links", "40")
    return Public(folder)


@pytest.mark.soak  # docs/how-to/run-a-network.md kills, restarts and cuts off nodes with every change
def test_every_fault_is_borne(public: Public, localnet: Localnet) -> None:
    """Each of the short matrix, on one network, in a row; what is left meanwhile is in a block afterwards."""
    localnet("perturb", "node-2", "kill")
    left = public.leave("node-4")
    until(lambda: public.look() and public.placed(left, "node-1"))
    localnet("perturb", "node-2", "restart")
    localnet("perturb", "node-3", "pause")
    public.settled(["node-1", "node-4"], among=["node-1", "node-2", "node-4"])
    localnet("perturb", "node-3", "resume")
    # Two of four are no quorum: nothing is decided, nothing is lost.
    localnet("perturb", "node-4", "disconnect")
    localnet("perturb", "node-1", "kill")
    waiting = [public.leave("node-2"), public.leave("node-4")]
    public.look()
    assert not any(public.placed(left, "node-3") for left in waiting)
    localnet("perturb", "node-4", "reconnect")
    localnet("perturb", "node-1", "restart")
    public.settled()
    localnet("perturb", "node-1", "skew", "--by", "-5")
    localnet("perturb", "node-3", "skew", "--by", "5")
    localnet("perturb", "node-2", "slow-disk")
    public.settled()
    for name in ("node-1", "node-2", "node-3"):
        localnet("perturb", name, "undo")
    found = localnet("perturb", "node-5", "late-join")
    assert [node["name"] for node in found["nodes"]][-1] == "node-5"
    public.settled()
    assert public.looks > 5


def test_what_is_public_is_what_the_leaves_make_it(public: Public) -> None:
    done = CliRunner().invoke(application, ["monitor", *public.urls.values(), "--once", "--json"])
    assert done.exit_code == 0, done.stderr
    look = json.loads(done.stdout)
    assert (look["holds"], len(look["nodes"])) == (True, len(public.urls))
    assert {node["supply"] for node in look["nodes"]} == {public.folder.plan().supply}


def test_metrics_of_a_node_are_at_its_server(public: Public) -> None:
    with urlopen(f"{public.urls['node-2']}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert float(values["focusmesh_network_peers"]) >= 3
    assert values["focusmesh_network_running"] == "1"
    assert values["focusmesh_network_trouble"] == "0"


def test_up_again_finds_everything_and_mends_what_is_not(
    public: Public, localnet: Localnet
) -> None:
    before = localnet("status")
    os.kill(before["supervisor"], signal.SIGKILL)
    os.kill(before["nodes"][2]["pid"], signal.SIGKILL)
    until(lambda: localnet("status")["supervisor"] is None)
    after = localnet("up")
    assert after["supervisor"] not in (None, before["supervisor"])
    pids = [[node["pid"] for node in found["nodes"]] for found in (before, after)]
    assert pids[0][:2] == pids[1][:2]
    assert pids[0][2] != pids[1][2]
    public.settled()


def test_nothing_is_left_behind_even_by_a_supervisor_that_was_killed(
    public: Public, localnet: Localnet, folder: NetFolder
) -> None:
    found, urls = localnet("status"), list(public.urls.values())
    localnet("perturb", "node-3", "pause")
    os.kill(found["supervisor"], signal.SIGKILL)
    assert localnet("down")["ended"] > 2 * len(found["nodes"])
    assert find_processes(folder.path) == []
    assert not folder.path.exists()
    for url in urls:
        with pytest.raises(URLError):
            urlopen(url, timeout=1)
