"""Load: a user who leaves one signal after the other with whoever answers, and notes which were acknowledged."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from focusmesh.errors import FileError
from focusmesh.host.keys import Keystore
from focusmesh.host.localnet.folder import USER
from focusmesh.host.localnet.status import fetch_json, heights
from focusmesh.kernel.session import Signer, link_step
from focusmesh.kernel.state import Parameters

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.host.localnet.folder import NetFolder, NodePlan
    from focusmesh.protocol.packet import Packet

SECONDS_BETWEEN_SIGNALS = 0.1
_SECONDS_BETWEEN_TRIES = 0.2
_ANSWER_SECONDS = 30.0
_TARGETS = 11


class Load:
    """Signals of the network's user, in a thread of its own from ``start`` to ``stop``."""

    def __init__(self, folder: NetFolder) -> None:
        self._folder = folder
        self._plan = folder.plan()
        phrase = folder.passphrase.read_text(encoding="ascii").strip()
        key = Keystore(folder.keys).unlock(USER, phrase)
        self.neuron = key.public
        self._signer = Signer(key, bytes.fromhex(self._plan.network), Parameters())
        self.nonce = _signals_of(self._plan.nodes[0], self.neuron) or 0
        self.acknowledged: list[str] = []
        self.trouble = ""
        self._home = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def start(self) -> None:
        """Begins to leave signals."""
        self._thread.start()

    def stop(self) -> None:
        """Ends with the signal that is being left. Raises FileError where nobody takes that one in a minute."""
        self._over.set()
        self._thread.join(2 * _ANSWER_SECONDS)
        if self._thread.is_alive():
            raise FileError(f"nobody takes signal {self.nonce} of the load: {self.trouble}")

    def is_placed(self, node: NodePlan) -> bool:
        """Whether a node has all acknowledged signals in blocks, as it says itself."""
        return (_signals_of(node, self.neuron) or 0) >= self.nonce

    def lost(self) -> dict[str, set[str]]:
        """Acknowledged signals that no block of a node carried out, by node. O(blocks · nodes) questions."""
        nodes = self._folder.plan().nodes
        with ThreadPoolExecutor(len(nodes)) as workers:
            found = list(workers.map(signals_in_blocks, nodes))
        return {
            node.name: set(self.acknowledged) - signals
            for node, signals in zip(nodes, found, strict=True)
        }

    def _run(self) -> None:
        number = 0
        while not self._over.wait(SECONDS_BETWEEN_SIGNALS):
            number += 1
            step = link_step(f"load {number}", f"target {number % _TARGETS}", None, 1)
            batches = self._signer.batches([step], lambda _: False)
            height = max(heights(self._plan).values(), default=0)
            (packet,) = self._signer.packets(batches, self.nonce, height)
            self._leave(packet)

    def _leave(self, packet: Packet) -> None:
        """With one node after the other, until one promises it or has it in a block."""
        body = packet.encode()
        while not self._is_promised(self._plan.nodes[self._home].url, body):
            self._home = (self._home + 1) % len(self._plan.nodes)
            time.sleep(_SECONDS_BETWEEN_TRIES)
        self.acknowledged.append(packet.id.hex())
        self.nonce += 1

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
        self.trouble = str(told)
        return told.get("promise") is not None or told.get("height") is not None


def signals_in_blocks(node: NodePlan) -> set[str]:
    """The signals that were carried out in any block of a node. Raises FileError where it does not answer."""
    last = heights_of(node)
    return {
        signal["id"]
        for height in range(1, last + 1)
        for signal in _items(_asked(f"{node.url}/v1/blocks/{height}"))
    }


def heights_of(node: NodePlan) -> int:
    """The height of a node's last block. Raises FileError where it does not answer."""
    return int(_asked(f"{node.url}/v1/status")["tip"])


def _items(block: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return (signal for signal in block["signals"] if signal["code"] == "ok")


def _asked(url: str) -> dict[str, Any]:
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
