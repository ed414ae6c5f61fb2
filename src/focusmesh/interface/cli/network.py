"""``focusmesh node`` in a network: start with peers, join, who the peers are, and by which address others come."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.errors import InputError, ParameterError
from focusmesh.interface.cli.ledger_options import LedgerFolder, opened
from focusmesh.interface.cli.options import Output, command
from focusmesh.interface.cli.screen import Screen
from focusmesh.interface.cli.table import Column, counted, size_text
from focusmesh.interface.node import Folder, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from focusmesh.interface.keyring import Keyring
    from focusmesh.interface.networking import Peer
    from focusmesh.kernel.block import Block
    from focusmesh.protocol.identity import SigningKey

NETWORK_BYTES = 32
Listen = Annotated[
    str | None,
    typer.Option(
        "--listen",
        metavar="ADDRESS",
        help="Where peers reach this node, such as [::1]:7777; port 0 is any that is free.",
    ),
]
PeerNames = Annotated[
    list[str] | None,
    typer.Option(
        "--peer",
        metavar="KEY@ADDRESS",
        help="A node to dial, as its `node address` says; kept for later starts. May be repeated.",
    ),
]


def start_in_network(
    folder: Folder,
    keyring: Keyring,
    listen: str | None,
    named: list[str],
    interval: float,
    screen: Screen,
) -> None:
    """``node start`` with peers."""
    from focusmesh.engine import parallel
    from focusmesh.interface.networking import ANYWHERE, Peer, Running, remember_peers
    from focusmesh.interface.running import real_world, serving_chain
    from focusmesh.protocol.world import SignaturePool

    with opened(str(folder.path)) as shared:
        proposers, network = shared.reading().proposers, shared.reading().network
    peers = [Peer.parse(text) for text in named]
    for peer in peers:
        _verify_network(peer, network)
    keys = _keys(folder, keyring, proposers)

    def began(here: Peer) -> None:
        does = "makes blocks" if keys is not None else "follows"
        screen.narrate(
            f"{folder.path}: height {chain.height}, process {os.getpid()}, {does}; Ctrl-C or SIGTERM ends it\n"
            f"{folder.path}: listens at {here}"
        )

    with SignaturePool(parallel.cores()) as pool:
        world = real_world(folder, pool)
        with serving_chain(folder, world, Event()) as chain:
            running = Running(
                folder,
                listen or ANYWHERE,
                remember_peers(folder, peers),
                keys,
                interval,
                began,
                lambda block: _show_block(block, screen),
            )
            asyncio.run(running.run(chain, world))
            height = chain.height
    screen.narrate(f"{folder.path}: ended at height {height}")


@command
def join(
    folder: LedgerFolder,
    output: Output,
    peer: PeerNames = None,
    network: Annotated[
        str | None,
        typer.Option(
            "--network",
            metavar="ID",
            help="The network's id; needless where a peer is named with it, KEY@ADDRESS#ID.",
        ),
    ] = None,
    by_snapshot: Annotated[
        bool | None,
        typer.Option(
            "--snapshot/--from-genesis",
            help="Take a snapshot of the last state, or carry out every block (of up to 64 every one).",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make the ledger in DIR that the named peers have, up to its last block. Interrupted, it goes on when run again.

    Everything is verified: the genesis by the network's id, headers by their signatures, pages of the state by the
    root in a header.
    """
    from focusmesh.interface.joining import join_network
    from focusmesh.interface.networking import Peer

    screen, where = Screen(output), Folder(Path(folder))
    peers = [Peer.parse(text) for text in peer or []]
    wanted = _network_of(peers, network)
    with screen.progress() as progress:
        height = join_network(where, peers, wanted, by_snapshot, progress)
    if screen.as_json:
        screen.document({"path": folder, "network": wanted.hex(), "height": height})
    else:
        screen.lines([f"{folder}: network {wanted.hex()[:16]}…, height {height:,}"])
    screen.narrate(f"`focusmesh node start {folder}` follows it from here on")


@command
def peers(folder: LedgerFolder, output: Output) -> None:
    """List the peers of the node that runs on DIR: their keys, addresses, heights."""
    from focusmesh.interface.networking import network_state

    screen, where = Screen(output), Folder.existing(folder)
    state = network_state(where) if serving(where) is not None else None
    if state is None:
        raise InputError(
            f"{folder}: no node of a network runs here; `focusmesh node start {folder} --listen ADDRESS` is one"
        )
    if screen.as_json:
        screen.document(state)
        return
    rows = [
        (each["key"][:16] + "…", each["address"], f"{each['height']:,}") for each in state["peers"]
    ]
    rows.insert(0, (state["key"][:16] + "…", state["address"], f"{state['height']:,}"))
    screen.table([Column("peer"), Column("address"), Column("height")], rows)
    screen.narrate(f"{counted(len(rows) - 1, 'peer')}; the first line is this node")


@command
def address(folder: LedgerFolder, output: Output) -> None:
    """Print what others give to --peer to reach the node that runs on DIR: KEY@ADDRESS#NETWORK."""
    from focusmesh.interface.networking import Peer, network_state
    from focusmesh.protocol.gossip import Contact

    screen, where = Screen(output), Folder.existing(folder)
    state = network_state(where) if serving(where) is not None else None
    if state is None:
        raise InputError(
            f"{folder}: no node of a network runs here; `focusmesh node start {folder} --listen ADDRESS` is one"
        )
    with opened(folder) as shared:
        network = shared.reading().network
    here = Peer(Contact(bytes.fromhex(state["key"]), state["address"]), network)
    if screen.as_json:
        screen.document(
            {"key": state["key"], "address": state["address"], "network": network.hex()}
        )
    else:
        screen.lines([str(here)])


def _keys(
    folder: Folder, keyring: Keyring, proposers: Collection[bytes]
) -> Callable[[Collection[bytes]], SigningKey] | None:
    """Where the keys for blocks come from; None where this node follows. A passphrase is asked for now."""
    if folder.follows.exists() or not keyring.may_propose(proposers):
        return None
    keyring.proposer(proposers)
    return keyring.proposer


def _network_of(peers: Sequence[Peer], network: str | None) -> bytes:
    """The one network that the options speak of. Raises ParameterError."""
    try:
        named = {bytes.fromhex(network)} if network is not None else set()
    except ValueError:
        named = {b""}
    found = named | {peer.network for peer in peers if peer.network is not None}
    if not peers:
        raise ParameterError(
            "--peer: name a node of the network, KEY@ADDRESS#ID as its `node address` says"
        )
    if len(found) != 1 or len(min(found)) != NETWORK_BYTES:
        raise ParameterError(
            f"--network: the id of one network, {NETWORK_BYTES} bytes in hexadecimal; {len(found)} are named"
        )
    return found.pop()


def _verify_network(peer: Peer, network: bytes) -> None:
    if peer.network not in (None, network):
        raise ParameterError(
            f"--peer {peer}: is of another network; this ledger is of {network.hex()}"
        )


def _show_block(block: Block, screen: Screen) -> None:
    """A line for a block that this node made, or took from a peer."""
    words = [f"block {block.header.height}", block.id.hex()[:16], size_text(len(block.body))]
    screen.lines([" · ".join(words)])
    sys.stdout.flush()
