"""``focusmesh node`` in a network: start with peers, join, who the peers are, and by which address others come."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import AgreementChangedError, InputError, ParameterError
from focusmesh.host.storage import SECONDS_BETWEEN_LOOKS, Folder, begin_votes, serving
from focusmesh.interface.cli.shared.ledger_options import LedgerFolder, open_ledger
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, count_of, size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from focusmesh.host.keys import Keyring
    from focusmesh.host.node import Peer
    from focusmesh.kernel.block import Block, Chain
    from focusmesh.kernel.node import AgreedParts
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.world import World

    ValidatorKey = Callable[[Collection[bytes]], SigningKey | None]

NETWORK_BYTES = 32
Wait = Annotated[
    float,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        min=0.0,
        help="How long to wait for a node that was just started.",
    ),
]
Listen = Annotated[
    str | None,
    typer.Option(
        "--listen",
        metavar="ADDRESS",
        help="Where this node listens for peers, such as [::1]:7777; port 0 is any that is free.",
    ),
]
Told = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="ADDRESS",
        help="Where others reach this node, if not where it listens; needed when it listens at [::].",
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
    told: str | None,
    named: list[str],
    interval: float,
    screen: Screen,
    drill: str | None = None,
    *,
    forgets: bool = False,
) -> None:
    """``node start`` with peers; ``drill`` names a file of faults that the world of this node has.

    ``forgets``: vote at once without this validator's pledges. Where others decide blocks from one on, this process
    goes on as a node of theirs, at the same address: peers know it by that.
    """
    from focusmesh.host.node import ANYWHERE, Peer
    from focusmesh.protocol.transport import for_socket, read_address

    at = listen or ANYWHERE
    if told is not None:
        for_socket(read_address(told), is_ipv6=":" in read_address(told).host)
    given = told, [Peer.parse(text) for text in named], interval, screen, drill

    def listens(here: Peer) -> None:
        nonlocal at
        if at.endswith(":0"):
            at = f"{at[:-2]}:{here.contact.address.rpartition(':')[2]}"

    begin_votes(folder)
    while True:
        try:
            _run_in_network(folder, keyring, at, *given, listens, forgets=forgets)
            return
        except AgreementChangedError as error:
            screen.narrate(f"{folder.path}: {error}")
            begin_votes(folder, was_solo=True)


def _run_in_network(
    folder: Folder,
    keyring: Keyring,
    listen: str,
    told: str | None,
    peers: Sequence[Peer],
    interval: float,
    screen: Screen,
    drill: str | None,
    listens: Callable[[Peer], None],
    *,
    forgets: bool,
) -> None:
    """Until it is interrupted, or others decide blocks: then AgreementChangedError. ``listens`` hears the address."""
    from focusmesh.engine.support import parallel
    from focusmesh.host.localnet import apply_drills
    from focusmesh.host.node import Running, real_world, remember_peers
    from focusmesh.kernel.node import AgreementSettings
    from focusmesh.protocol.world import SignaturePool

    keys, validator, does = _roles(folder, keyring, peers)

    def began(here: Peer) -> None:
        listens(here)
        screen.narrate(
            f"{folder.path}: height {chain.height}, process {os.getpid()}, {does}; Ctrl-C or SIGTERM ends it\n"
            f"{folder.path}: listens at {here}"
        )

    with SignaturePool(parallel.thread_count()) as pool:
        world = real_world(folder, pool)
        if drill is not None:
            world = apply_drills(world, Path(drill))
        with _opened_to_serve(folder, world, validator) as (chain, agreed):
            shown, settings = (
                partial(_show_block, screen=screen),
                AgreementSettings(forgets=forgets),
            )
            known = remember_peers(folder, peers)
            running = Running(folder, listen, known, keys, interval, began, shown, told, settings)
            asyncio.run(running.run(chain, world, agreed))
        screen.narrate(f"{folder.path}: ended at height {chain.height}")


def _roles(
    folder: Folder, keyring: Keyring, peers: Sequence[Peer]
) -> tuple[Callable[[Collection[bytes]], SigningKey] | None, ValidatorKey | None, str]:
    """Where keys for blocks come from, where a validator's does if validators agree, and in a word what this node does.

    Raises ParameterError for a peer of another network. A passphrase is asked for now.
    """
    with open_ledger(str(folder.path)) as shared:
        chain = shared.reading()
        proposers, network = chain.proposers, chain.network
        agrees = chain.validator_set is not None
    for peer in peers:
        _verify_network(peer, network)
    if not agrees:
        keys = _keys(folder, keyring, proposers)
        return keys, None, "follows" if keys is None else "makes blocks"
    validator = partial(keyring.validator, unnamed=not folder.follows.exists())
    return None, validator, "follows" if validator(proposers) is None else "votes"


@contextmanager
def _opened_to_serve(
    folder: Folder, world: World[Store], validator: ValidatorKey | None
) -> Iterator[tuple[Chain, AgreedParts | None]]:
    """The chain of a folder while the block runs, and what is needed besides where validators agree."""
    from focusmesh.host.node import agreeing, serve_folder, serving_chain
    from focusmesh.kernel.node import AgreedParts

    if validator is None:
        with serving_chain(folder, world, Event()) as chain:
            yield chain, None
        return
    with serve_folder(folder, lambda: agreeing(folder, world), Event()) as (candidates, votes):
        yield candidates.decided, AgreedParts(candidates, votes, validator)


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
            help="The network's id; not needed where a peer is named KEY@ADDRESS#ID.",
        ),
    ] = None,
    by_snapshot: Annotated[
        bool | None,
        typer.Option(
            "--snapshot/--from-genesis",
            help="Load a snapshot of the last state, or execute every block (up to 64 are always executed).",
            show_default=False,
        ),
    ] = None,
    never_voted: Annotated[
        bool | None,
        typer.Option(
            "--never-voted/--may-have-voted",
            help="The validator's key has never voted: it votes at once. Or it may have, even before the first block: "
            "it votes from the next epoch on.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Copy the ledger of a network from the named peers into DIR.

    If it is interrupted, run it again: it continues.
    """
    from focusmesh.host.node import Peer, join_network

    screen, where = Screen(output), Folder(Path(folder))
    peers = [Peer.parse(text) for text in peer or []]
    wanted = _network_of(peers, network)
    with screen.progress() as progress:
        height = join_network(where, peers, wanted, by_snapshot, progress, never_voted=never_voted)
    if screen.as_json:
        screen.document({"path": folder, "network": wanted.hex(), "height": height})
    else:
        screen.lines([f"{folder}: network {wanted.hex()[:16]}…, height {height:,}"])
    screen.narrate(f"`focusmesh node start {folder}` follows it from here on")


@command
def peers(folder: LedgerFolder, output: Output, wait: Wait = 0.0) -> None:
    """List the peers of the node that runs on DIR: their keys, addresses, heights.

    With --wait: once it has one, and is as far as they are.
    """
    screen, where = Screen(output), Folder.existing(folder)

    def is_up(state: dict[str, Any]) -> bool:
        return bool(state["peers"]) and state["height"] >= state["target"]

    state = _state(where, wait, is_up)
    if screen.as_json:
        screen.document(state)
        return
    here = {name: state[name] for name in ("key", "address", "height")}
    rows = [
        (each["key"][:16] + "…", each["address"], f"{each['height']:,}")
        for each in [here, *state["peers"]]
    ]
    screen.table([Column("peer"), Column("address"), Column("height", right=True)], rows)
    screen.narrate(f"{count_of(len(rows) - 1, 'peer')}; the first line is this node")
    if state["trouble"]:
        screen.narrate(f"trouble: {state['trouble']}")


@command
def validators(folder: LedgerFolder, output: Output) -> None:
    """List the validators of the next block and their shares of the vote.

    It says with which of them the node is connected.
    """
    from focusmesh.host.node import validators_document

    screen, where = Screen(output), Folder.existing(folder)
    with open_ledger(folder) as shared:
        document = validators_document(where, shared.reading())
    if screen.as_json:
        screen.document(document)
        return
    here = {True: "yes", False: "no", None: ""}
    rows = [
        (
            each["key"][:16] + "…",
            f"{each['bond']:,}",
            f"{each['delegated']:,}",
            f"{100 * each['share']:.1f} %",
            "yes" if each["votes"] else "no",
            here[each["present"]],
            "for ever" if each["tombstoned"] else "yes" if each["jailed"] else "",
        )
        for each in document["items"]
    ]
    numbers = [Column(name, right=True) for name in ("bond", "delegated", "share")]
    titles = [Column("validator"), *numbers]
    screen.table([*titles, Column("votes"), Column("present"), Column("jailed")], rows)
    screen.narrate(
        f"{document['agreement']}, epoch {document['epoch']}, height {document['height']:,}"
    )
    node = document["node"]
    if node is not None:
        ago, half = node["decided_ago_s"], node["finality_half_s"]
        words = [
            f"round {node['round']}",
            f"{100 * node['present_share']:.0f} % of the weight is present",
        ]
        words += [] if ago is None else [f"the last block was decided {ago:.0f} s ago"]
        words += [] if half is None else [f"half of the signals within {half:g} s"]
        screen.narrate(", ".join(words))
        stages = [f"{stage} {mean:.3f} s" for stage, mean in node["stage_means_s"].items()]
        if stages:
            screen.narrate(f"of which on average: {', '.join(stages)}")
        if node["trouble"]:
            screen.narrate(f"trouble: {node['trouble']}")


@command
def address(folder: LedgerFolder, output: Output, wait: Wait = 0.0) -> None:
    """Print the address for others' --peer: KEY@ADDRESS#NETWORK.

    The node must be running on DIR.
    """
    from focusmesh.host.node import Peer
    from focusmesh.protocol.gossip import Contact

    screen, where = Screen(output), Folder.existing(folder)
    state = _state(where, wait, lambda state: True)
    with open_ledger(folder) as shared:
        network = shared.reading().network
    here = Peer(Contact(bytes.fromhex(state["key"]), state["address"]), network)
    if screen.as_json:
        document = {"key": state["key"], "address": state["address"], "network": network.hex()}
        screen.document(document)
    else:
        screen.lines([str(here)])


def _state(folder: Folder, wait: float, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What the running node of a folder says of itself, once that ``holds`` or so many seconds are over."""
    from focusmesh.host.node import network_state

    until = time.monotonic() + wait
    while True:
        pid = serving(folder)
        state = network_state(folder)
        is_running = state is not None and state["process"] == pid
        if state is not None and is_running and holds(state):
            return state
        if time.monotonic() >= until:
            break
        time.sleep(SECONDS_BETWEEN_LOOKS)
    if state is not None and is_running:
        return state
    raise InputError(
        f"{folder.path}: no node of a network runs here; `focusmesh node start {folder.path} --listen ADDRESS` is one"
    )


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
