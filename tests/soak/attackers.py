"""Who attacks a localnet, each in a thread of its own until the soak is over; each can be left out.

bombs     bodies that are small to send and large to read: an array of many empty maps
parked    signals with a gap before their nonce and the farthest expiry, of a neuron with one base unit
refused   signals that cannot be in a block: malformed, expired, of an unknown operation; each again and again
peers     keys of QUIC that pass the handshake and then break rules, drip, flood, name made-up addresses, come and go
kills     one node at a time is killed and begun again
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from focusmesh.errors import FocusmeshError, NetworkError
from focusmesh.host.localnet import perturb, undo
from focusmesh.host.localnet.status import fetch_json, height_at, node_statuses
from focusmesh.host.node.network_node import Peer
from focusmesh.host.node.transports import open_quic
from focusmesh.kernel.session.packets import EXPIRES_AFTER
from focusmesh.protocol.codec import encode
from focusmesh.protocol.gossip import Contact
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, sign
from tests.kernel.node.attacked import raw
from tests.kernel.node.test_floods import begins_frames
from tests.kernel.node.test_misbehaving_peers import BROKEN, drips

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from focusmesh.host.localnet import NetFolder
    from focusmesh.host.localnet.folder import NodePlan

TIMEOUT_S = 60.0
TIP_S = 0.5
"""A tip that was asked for so lately is near enough."""
BEHIND_MAX = 4
"""A node that is no more blocks behind the others votes with them."""
READY_S = 300.0
"""Within so long a node that was killed is ready again, however busy the machine is: a limit, not a measure."""
ATTACK_S = 5.0
"""For so long a peer attacks before it comes again with another key."""


class Tips:
    """The height of the network, from whichever node answers."""

    def __init__(self, urls: list[str]) -> None:
        self._urls, self._height, self._asked = urls, 0, -TIP_S

    def expires(self) -> int:
        """The height at which a signal expires that is signed now."""
        if time.monotonic() - self._asked > TIP_S:
            self._asked = time.monotonic()
            heights = (height_at(url) for url in self._urls)
            found = next((height for height in heights if height is not None), 0)
            self._height = max(self._height, found)
        return self._height + EXPIRES_AFTER


class Attackers:
    """What all of them share: the network, how much they did, and when to stop."""

    def __init__(self, folder: NetFolder, over: Event, seed: int, bomb_bytes: int) -> None:
        self.folder, self.over, self.bomb_bytes = folder, over, bomb_bytes
        self.plan = folder.plan()
        self.tips = Tips([node.url for node in self.plan.nodes])
        self.network = bytes.fromhex(self.plan.network)
        self.random = random.Random(seed)
        self.done: dict[str, int] = {}
        self.neuron = SigningKey(self.random.randbytes(32))
        """Has one base unit, once somebody sent it that."""

    def count(self, name: str) -> None:
        """One more of something was done."""
        self.done[name] = self.done.get(name, 0) + 1

    def post(self, node: NodePlan, body: bytes) -> int:
        """The status of an answer; 0 where there is none."""
        headers = {"Content-Type": "application/octet-stream"}
        try:
            with urlopen(
                Request(f"{node.url}/v1/signals", body, headers), timeout=TIMEOUT_S
            ) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code
        except OSError:
            return 0

    def signal(self, key: SigningKey, **fields: Any) -> bytes:
        """A signal of whoever, as it is posted."""
        common: dict[str, Any] = {
            "network": self.network,
            "neuron": key.public,
            "nonce": 0,
            "expires_height": self.tips.expires(),
            "operations": [["transfer/1", bytes(32), 1]],
        }
        return Packet(sign(Signal(**{**common, **fields}), key), ()).encode()

    # Each of these goes on until it is over.

    def bombs(self) -> None:
        """A body as the issue has it, whose signal is an array of empty maps."""
        count = self.bomb_bytes - 16
        body = b"\x82\x41\x00\x9a" + count.to_bytes(4, "big") + b"\xa0" * count
        while not self.over.wait(2.0):
            self.count(f"bomb {self.post(self.random.choice(self.plan.nodes), body)}")

    def parked(self) -> None:
        """Ever other nonces, with a gap before the first."""
        nonce = 10
        while not self.over.wait(0.05):
            nonce += 2
            body = self.signal(self.neuron, nonce=nonce)
            self.count(f"parked {self.post(self.random.choice(self.plan.nodes), body)}")

    def refused(self) -> None:
        """Three signals, the same ones again."""
        bodies = {
            "malformed": self.signal(self.neuron)[:-1] + b"\xff",
            "expired": self.signal(self.neuron, expires_height=1),
            "unknown": self.signal(self.neuron, operations=[["nothing/1", 1]]),
        }
        while not self.over.wait(0.05):
            for name, body in bodies.items():
                self.count(f"{name} {self.post(self.random.choice(self.plan.nodes), body)}")

    def kills(self) -> None:
        """One at a time; the next one when all have been ready for a while.

        A machine that is busy starts a node slowly: two would be away at a time, and no quorum of four is left then.
        """
        while not self.over.wait(self.random.uniform(4, 8)):
            name = self.random.choice(self.plan.nodes).name
            perturb(self.folder, name, "kill", None)
            self.count("kill")
            time.sleep(self.random.uniform(0.5, 3))
            undo(self.folder, name)
            begun = time.monotonic()
            while not self._all_are_ready() and not self.over.wait(0.5):
                assert time.monotonic() - begun < READY_S, (
                    f"{name} was killed and is not ready again"
                )

    def _all_are_ready(self) -> bool:
        """Whether every node takes signals, and none is more than a few blocks behind."""
        shown = node_statuses(self.folder)
        heights = [node.height for node in shown if node.height is not None]
        return (
            len(heights) == len(self.plan.nodes)
            and max(heights) - min(heights) <= BEHIND_MAX
            and all(node.state == "runs" and _takes_signals(node.url) for node in shown)
        )

    def peers(self) -> None:
        """Several at a time, in an event loop of their own."""
        asyncio.run(self._peers())

    async def _peers(self) -> None:
        attacks: dict[str, Callable[[Any, Any], Any]] = {
            **BROKEN,
            "drips": lambda at, connection: drips(connection, 16, 1.0),
            "begins frames": lambda at, connection: begins_frames(connection, 40_000),
            "names addresses": self._names,
            "takes no answers": self._takes_nothing,
            "goes without a word": self._leaves,
        }
        while not self.over.is_set():
            some = self.random.sample(sorted(attacks), 4)
            await asyncio.gather(*(self._attack(name, attacks[name]) for name in some))

    async def _attack(self, name: str, attack: Callable[[Any, Any], Any]) -> None:
        node = self.random.choice(self.plan.nodes)
        contact = Peer.parse(node.contact).contact
        key = SigningKey(self.random.randbytes(32))
        with suppress(FocusmeshError, TimeoutError, OSError):
            async with open_quic(key, self.network, "127.0.0.1:0") as transport:
                connection = await transport.connect(*contact)
                self.count(f"peer {name}")
                async with asyncio.timeout(ATTACK_S):
                    await attack(SimpleNamespace(), connection)
                    await connection.wait_closed()

    async def _names(self, at: Any, connection: Any) -> None:
        from focusmesh.kernel.node.peers import GOSSIP
        from focusmesh.protocol.gossip.messages import ForwardJoin, encode_message
        from focusmesh.protocol.transport import Teller

        line = Teller(connection, GOSSIP)
        for number in range(1_000):
            # Port 9 of this machine: nobody is there.
            made_up = Contact(self.random.randbytes(32), "127.0.0.1:9")
            await line.tell(encode_message(ForwardJoin(made_up, number % 4)))

    async def _takes_nothing(self, at: Any, connection: Any) -> None:
        from focusmesh.protocol.transport.framing import frame_bytes
        from focusmesh.protocol.transport.rpc.frames import question_frame

        for _ in range(60):
            await raw(connection, frame_bytes(question_frame("headers", [0, 1_000])))

    async def _leaves(self, at: Any, connection: Any) -> None:
        for _ in range(20):
            await raw(connection, encode([]))
        raise NetworkError("closed", "gone")


EVERY = ("bombs", "parked", "refused", "peers", "kills")


def _takes_signals(url: str) -> bool:
    return (fetch_json(f"{url}/health") or {}).get("node") is True
