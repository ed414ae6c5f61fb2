"""Every reader of what strangers send, by name: how it is called, what bounds it, and bodies that are dear to read.

The bounds are those of the page "Hostile input". A body comes in three kinds: with more items than are allowed, with
as many as are allowed beside one long string, and with as many bytes as items are allowed, all of them items.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from focusmesh.apps.grid import BlockProof, Commit, VoteCertificate, opened_letter
from focusmesh.errors import FocusmeshError
from focusmesh.host.grid.messages import read as read_grid_message
from focusmesh.interface.mcp import process as mcp
from focusmesh.interface.server.graphql.request import GraphQLRequest
from focusmesh.interface.server.http.json_request import JSONRequest
from focusmesh.interface.server.websocket.live_messages import read as read_subscription
from focusmesh.kernel.availability import BadEncoding, ProvedShare, Roots
from focusmesh.kernel.block import Body, Header, SignedHeader, read_validator_set
from focusmesh.kernel.block.body import join_streams
from focusmesh.kernel.block.chain.archive import _by_digest
from focusmesh.kernel.block.snapshot.manifest import Manifest
from focusmesh.kernel.consensus import Certificate, Decision, Equivocation, Recovery
from focusmesh.kernel.consensus.lanes.batches import SignalBatch
from focusmesh.kernel.consensus.messages import read_sampled
from focusmesh.kernel.fraud.forms import FraudProof
from focusmesh.kernel.light import Fork, Trusted
from focusmesh.kernel.node.gossip.fraud_messages import FraudMessage
from focusmesh.kernel.node.voting.address_book import ValidatorCard
from focusmesh.kernel.node.voting.proposal_data import Moved
from focusmesh.kernel.receipts import Receipt
from focusmesh.kernel.state.snapshot.pages import ReadLeaves, unpack
from focusmesh.protocol.codec import ARRAY, ITEMS_MAX, decode, encode, head
from focusmesh.protocol.compression import compress
from focusmesh.protocol.gossip.messages import decode_message
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import OPERATIONS_MAX, Signal, parse
from focusmesh.protocol.transport.handshake import _values as read_proof
from focusmesh.protocol.transport.rpc.frames import read_answer, read_question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 1 << 20
_NETWORK = bytes(32)
_CODEC = ("focusmesh.protocol.codec.canonical", "check_items")
_UNITS = (b"\xa0", b"\x62ab", b"\xa1\x60\x80", b"\xfb\x3f\xf8" + bytes(6))
"""Empty maps, texts, maps of one, floats."""
_JSON_UNITS = (b"{}", b"1.5", b'{"a":[]}')
ITEM_BYTES = 100
"""What an item may take beside the bytes that it came in."""
_BESIDE = 1 << 17


@dataclass(frozen=True)
class Reader:
    """``read`` is given up to ``bytes_max`` bytes, of which it makes up to ``items_max`` items.

    ``wrap`` puts an array of anything where the reader expects a list. ``bound`` is the module and the name that a
    test takes away to see what would happen without; None where the form of the reader is the bound.
    """

    name: str
    read: Callable[[bytes], object]
    bytes_max: int
    items_max: int = ITEMS_MAX
    bound: tuple[str, str] | None = _CODEC
    wrap: Callable[[bytes], bytes] = bytes
    is_json: bool = False

    def call(self, body: bytes) -> None:
        """Reads it, or refuses it with one of the project's errors."""
        with suppress(FocusmeshError):
            self.read(self.wrap(body))

    def limit(self, body: bytes) -> int:
        """Bytes of memory that reading a body may take."""
        return 4 * len(body) + ITEM_BYTES * min(self.items_max, len(body)) + _BESIDE

    def units(self) -> tuple[bytes, ...]:
        """What bombs are made of."""
        return _JSON_UNITS if self.is_json else _UNITS

    def array(self, unit: bytes, count: int) -> bytes:
        """So many of one thing."""
        if self.is_json:
            return b"[" + b",".join([unit] * count) + b"]"
        return head(ARRAY, count) + unit * count

    def bombs(self, unit: bytes, bytes_max: int = 1 << 30) -> Iterator[bytes]:
        """Bodies within the bound of bytes: too many items, as many as may be, and these with a long string."""
        room = min(self.bytes_max, bytes_max) - 512
        size = len(unit) + self.is_json
        each = 3 if unit in (b"\xa1\x60\x80", b'{"a":[]}') else 1
        yield self.array(unit, room // size)
        count = min(room // size, self.items_max // each - 4)
        if count < 1:
            return
        body = self.array(unit, count)
        yield body
        rest = room - len(body) - 16
        if rest > 0 and self.is_json:
            yield b"[" + body + b',"' + b"x" * rest + b'"]'
        elif rest > 0:
            yield head(ARRAY, 2) + body + encode(b"x" * rest)


def _of_request(body: bytes) -> object:
    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    route = SimpleNamespace(resolve_request_max_body_size=lambda: None, resolve_type_decoders=list)
    scope: Any = {"type": "http", "headers": [], "state": {}, "route_handler": route}
    return asyncio.run(JSONRequest(scope, receive).json())


def _of_mcp(body: bytes) -> object:
    """What the application behind the bound makes of a message: it reads it as JSON."""
    import json

    found: list[object] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.append(json.loads((await receive())["body"]))

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        found.append(message)

    asyncio.run(mcp._Bounded(app)({"type": "http", "method": "POST"}, receive, send))
    return found


def _variables(body: bytes) -> bytes:
    return b'{"query": "{status{height}}", "variables": {"a": ' + body + b"}}"


def _fields(name: bytes) -> Callable[[bytes], bytes]:
    return lambda body: b'{"id": "a", "' + name + b'": ' + body + b"}"


def _signal(body: bytes) -> bytes:
    """A signal, unsigned, whose operations are an array of anything."""
    plain = Signal(network=_NETWORK, neuron=bytes(32), nonce=0, expires_height=1, operations=())
    return bytes(64) + plain.encode().replace(b"joperations\x80", b"joperations" + body)


def _operation(body: bytes) -> bytes:
    """A signal with one operation, which is a word and an array of anything."""
    return _signal(head(ARRAY, 1) + head(ARRAY, 2) + encode("word") + body)


def _second(body: bytes) -> bytes:
    """A list whose first element is a word, so that what follows is looked at."""
    return head(ARRAY, 2) + encode("prune") + body


READERS = (
    Reader("packet", Packet.decode, MIB, bound=None),
    Reader("packet, its contents", Packet.decode, MIB, bound=None, wrap=lambda b: b"\x82\x40" + b),
    Reader("what is no signal", lambda data: parse(bytes(64) + data), MIB, 1_024),
    Reader("signal", parse, MIB, 15 + 16 * OPERATIONS_MAX, None, _signal),
    Reader("operation of a signal", parse, MIB, 1_024, wrap=_operation),
    Reader("proof of a key", read_proof, 4_096),
    Reader("question", read_question, 1 << 16, wrap=_second),
    Reader("answer", lambda data: read_answer(data, bytes(32)), MIB, wrap=lambda b: b"\x81" + b),
    Reader("frame of a validator, of a relay, grant", decode, MIB),
    Reader("notice, vote", lambda data: read_sampled(data, _NETWORK), 1 << 19, wrap=_second),
    Reader("certificate", Certificate.from_bytes, 1 << 19),
    Reader("two votes", Equivocation.from_bytes, 512),
    Reader("decision", Decision.from_bytes, 1 << 17),
    Reader("statement of a recovery", Recovery.from_bytes, 1 << 16),
    Reader("batch of signals", SignalBatch.from_bytes, 1 << 18, 4_358),
    Reader("proposal", Moved.read, MIB),
    Reader("gossip", decode_message, MIB, wrap=_second),
    Reader("card of a validator", lambda data: ValidatorCard.decode(data, _NETWORK), 1_024),
    Reader("header", Header.decode, 4_096),
    Reader("signed header", SignedHeader.decode, 200 << 10),
    Reader("set of validators", read_validator_set, 1 << 16),
    Reader("fork", Fork.decode, 4 * MIB),
    Reader("trust file", Trusted.decode, 4 * MIB),
    Reader("proof of fraud", FraudProof.decode, 1 << 18),
    Reader("proof of fraud with its header", FraudMessage.decode, MIB),
    Reader("roots of a square", Roots.decode, 1 << 16),
    Reader("share of a square", ProvedShare.decode, 2_048),
    Reader("bad encoding of a square", BadEncoding.decode, MIB),
    Reader(
        "body of a block",
        lambda data: Body.decode(join_streams(compress(data), b""), MIB),
        MIB,
        bound=("focusmesh.kernel.block.body", "check_carried"),
    ),
    Reader("manifest of a snapshot", Manifest.decode, MIB, 1 << 16),
    Reader(
        "page of a snapshot",
        lambda data: unpack(compress(data, 0), ReadLeaves.read),
        4 * MIB,
        0,
        None,
        lambda body: b"\x82\x89" + b"\x40" * 9 + body,
    ),
    Reader("contents of an exported chain", _by_digest, 4 * MIB, MIB),
    Reader("proof of the grid", BlockProof.decode, MIB),
    Reader("commit of the grid", Commit.decode, 4_096),
    Reader("letter between cubes", opened_letter, 66_048),
    Reader("certificate of the grid", VoteCertificate.from_bytes, 196_608),
    Reader(
        "receipt",
        Receipt.from_json,
        4 * MIB,
        1 << 16,
        ("focusmesh.kernel.receipts.receipt", "check_json_items"),
        is_json=True,
    ),
    Reader(
        "JSON for the grid",
        _of_request,
        MIB,
        1 << 12,
        ("focusmesh.interface.server.http.json_request", "check_json_items"),
        is_json=True,
    ),
    Reader(
        "GraphQL",
        GraphQLRequest.of_json,
        1 << 18,
        1 << 12,
        ("focusmesh.interface.server.graphql.request", "check_json_items"),
        _variables,
        is_json=True,
    ),
    Reader(
        "GraphQL in a URL",
        lambda data: GraphQLRequest.of_text("{a}", data.decode(), None),
        1 << 16,
        1 << 12,
        ("focusmesh.interface.server.graphql.request", "check_json_items"),
        lambda body: b'{"a": ' + body + b"}",
        is_json=True,
    ),
    Reader(
        "message for the grid",
        lambda data: read_grid_message(data.decode()),
        1 << 16,
        1 << 10,
        ("focusmesh.host.grid.messages", "check_json_items"),
        _fields(b"type"),
        is_json=True,
    ),
    Reader(
        "message of a subscription",
        lambda data: read_subscription(data.decode()),
        1 << 16,
        1 << 10,
        None,
        _fields(b"subscribe"),
        is_json=True,
    ),
    Reader(
        "message of MCP",
        _of_mcp,
        MIB,
        1 << 14,
        ("focusmesh.interface.mcp.process", "check_json_items"),
        is_json=True,
    ),
)
