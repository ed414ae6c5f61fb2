"""Nodes over QUIC on loopback: whom they know, their keys, signals, and folders that come to the head of a network."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from focusmesh.errors import BlockError, FileError, NetworkError, ParameterError
from focusmesh.host.keys.keyring import Keyring
from focusmesh.host.keys.keystore import Keystore
from focusmesh.host.ledger.ledger import OpenLedger
from focusmesh.host.light.sampling import repaired_block, sampled_block
from focusmesh.host.light.share_sources import source_of
from focusmesh.host.node.join import join_network
from focusmesh.host.node.network_node import (
    LateBlame,
    Peer,
    ThreadWorkers,
    _contacts,
    known_peers,
    listening,
    node_key,
    remember_peers,
)
from focusmesh.host.service import NotThereError
from focusmesh.host.storage.ledger_folder import Folder, milliseconds, operations
from focusmesh.kernel.block import Chain, Genesis, Grant, verify_chain
from focusmesh.kernel.node import NoUsers, Replica
from focusmesh.kernel.node.serving.peer_answers import PeerAnswers
from focusmesh.kernel.node.wire import Hello, read
from focusmesh.kernel.session import link_step
from focusmesh.kernel.state import LmdbStore, MemoryStore, Parameters
from focusmesh.protocol.gossip import Contact
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.signal import Signal, parse, sign
from focusmesh.protocol.world import SameProcess, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from focusmesh.kernel.state import Store
    from focusmesh.protocol.codec import Value

KEY = SigningKey(b"\x07" * 32)
SECONDS_MAX = 60.0


def chain_of(blocks: int) -> Chain:
    """A chain in memory with so many blocks of ten links."""
    genesis = Genesis(
        name="test",
        time=1_000,
        parameters=Parameters(proposers=(KEY.public,)),
        grants=(Grant(KEY.public, 0, 10**9),),
        operations=operations().digest,
    )
    chain = Chain.create(MemoryStore(), genesis, operations())
    for number in range(blocks):
        links = [
            ("link/1", bytes([number]) * 32, bytes([each]) * 32, b"", 10)
            for each in range(200, 210)
        ]
        signal = Signal(
            network=chain.network,
            neuron=KEY.public,
            nonce=number,
            expires_height=1_000,
            operations=tuple(links),
        )
        chain.propose([parse(sign(signal, KEY))], 2_000 + number, KEY)
    return chain


@contextmanager
def serving(*chains: Chain) -> Iterator[list[Peer]]:
    """A node over QUIC for each of the chains while the block runs, in a thread of its own."""
    peers: list[Peer] = []
    begun, loops = threading.Event(), list[asyncio.AbstractEventLoop]()
    stops = list[asyncio.Event]()

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        stops.append(asyncio.Event())
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(number, chain)) for number, chain in enumerate(chains)]
            await stops[0].wait()
            for task in tasks:
                task.cancel()

    async def one(number: int, chain: Chain) -> None:
        key = SigningKey(bytes([100 + number]) * 32)
        world: World[Store] = World(milliseconds, bytes, LmdbStore, NoUsers(), SameProcess())
        with ExitStack() as held:
            workers = ThreadWorkers()
            held.callback(workers.close)
            async with listening(key, chain.network, "[::1]:0") as transport:
                peers.append(Peer(Contact(transport.key, transport.address), chain.network))
                if len(peers) == len(chains):
                    begun.set()
                await Replica(chain, world, transport, workers=workers).run()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        assert begun.wait(SECONDS_MAX)
        yield peers
    finally:
        loops[0].call_soon_threadsafe(stops[0].set)
        thread.join(SECONDS_MAX)


def refused_beside_its_node(folder: Folder, tmp_path: Path) -> bool:
    """Whether nobody can write to a ledger that follows while no node runs on it."""
    keys = Keystore(tmp_path / "keys")
    keys.keep("maker", KEY, "passphrase")
    ledger = OpenLedger(folder, Keyring(keys, "maker", lambda name: "passphrase"))
    try:
        ledger.send([link_step("a", "b", None, 10)])
    except FileError as error:
        return "follows a network" in str(error)
    finally:
        ledger.close()
    return False


@pytest.mark.parametrize("by_snapshot", [True, False])
def test_a_folder_that_has_nothing_comes_to_the_head(by_snapshot: bool, tmp_path: Path) -> None:
    chain = chain_of(6)
    folder = Folder(tmp_path / "joined")
    with serving(chain, chain_of(6)) as peers:
        assert join_network(folder, peers, chain.network, by_snapshot) == 6
    store = LmdbStore(folder.store)
    try:
        joined = Chain(store, operations())
        assert joined.tip == chain.tip
        assert joined.base == (6 if by_snapshot else 0)
        assert verify_chain(store, operations()).height == 6
    finally:
        store.close()
    assert [peer.contact for peer in known_peers(folder)] == [peer.contact for peer in peers]
    assert folder.follows.exists()
    # With the key that makes the blocks at hand, too: two who use it would fork the network.
    assert refused_beside_its_node(folder, tmp_path)


def test_a_join_that_failed_is_gone_on_with(tmp_path: Path) -> None:
    chain, folder = chain_of(3), Folder(tmp_path / "joined")
    nobody = Peer(Contact(KEY.public, "[::1]:1"), chain.network)
    with pytest.raises(ConnectionError, match="no peer could be joined"):
        join_network(folder, [nobody], chain.network, None)
    with serving(chain) as peers:
        assert join_network(folder, [nobody, *peers], chain.network, None) == 3
        with pytest.raises(FileError, match="there is a ledger here already"):
            join_network(folder, peers, chain.network, None)


def test_who_joins_by_peers_that_give_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("focusmesh.host.node.join._STALLED_SECONDS", 0.2)
    monkeypatch.setattr(PeerAnswers, "_body", no_body)
    chain = chain_of(2)
    with (
        serving(chain) as peers,
        pytest.raises(ConnectionError, match="run the same command again"),
    ):
        join_network(Folder(tmp_path / "joined"), peers, chain.network, False)
    monkeypatch.undo()
    with serving(chain) as peers:
        assert join_network(Folder(tmp_path / "joined"), peers, chain.network, False) == 2


async def no_body(serving: PeerAnswers, peer: bytes, body: Value) -> AsyncIterator[Value]:
    """The answer of a node that has not what it says it has."""
    raise BlockError("height", "there is none")
    yield


@pytest.mark.parametrize("text", ["[]", "{}", '{"peers": [{"key": "zz"}]}', '{"peers": 1}'])
def test_a_damaged_note_of_last_peers_ends_no_node(tmp_path: Path, text: str) -> None:
    (tmp_path / "network.json").write_text(text)
    named = Peer(Contact(KEY.public, "[::1]:1"), None)
    assert _contacts(Folder(tmp_path), [named]) == [named.contact]


def test_an_address_holds_nothing_that_a_terminal_obeys() -> None:
    hello = Hello(1, bytes(32), 0, bytes(32), 0, 0, "[::1]:7777")
    assert read(hello.value(), Hello, "hello") == hello
    for address in ("[::1]:7777\x1b[2J", "[::1]:7777\n", "\u202e"):
        false = msgspec.structs.replace(hello, address=address)
        with pytest.raises(NetworkError):
            read(false.value(), Hello, "hello")


def test_a_peer_is_written_and_read() -> None:
    contact = Contact(b"\x01" * 32, "[::1]:7777")
    for peer in (Peer(contact, None), Peer(contact, b"\x02" * 32)):
        assert Peer.parse(f" {peer}\n") == peer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "[::1]:7777",
        "00@[::1]:7777",
        "xy" * 32 + "@[::1]:1",
        "01" * 32,
        "01" * 32 + "@a:1#02",
    ],
)
def test_what_is_no_peer_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="KEY@ADDRESS"):
        Peer.parse(text)


def test_a_node_keeps_its_key_to_itself(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    key = node_key(folder)
    assert node_key(folder).seed == key.seed
    path = tmp_path / "node.key"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("no key")
    with pytest.raises(FileError, match="without the file a new one is made"):
        node_key(folder)


def test_peers_are_remembered_by_their_newest_address(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    first, moved = Contact(b"\x01" * 32, "[::1]:1"), Contact(b"\x01" * 32, "[::1]:2")
    other = Contact(b"\x02" * 32, "[::1]:3")
    remember_peers(folder, [Peer(first, b"\x09" * 32), Peer(other, None)])
    remember_peers(folder, [Peer(moved, None)])
    assert known_peers(folder) == [Peer(moved, None), Peer(other, None)]


def test_a_light_node_samples_and_repairs_from_nodes(tmp_path: Path) -> None:
    chain = chain_of(2)
    with serving(chain) as peers:
        source = source_of(str(peers[0]))
        try:
            assert source.tip() == 2
            sampled = sampled_block(source, 2, 4, os.urandom, KEY.public)
            assert sampled.header == chain.tip
            assert sampled.sampled.is_available
            repaired = repaired_block([source], 2)
            assert repaired.data == chain.block(2).body
            with pytest.raises(NotThereError, match="no square"):
                source.roots(0)
        finally:
            source.close()
    with pytest.raises(ParameterError, match="of which network"):
        source_of(f"{'01' * 32}@[::1]:7777")


def test_what_a_transport_finds_wrong_with_a_key_is_told_to_the_peers() -> None:
    """Over QUIC on loopback: faults of streams counted for nothing where nobody passed them on."""
    network, server, dialler = bytes(32), SigningKey(b"s" * 32), SigningKey(b"d" * 32)
    told: list[tuple[bytes, str]] = []

    async def run() -> None:
        blamed = LateBlame()
        async with (
            listening(server, network, "[::1]:0", None, None, blamed) as serving,
            listening(dialler, network, "[::1]:0") as dialling,
        ):
            blamed(dialler.public, "too early: there are no peers")
            blamed.peers = SimpleNamespace(blame=lambda *said: told.append(said))  # type: ignore[assignment]
            blamed("::1", "a host is no key")
            connection: Any = await dialling.connect(serving.key, serving.address)
            # Stream 0 stays open as long as the connection.
            connection.write(0, b"", True)
            await asyncio.wait_for(connection.wait_closed(), SECONDS_MAX)

    asyncio.run(run())
    assert told == [(dialler.public, "rules")]
