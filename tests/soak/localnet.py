"""A localnet of four validators under attack, with honest users; what was acknowledged is looked for at the end."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from focusmesh.host.keys.keystore import Keystore
from focusmesh.host.localnet import bring_down, bring_up, undo
from focusmesh.host.localnet.folder import USER
from focusmesh.host.localnet.processes import find_processes
from focusmesh.kernel.block import Header
from focusmesh.kernel.session import Signer, link_step
from focusmesh.kernel.state import Parameters
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, sign
from tests.soak.attackers import EVERY, Attackers, Tips

if TYPE_CHECKING:
    from collections.abc import Collection

    from focusmesh.host.localnet import NetFolder

NODES = 4
PLACED_S = 120.0
"""What was acknowledged is to be placed within so long of the end of all attacks: a limit, not a measure."""


@dataclass
class Found:
    """What a soak found. ``lost``: promised signals that are in no block of a node."""

    acknowledged: int = 0
    placed: int = 0
    lost: list[str] = field(default_factory=list)
    height: int = 0
    roots: int = 0
    alive: int = 0
    memory_mib: dict[str, float] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    unhandled: list[str] = field(default_factory=list)

    def verify(self, memory_mib_max: float) -> None:
        """Raises AssertionError with what does not hold."""
        assert self.acknowledged > 0, "no signal was acknowledged"
        assert not self.lost, f"acknowledged and lost: {self.lost[:8]} of {len(self.lost)}"
        assert self.roots == 1, f"{self.roots} state roots at height {self.height}"
        assert self.alive == NODES, f"/health/live answers at {self.alive} of {NODES}"
        most = max(self.memory_mib.values(), default=0.0)
        assert most <= memory_mib_max, f"{most:.0f} MiB: {self.memory_mib}"
        assert not self.unhandled, self.unhandled


class Honest:
    """A user with a node, and with another one where that fails; each signal that a node promised is written down.

    A signal that comes early, before those in front of it are known at a node, has no promise: it is posted again.
    """

    def __init__(self, folder: NetFolder, over: threading.Event) -> None:
        self.folder, self.over = folder, over
        self.plan = folder.plan()
        self.tips = Tips([node.url for node in self.plan.nodes])
        phrase = folder.passphrase.read_text().strip()
        self.key = Keystore(folder.keys).unlock(USER, phrase)
        self.network = bytes.fromhex(self.plan.network)
        self.signer = Signer(self.key, self.network, Parameters())
        url = f"{self.plan.nodes[0].url}/v1/account?neuron={self.key.public.hex()}"
        self.nonce = int(asked(url)["signals"])
        self.home = 0
        self.acknowledged: list[str] = []
        self.answers: Counter[str] = Counter()
        self.refusals: dict[str, str] = {}

    def run(self) -> None:
        """Until it is over; then the last one is taken, else those behind it would wait for it."""
        number = 0
        while not self.over.wait(0.05):
            number += 1
            step = link_step(f"soak {number}", f"target {number % 11}", None, 1)
            (batch,) = self.signer.batches([step], lambda _: False)
            self.leave([list(each) for each in batch.operations], batch.contents)

    def leave(self, operations: list[Any], contents: Collection[bytes] = ()) -> None:
        """Leaves a signal, with one node after the other until one promises it, or has it in a block."""
        signal = Signal(
            network=self.network,
            neuron=self.key.public,
            nonce=self.nonce,
            expires_height=self.tips.expires(),
            operations=tuple(operations),
        )
        packet = Packet(sign(signal, self.key), tuple(contents))
        body, tried = packet.encode(), 0
        while True:
            at = (self.home + tried) % len(self.plan.nodes)
            if self._promised(self.plan.nodes[at].url, body):
                self.home = at
                self.acknowledged.append(packet.id.hex())
                self.nonce += 1
                return
            tried += 1
            assert tried < 600, (
                f"nobody promises signal {self.nonce}, {packet.id.hex()}: {self.answers}, {self.refusals}"
            )
            time.sleep(0.2)

    def _promised(self, url: str, body: bytes) -> bool:
        headers = {"Content-Type": "application/octet-stream"}
        try:
            with urlopen(Request(f"{url}/v1/signals", body, headers), timeout=60) as answer:
                told = json.load(answer)
                promised = told["promise"] is not None or told["height"] is not None
                self._count(url, str(answer.status), "promised" if promised else str(told))
                return promised
        except HTTPError as error:
            self._count(url, str(error.code), error.read(2_048).decode(errors="replace"))
        except OSError as error:
            self._count(url, type(error).__name__, str(error))
        return False

    def _count(self, url: str, status: str, told: str) -> None:
        self.answers[status] += 1
        self.refusals[url] = f"{status} {told}"


def soak(
    folder: NetFolder,
    seconds: float,
    attackers: Collection[str] = EVERY,
    seed: int = 1,
    bomb_bytes: int = 19_900_000,
) -> Found:
    """Brings a localnet up in ``folder``, attacks it for so long, says what became of it, and takes it down."""
    bring_up(folder, NODES, "quorum", 40)
    try:
        return _attacked(folder, seconds, attackers, seed, bomb_bytes)
    finally:
        bring_down(folder)


def _attacked(
    folder: NetFolder, seconds: float, attackers: Collection[str], seed: int, bomb_bytes: int
) -> Found:
    found, over = Found(), threading.Event()
    honest = Honest(folder, over)
    against = Attackers(folder, over, seed, bomb_bytes)
    honest.leave([["transfer/1", against.neuron.public, 1]])
    works = [honest.run, *(getattr(against, name) for name in attackers)]
    threads = [threading.Thread(target=_noted, args=(work, found), daemon=True) for work in works]
    memory: dict[str, float] = {}
    for thread in threads:
        thread.start()
    until = time.monotonic() + seconds
    while time.monotonic() < until and not found.unhandled:
        _measure(folder, memory)
        time.sleep(0.5)
    over.set()
    for thread in threads:
        thread.join(150)
    for node in folder.plan().nodes:
        undo(folder, node.name)
    found.done = dict(sorted({**against.done, "202": len(honest.acknowledged)}.items()))
    found.acknowledged = len(honest.acknowledged)
    _settle(folder, honest.acknowledged, found)
    _measure(folder, memory)
    found.memory_mib = {name: round(most, 1) for name, most in sorted(memory.items())}
    return found


def _noted(work: Any, found: Found) -> None:
    try:
        work()
    except Exception as error:  # A thread that ends in silence would attack nobody.
        found.unhandled.append(repr(error))


def _settle(folder: NetFolder, acknowledged: list[str], found: Found) -> None:
    """Waits until every node has the last signal, then looks for every one in the blocks of every node.

    The limit is for blocks, not for looking: each signal has the nonce after the one before, so that none can stand
    in a block before those. Looking up by id is no way to find them: nodes do that for their last blocks.
    """
    urls = [node.url for node in folder.plan().nodes]
    deadline = time.monotonic() + PLACED_S
    waiting = set(urls)
    while waiting and time.monotonic() < deadline:
        time.sleep(0.5)
        waiting = {url for url in waiting if not _is_placed(url, acknowledged[-1])}
    with ThreadPoolExecutor(len(urls)) as workers:
        missing = list(workers.map(lambda url: set(acknowledged) - _in_blocks(url), urls))
    found.placed = sum(len(acknowledged) - len(signals) for signals in missing)
    found.lost = sorted(set[str]().union(*missing))
    heights: list[int] = []
    roots: set[str] = set()
    for url in urls:
        with suppress(OSError, AssertionError):
            heights.append(asked(f"{url}/v1/blocks?limit=1")["items"][0]["height"])
            with urlopen(f"{url}/health/live", timeout=30) as answer:
                found.alive += answer.status == 200
    found.height = min(heights, default=0)
    for url in urls:
        with suppress(OSError, AssertionError):
            told = asked(f"{url}/v1/blocks/{found.height}")
            roots.add(Header.decode(bytes.fromhex(told["header_bytes"])).state_root.hex())
    found.roots = len(roots)


def _in_blocks(url: str) -> set[str]:
    """The signals that were carried out in any block of a node."""
    last = int(asked(f"{url}/v1/blocks?limit=1")["items"][0]["height"])
    return {
        signal["id"]
        for height in range(1, last + 1)
        for signal in asked(f"{url}/v1/blocks/{height}")["signals"]
        if signal["code"] == "ok"
    }


def _is_placed(url: str, signal: str) -> bool:
    with suppress(OSError, AssertionError):
        return bool(asked(f"{url}/v1/signals/{signal}").get("height"))
    return False


def asked(url: str) -> dict[str, Any]:
    """What the public API answers, be it a problem."""
    try:
        with urlopen(url, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
    except HTTPError as error:
        found = json.load(error)
    return found


def _measure(folder: NetFolder, most: dict[str, float]) -> None:
    """The most that each process of the network ever had in memory, in MiB, by its pid and what it runs."""
    for process in find_processes(folder.path):
        with suppress(OSError, StopIteration, IndexError):
            words = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
            status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            line = next(each for each in status if each.startswith("VmHWM"))
            name = b" ".join(words[3:6]).decode(errors="replace").replace(str(folder.path), "")
            key = f"{process.pid} {name}"
            most[key] = max(most.get(key, 0.0), int(line.split()[1]) / 1_024)
