"""Load: users who leave one signal after the other, and note which were acknowledged."""

from __future__ import annotations

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from focusmesh.errors import FileError
from focusmesh.host.keys import Keystore
from focusmesh.host.localnet.commands import wait_until
from focusmesh.host.localnet.folder import USER
from focusmesh.host.localnet.status import fetch_json, heights
from focusmesh.kernel.session import Signer, Step, link_step
from focusmesh.kernel.state import Parameters
from focusmesh.protocol.identity import SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from focusmesh.host.localnet.folder import NetFolder, NodePlan

SECONDS_BETWEEN_SIGNALS = 0.4
_SECONDS_BETWEEN_TRIES = 0.2
_ANSWER_SECONDS = 30.0
_TARGETS = 11
_BALANCE = 10**9


class Load:
    """Users of a network, one at home with each of its validators, each in a thread of its own.

    A node that stands still still promises signals, which come into blocks when it goes on: so one user alone, at home
    there, would leave all others without load.
    """

    def __init__(self, folder: NetFolder) -> None:
        self._folder = folder
        self._over = threading.Event()
        self._users = [
            LoadUser(folder, home, self._over) for home in range(len(folder.plan().nodes))
        ]

    @property
    def promises(self) -> list[str]:
        """The ids of all signals that some node promised."""
        return [signal for user in self._users for signal in user.acknowledged]

    @property
    def trouble(self) -> str:
        """What users were told last where they were not promised anything."""
        return "; ".join(user.trouble for user in self._users if user.trouble)

    def start(self) -> None:
        """Gives users what they lock in links, and begins."""
        phrase = self._folder.passphrase.read_text(encoding="ascii").strip()
        funder = LoadUser(self._folder, 0, self._over)
        funder.key = Keystore(self._folder.keys).unlock(USER, phrase)
        funder.begin()
        for user in self._users:
            funder.sign(Step(("transfer/1", user.key.public, _BALANCE)))
        wait_until(
            lambda: all(map(funder.is_placed, self._folder.plan().nodes)),
            f"users of the load are given nothing: {funder.trouble}",
        )
        for user in self._users:
            user.thread.start()

    def stop(self) -> None:
        """Ends with the signals that are being left. Raises FileError where nobody takes one in a minute."""
        self._over.set()
        for user in self._users:
            user.thread.join(2 * _ANSWER_SECONDS)
            if user.thread.is_alive():
                raise FileError(f"nobody takes signal {user.nonce} of the load: {user.trouble}")

    def is_placed(self, node: NodePlan) -> bool:
        """Whether a node has all acknowledged signals in blocks, as it says itself."""
        return all(user.is_placed(node) for user in self._users)

    def missing_signals(self, nodes: Sequence[NodePlan]) -> dict[str, set[str]]:
        """Acknowledged signals that no block of a node carried out, by node. O(blocks · nodes) questions.

        Raises FileError for a node that does not have all blocks.
        """
        with ThreadPoolExecutor(len(nodes)) as workers:
            found = list(workers.map(signals_in_blocks, nodes))
        promised = set(self.promises)
        return {node.name: promised - signals for node, signals in zip(nodes, found, strict=True)}


class LoadUser:
    """A user who leaves one signal after the other at its ``home``, or with the next node where that promises none."""

    def __init__(self, folder: NetFolder, home: int, over: threading.Event) -> None:
        self._plan, self._over, self._home = folder.plan(), over, home
        self.key = SigningKey.generate(os.urandom(32))
        self.nonce = 0
        self.acknowledged: list[str] = []
        self.trouble = ""
        self.thread = threading.Thread(target=self._run, name=f"load {home}", daemon=True)

    def begin(self) -> None:
        """Goes on after the signals that the key has signed already."""
        self.nonce = _signals_of(self._plan.nodes[self._home], self.key.public) or 0

    def sign(self, step: Step) -> None:
        """Leaves a signal with one node after the other, until one promises it or has it in a block."""
        signer = Signer(self.key, bytes.fromhex(self._plan.network), Parameters())
        batches = signer.batches([step], lambda _: False)
        height = max(heights(self._plan).values(), default=0)
        (packet,) = signer.packets(batches, self.nonce, height)
        body, at = packet.encode(), self._home
        while not self._is_promised(self._plan.nodes[at].url, body):
            at = (at + 1) % len(self._plan.nodes)
            time.sleep(_SECONDS_BETWEEN_TRIES)
        self.acknowledged.append(packet.id.hex())
        self.nonce += 1

    def is_placed(self, node: NodePlan) -> bool:
        """Whether a node has all its signals in blocks."""
        return (_signals_of(node, self.key.public) or 0) >= self.nonce

    def _run(self) -> None:
        self.sign(Step(("stake/1", _BALANCE // 2)))
        number = 0
        while not self._over.wait(SECONDS_BETWEEN_SIGNALS):
            number += 1
            self.sign(link_step(f"load {self._home} {number}", f"to {number % _TARGETS}", None, 1))

    def _is_promised(self, url: str, body: bytes) -> bool:
        headers = {"Content-Type": "application/octet-stream"}
        try:
            request = Request(f"{url}/v1/signals", body, headers)
            with urlopen(request, timeout=_ANSWER_SECONDS) as answer:
                told: dict[str, Any] = json.load(answer)
        except HTTPError as error:
            self.trouble = f"{url}: {error.code} {error.read(512).decode(errors='replace')}"
            return False
        except (OSError, ValueError) as error:
            self.trouble = f"{url}: {error}"
            return False
        self.trouble = ""
        return told.get("promise") is not None or told.get("height") is not None


def signals_in_blocks(node: NodePlan) -> set[str]:
    """The signals that were carried out in any block of a node. Raises FileError where it does not answer."""
    last = heights_of(node)
    return {
        signal["id"]
        for height in range(1, last + 1)
        for signal in _items(_fetch(f"{node.url}/v1/blocks/{height}"))
    }


def heights_of(node: NodePlan) -> int:
    """The height of a node's last block. Raises FileError where it does not answer."""
    return int(_fetch(f"{node.url}/v1/status")["tip"])


def _items(block: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return (signal for signal in block["signals"] if signal["code"] == "ok")


def _fetch(url: str) -> dict[str, Any]:
    """As ``fetch_json``, again for a while where there is no answer. Raises FileError."""
    until = time.monotonic() + _ANSWER_SECONDS
    while (found := fetch_json(url)) is None:
        if time.monotonic() > until:
            raise FileError(f"{url} does not answer")
        time.sleep(_SECONDS_BETWEEN_TRIES)
    return found


def _signals_of(node: NodePlan, neuron: bytes) -> int | None:
    said = fetch_json(f"{node.url}/v1/account?neuron={neuron.hex()}")
    return None if said is None else int(said["signals"])
