"""A user of a localnet and what is to hold in it at every time: everything is read through the nodes' public API."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from focusmesh.host.keys.keystore import Keystore
from focusmesh.host.localnet.folder import USER
from focusmesh.kernel.block import Header
from focusmesh.kernel.session import Signer, link_step
from focusmesh.kernel.state import SUPPLY_KEY, Parameters, decode_proof, verify_membership
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from focusmesh.host.localnet import NetFolder

SECONDS = 60.0
"""How long anything may take: a limit for tests that hang, not a measure."""
BLOCKS_AT_ONCE = 16
"""More than are made between two looks."""


class Left(NamedTuple):
    """A signal that a node has taken."""

    signal: str
    node: str


class Public:
    """Nodes by name. ``look`` and ``settled`` raise AssertionError: for what never may be, for what did not come."""

    def __init__(self, folder: NetFolder) -> None:
        self.folder = folder
        self.left: list[Left] = []
        self.looks = 0
        self._blocks: dict[int, tuple[str, str]] = {}
        self._tips: dict[str, int] = {}
        self._count = 0
        plan = folder.plan()
        self._supply = plan.supply
        self._key = Keystore(folder.keys).unlock(USER, folder.passphrase.read_text().strip())
        self._signer = Signer(self._key, bytes.fromhex(plan.network), Parameters())
        account = self._asked(plan.nodes[0].url, f"/v1/account?neuron={self._key.public.hex()}")
        self._nonce = account["signals"]

    @property
    def urls(self) -> dict[str, str]:
        """Where the nodes' servers are."""
        return {node.name: node.url for node in self.folder.plan().nodes}

    def leave(self, name: str) -> Left:
        """Leaves a signal with a node that runs, or is paused or cut off: its server takes it."""
        self._count += 1
        step = link_step(f"s{self._count}", f"t{self._count % 7}", None, 1)
        steps = self._signer.batches([step], lambda _: False)
        (packet,) = self._signer.packets(steps, self._nonce, max(self._tips.values(), default=0))
        self._nonce += 1
        request = Request(
            f"{self.urls[name]}/v1/signals",
            packet.encode(),
            {"Content-Type": "application/octet-stream"},
        )
        self._until(lambda: self._taken(request), lambda: f"{name} takes no signal")
        assert self._told["id"] == packet.id.hex()
        self.left.append(Left(self._told["id"], name))
        return self.left[-1]

    def _taken(self, request: Request) -> bool:
        """Whether the server has taken it; one whose node does not run yet says that it is to be sent again."""
        try:
            with urlopen(request, timeout=SECONDS) as answer:
                self._told: dict[str, Any] = json.load(answer)
                return answer.status in (200, 202)
        except HTTPError as error:
            if error.code != 503:
                raise
            return False

    def look(self) -> dict[str, int]:
        """Same height, same block and same root, everywhere and for ever; no node goes back. The tips."""
        self.looks += 1
        for name, url in self.urls.items():
            items = self._asked(url, f"/v1/blocks?limit={BLOCKS_AT_ONCE}")["items"]
            for item in items:
                found = item["id"], item["state_root"]
                known = self._blocks.setdefault(item["height"], found)
                assert known == found, f"{name} has another block {item['height']}"
            assert items[0]["height"] >= self._tips.get(name, 0), f"{name} lost blocks"
            self._tips[name] = items[0]["height"]
        return dict(self._tips)

    def settled(self, at: Sequence[str] = (), among: Sequence[str] = ()) -> int:
        """A signal left at each node, and all before, come to be in the same block everywhere; supply is what it was.

        Nodes ``at`` which to leave them, and ``among`` which this is to be so; all where nothing is said. The height
        of all of them then.
        """
        for name in at or self.urls:
            self.leave(name)
        nodes = {name: url for name, url in self.urls.items() if name in (among or self.urls)}
        self._until(lambda: self._is_level(nodes), lambda: f"nodes are at {self._tips}")
        tip = max(self._tips[name] for name in nodes)
        for left in self.left:
            places = {
                name: self._asked(url, f"/v1/signals/{left.signal}") for name, url in nodes.items()
            }
            assert {place["code"] for place in places.values()} == {"ok"}, places
            assert len({place["height"] for place in places.values()}) == 1, places
        for url in nodes.values():
            assert self._supply_at(url, tip) == self._supply
        return tip

    def placed(self, left: Left, name: str) -> bool:
        """Whether a node has a signal in a block."""
        return bool(self._asked(self.urls[name], f"/v1/signals/{left.signal}").get("height"))

    def _is_level(self, nodes: Collection[str]) -> bool:
        tips = self.look()
        return len({tips[name] for name in nodes}) == 1 and all(
            self.placed(left, name) for left in self.left[-8:] for name in nodes
        )

    def _supply_at(self, url: str, height: int) -> int:
        """What the state says, proved under the header's root."""
        header = Header.decode(
            bytes.fromhex(self._asked(url, f"/v1/blocks/{height}")["header_bytes"])
        )
        told = self._asked(url, f"/v1/proof?key={SUPPLY_KEY.hex()}&at={height}")
        value = bytes.fromhex(told["value"])
        proof = decode_proof(bytes.fromhex(told["proof"]))
        verify_membership(header.state_root, proof, SUPPLY_KEY, value)
        return int(decode(value))

    def _asked(self, url: str, path: str) -> dict[str, Any]:
        try:
            with urlopen(url + path, timeout=SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
        except HTTPError as error:
            found = json.load(error)
            assert path.startswith("/v1/signals/"), (url + path, found)
        return found

    def _until(self, holds: Callable[[], bool], why: Callable[[], str]) -> None:
        deadline = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < deadline, why()
            time.sleep(0.3)
