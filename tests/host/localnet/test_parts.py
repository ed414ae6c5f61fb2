"""What a localnet is made of: relays, drills, wishes, processes, ports; without nodes."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import FileError, ParameterError
from focusmesh.host.localnet import (
    NetFolder,
    NodePlan,
    Plan,
    Relay,
    Supervisor,
    Switches,
    Wish,
    apply_drills,
    bring_down,
    is_alive,
    make_net,
    perturb,
)
from focusmesh.host.localnet.creation import PORTS, free_ports
from focusmesh.host.localnet.desired_state import changed_wishes, due, read_wishes
from focusmesh.host.localnet.lifecycle import some_links
from focusmesh.host.localnet.net_state import PartState, read_state
from focusmesh.host.localnet.perturbations import FAULTS, LASTING, undo_in
from focusmesh.host.localnet.processes import MARK, OsProcess, end, find_processes, is_stopped, send
from focusmesh.host.storage.open_chains import OpenedChain
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.world import SameProcess, World
from tests.host.nodes import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.kernel.state import Store

HOST = "127.0.0.1"


def udp() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((HOST, 0))
    made.settimeout(5)
    return made


async def answered(one: socket.socket, other: socket.socket, relay: Relay) -> bytes | None:
    """What ``one`` hears when it says something to the relay of ``other``, which says it back."""
    loop = asyncio.get_running_loop()
    one.setblocking(False)
    other.setblocking(False)
    one.sendto(b"hello", (HOST, relay.port))
    with suppress(TimeoutError):
        data, sender = await asyncio.wait_for(loop.sock_recvfrom(other, 100), 0.3)
        other.sendto(data.upper(), sender)
        return await asyncio.wait_for(loop.sock_recv(one, 100), 0.3)
    return None


@pytest.mark.parametrize(
    ("cut", "heard"), [(set(), b"HELLO"), ({"a"}, None), ({"b"}, None), ({"c"}, b"HELLO")]
)
def test_a_relay_passes_on_what_is_not_cut(cut: set[str], heard: bytes | None) -> None:
    async def run() -> bytes | None:
        with udp() as one, udp() as other:
            switches = Switches({one.getsockname()[1]: "a"}, cut)
            relay = Relay("b", 0, other.getsockname()[1], switches)
            try:
                return await answered(one, other, relay)
            finally:
                relay.close()

    assert asyncio.run(run()) == heard


def test_a_relay_keeps_senders_apart_and_datagrams_back() -> None:
    async def run() -> tuple[list[bytes | None], Switches]:
        with udp() as one, udp() as two, udp() as node:
            switches = Switches({one.getsockname()[1]: "a"}, delay_s={"a": 0.01})
            relay = Relay("b", 0, node.getsockname()[1], switches)
            try:
                found = [await answered(each, node, relay) for each in (one, two, one)]
                switches.cut.add("b")
                found.append(await answered(two, node, relay))
            finally:
                relay.close()
            return found, switches

    found, switches = asyncio.run(run())
    assert found == [b"HELLO", b"HELLO", b"HELLO", None]
    assert (switches.passed, switches.dropped) == (6, 1)


def world(store: Store) -> World[Store]:
    class Nothing:
        """No users."""

    net: object = Nothing()
    return World(lambda: 1_000, bytes, lambda _: store, net, SameProcess())  # type: ignore[arg-type]


class TestDrills:
    """A world with faults."""

    @pytest.fixture
    def faults(self, tmp_path: Path) -> Path:
        return tmp_path / "faults.json"

    def say(self, path: Path, **fields: object) -> None:
        """Another time of change each time, however coarse the clock of the disk is."""
        before = path.stat().st_mtime_ns if path.exists() else 0
        path.write_text(json.dumps(fields))
        os.utime(path, ns=(before + 10**9, before + 10**9))

    def test_the_clock_is_wrong_for_as_long_as_is_said(self, faults: Path, tmp_path: Path) -> None:
        skewed = apply_drills(world(MemoryStore()), faults)
        assert skewed.clock() == 1_000
        self.say(faults, skew_ms=500)
        assert skewed.clock() == 1_500
        self.say(faults, skew_ms=-5_000)
        assert skewed.clock() == 0
        faults.write_text("no JSON")
        assert skewed.clock() == 1_000

    def test_a_slow_disk_takes_longer_for_each_transaction(
        self, faults: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slept: list[float] = []
        monkeypatch.setattr("focusmesh.host.localnet.drills.time.sleep", slept.append)
        store = apply_drills(world(MemoryStore()), faults).store(tmp_path)
        self.say(faults, slow_ms=200)
        with store.write() as writer:
            writer.put("meta", b"k", b"v")
            assert not slept
        assert slept == [0.2]
        with store.read() as reader:
            assert reader.get("meta", b"k") == b"v"
        assert slept == [0.2]

    def test_bodies_are_withheld_and_nothing_else(self, faults: Path, tmp_path: Path) -> None:
        store = apply_drills(world(MemoryStore()), faults).store(tmp_path)
        with store.write() as writer:
            writer.put("bodies", b"1", b"body")
            writer.put("headers", b"1", b"header")
        self.say(faults, withhold=True)
        with store.read() as reader:
            assert reader.get("bodies", b"1") is None
            assert reader.get_many("bodies", [b"1", b"2"]) == [None, None]
            assert list(reader.scan("bodies")) == []
            assert reader.get("headers", b"1") == b"header"
            assert reader.get_many("headers", [b"1"]) == [b"header"]
            assert reader.count("headers") == 1
        self.say(faults)
        with store.read() as reader:
            assert reader.get("bodies", b"1") == b"body"


class TestWishes:
    """What commands say to the supervisor."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> NetFolder:
        return NetFolder(tmp_path)

    def test_wishes_are_kept_whole(self, folder: NetFolder) -> None:
        with changed_wishes(folder) as wishes:
            wishes.of("node-1").is_cut = True
        assert read_wishes(folder).of("node-1").is_cut
        with suppress(KeyError), changed_wishes(folder) as wishes:
            wishes.of("node-1").is_cut = False
            raise KeyError
        assert read_wishes(folder).of("node-1").is_cut
        folder.wishes_file.write_bytes(b"{")
        assert read_wishes(folder).nodes == {}

    @pytest.mark.parametrize("fault", LASTING)
    def test_every_lasting_fault_is_undone(self, fault: str) -> None:
        wish = Wish(
            runs=False, is_paused=True, is_cut=True, twin=True, skew_ms=1, slow_ms=1, withhold=True
        )
        wish.lies = True
        wish.over = {fault: 10.0}
        assert due(wish, 9.0) == []
        assert due(wish, 10.0) == [fault]
        before = {field: getattr(wish, field) for field in Wish.__struct_fields__}
        undo_in(wish, fault)
        changed = {name for name, value in before.items() if getattr(wish, name) != value}
        assert len(changed - {"over", "gently", "generation", "is_paused"}) == (fault != "pause")
        assert not wish.over

    def test_whoever_was_killed_is_begun_anew_once(self) -> None:
        wish = Wish(runs=False)
        undo_in(wish, "kill")
        undo_in(wish, "kill")
        assert (wish.runs, wish.generation) == (True, 1)


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[OsProcess]:
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        env={**os.environ, MARK: str(tmp_path)},
    )
    found = OsProcess.of(child.pid)
    assert found is not None
    yield found
    child.kill()
    child.wait()


class TestProcesses:
    """Told apart from all others."""

    def test_a_number_alone_is_no_process(self, sleeper: OsProcess) -> None:
        other = OsProcess(sleeper.pid, sleeper.started + 1)
        assert is_alive(sleeper)
        assert not is_alive(other)
        assert not send(other, signal.SIGKILL)
        assert is_alive(sleeper)

    def test_marked_ones_are_found_whoever_began_them(
        self, sleeper: OsProcess, tmp_path: Path
    ) -> None:
        until(lambda: find_processes(tmp_path) == [sleeper])
        assert find_processes(tmp_path / "other") == []

    def test_a_paused_one_is_ended_too(self, sleeper: OsProcess) -> None:
        send(sleeper, signal.SIGSTOP)
        until(lambda: is_stopped(sleeper))
        end([sleeper], 10.0)
        assert not is_alive(sleeper)


class TestSupervisor:
    """With sleeping processes for nodes."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NetFolder:
        found = NetFolder(tmp_path / "net")
        make_net(found, 1, "solo", 1, None)
        sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
        monkeypatch.setattr(
            "focusmesh.host.localnet.supervisor.begin_part",
            lambda *_: subprocess.Popen(sleeping),
        )
        return found

    def test_it_does_what_is_wished_and_ends_all_when_the_folder_is_gone(
        self, folder: NetFolder
    ) -> None:
        supervisor, seen = Supervisor(folder), list[OsProcess]()

        async def wish() -> None:
            node = await self.running(folder, 0)
            perturb(folder, "node-1", "pause", None)
            await self.come(lambda: is_stopped(node))
            with changed_wishes(folder) as wishes:
                wishes.of("node-1").generation += 1
                wishes.of("node-1").is_paused = False
            again = await self.running(folder, 1)
            assert not is_alive(node)
            with changed_wishes(folder) as wishes:
                wishes.of("node-1").is_paused = True
                wishes.of("node-1").over["pause"] = 1.0
            await self.come(lambda: not read_wishes(folder).of("node-1").is_paused)
            seen.extend([node, again])
            shutil.rmtree(folder.path)

        async def both() -> None:
            await asyncio.wait_for(asyncio.gather(supervisor.run(), wish()), 60)

        asyncio.run(both())
        assert len(seen) == 2
        assert not any(map(is_alive, seen))

    async def running(self, folder: NetFolder, generation: int) -> OsProcess:
        """The node's process of a generation."""

        def part() -> PartState | None:
            return read_state(folder).parts.get("node-1")

        await self.come(lambda: (found := part()) is not None and found.generation == generation)
        found = part()
        assert found is not None
        return OsProcess(found.pid, found.started)

    async def come(self, holds: Callable[[], bool]) -> None:
        """Waits for it to hold; ``wait_for`` ends what hangs."""
        while not holds():
            await asyncio.sleep(0.02)


class TestMaking:
    """Files of a localnet."""

    def test_every_ledger_is_of_one_genesis(self, tmp_path: Path) -> None:
        folder = NetFolder(tmp_path / "net")
        plan = make_net(folder, 3, "solo", 10, None)
        assert folder.plan() == plan
        for node in plan.nodes:
            opened = OpenedChain.of(folder.ledger(node.name))
            assert opened.reading().network.hex() == plan.network
            opened.release()
            assert folder.ledger(node.name).follows.exists() is not node.votes
            assert folder.validator_keys(node.name).exists() is node.votes
            peers = folder.ledger(node.name).peers.read_text().splitlines()
            assert sorted(peers) == sorted(each.contact for each in plan.nodes if each is not node)
        ports = [port for node in plan.nodes for port in (node.quic, node.relay, node.http)]
        assert len(set(ports)) == 9
        assert plan.node("2") is plan.node("node-2")
        with pytest.raises(ParameterError, match="node-1, node-2, node-3"):
            plan.node("node-9")
        assert bring_down(folder) == 0
        assert not folder.path.exists()

    def test_what_is_not_ours_is_left_alone(self, tmp_path: Path) -> None:
        """Folders of the same names as in a localnet do not make it one."""
        (tmp_path / "keys").mkdir()
        (tmp_path / "keys" / "mine").write_text("mine")
        with pytest.raises(FileError, match="is not empty"):
            make_net(NetFolder(tmp_path), 1, "solo", 1, None)
        NetFolder(tmp_path).remove()
        assert (tmp_path / "keys" / "mine").read_text() == "mine"

    def test_what_a_killed_making_left_is_made_anew(self, tmp_path: Path) -> None:
        folder = NetFolder(tmp_path / "net")
        make_net(folder, 1, "solo", 1, None)
        folder.plan_file.unlink()
        folder.unfinished_mark.touch()
        make_net(folder, 1, "solo", 1, None)
        assert folder.plan_file.is_file()
        (folder.path / "mine").touch()
        folder.remove()
        assert [path.name for path in folder.path.iterdir()] == ["mine"]

    def test_ports_are_those_that_are_asked_for(self) -> None:
        ((quic, relay, http),) = free_ports(1, None)
        assert len({quic, relay, http}) == 3
        lent = Path("/proc/sys/net/ipv4/ip_local_port_range")
        lowest = int(lent.read_text().split()[0]) if lent.exists() else PORTS.stop
        assert max(quic, relay, http) < lowest, "no connection takes one while its node is down"
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
            taken.bind((HOST, 0))
            with pytest.raises(FileError, match="cannot be used"):
                free_ports(1, taken.getsockname()[1] - 2)
        with pytest.raises(ParameterError, match="from 1024"):
            free_ports(1, 80)

    @pytest.mark.parametrize(("nodes", "agreement"), [(0, "solo"), (17, "solo")])
    def test_what_cannot_be_is_refused(self, tmp_path: Path, nodes: int, agreement: str) -> None:
        with pytest.raises(ParameterError):
            make_net(NetFolder(tmp_path / "net"), nodes, "solo", 1, None)
        assert not (tmp_path / "net").exists()

    def test_links_are_many_and_different(self) -> None:
        links = some_links(500)
        assert len(set(links)) == 500
        assert links == some_links(500)
        assert all(source != target for source, target in links)


@pytest.mark.parametrize(
    ("fault", "seconds", "by", "words"),
    [
        ("burn", None, None, "there is no fault"),
        ("restart", 1.0, None, "--for"),
        ("kill", None, 1.0, "--by"),
        ("late-join", None, None, "a new name"),
        ("equivocate", None, None, "only a node that votes"),
    ],
)
def test_faults_that_cannot_be_are_refused(
    tmp_path: Path, fault: str, seconds: float | None, by: float | None, words: str
) -> None:
    folder = NetFolder(tmp_path)
    node = NodePlan(name="node-1", key="00" * 32, votes=False, quic=1, relay=2, http=3)
    folder.keep_plan(Plan(agreement="solo", network="00" * 32, links=1, supply=1, nodes=(node,)))
    with pytest.raises(ParameterError, match=words):
        perturb(folder, "node-1", fault, seconds, by)
    assert set(LASTING) < set(FAULTS)


def test_help_names_every_fault() -> None:
    from focusmesh.interface.cli.network.localnet import Fault

    told = str(Fault.__metadata__[0].help)  # type: ignore[attr-defined]
    assert [name for name in FAULTS if name not in told.rstrip(".").split(", ")] == []
