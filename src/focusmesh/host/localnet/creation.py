"""A localnet is made: free ports, throwaway keys, one genesis, and in every node's folder the ledger of that."""

from __future__ import annotations

import os
import random
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

from focusmesh.errors import FileError, FocusmeshError, ParameterError
from focusmesh.host.keys import Keystore
from focusmesh.host.localnet.folder import HOST, NODES_MAX, USER, NodePlan, Plan
from focusmesh.host.node import Peer, node_key, remember_peers
from focusmesh.host.private_files import write_private
from focusmesh.host.storage import STAKE, create, milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.host.localnet.folder import Agreement, NetFolder
    from focusmesh.kernel.block import Grant
    from focusmesh.kernel.state import Parameters
    from focusmesh.protocol.identity import SigningKey

PORTS_A_NODE = 3
PORTS = range(10_240, 32_768)
"""Systems lend none of these to connections, as they are set up: a node that begins again finds its own free."""
_PORTS_TRIED = 256
USER_BALANCE = 10**12
BOND = 10**9
"""What each validator has bonded at the beginning."""
EPOCH_BLOCKS = 50
"""Short, so that epochs end while somebody looks."""
VALIDATOR = "voter"
"""What a node's own key is called in its keystore."""


def make_net(
    folder: NetFolder, nodes: int, agreement: Agreement, links: int, base_port: int | None
) -> Plan:
    """Makes all files of a localnet in a folder that has none of them; nothing runs yet.

    With ``solo`` the first node makes the blocks, otherwise all vote with equal stakes. Raises ParameterError for a
    number of nodes or ports that cannot be, FileError where the folder holds something or cannot be written.
    """
    if not 1 <= nodes <= NODES_MAX:
        raise ParameterError(f"--nodes must be 1 to {NODES_MAX} on one machine, not {nodes}")
    _begin_folder(folder)
    passphrase = os.urandom(16).hex()
    write_private(folder.passphrase, passphrase.encode() + b"\n")
    names = [f"node-{number}" for number in range(1, nodes + 1)]
    voting = names[:1] if agreement == "solo" else names
    keys = {name: _new_key(folder.validator_keys(name), VALIDATOR, passphrase) for name in voting}
    user = _new_key(folder.keys, USER, passphrase)
    grants = _grants(user, list(keys.values()))
    parameters = network_parameters(agreement, [key.public for key in keys.values()])
    now = milliseconds()
    for name in names:
        create(folder.ledger(name), folder.path.name, parameters, grants, now)
        if name not in keys:
            folder.ledger(name).follows.touch()
    ports = free_ports(len(names), base_port)
    plan = Plan(
        agreement=agreement,
        network=_network(folder, names[0]),
        links=links,
        supply=sum(grant.balance + grant.stake for grant in grants),
        nodes=tuple(
            NodePlan(
                name=name,
                key=node_key(folder.ledger(name)).public.hex(),
                votes=name in keys,
                quic=quic,
                relay=relay,
                http=http,
            )
            for name, (quic, relay, http) in zip(names, ports, strict=True)
        ),
    )
    introduce(folder, plan)
    # What was made is a localnet from now on.
    folder.keep_plan(plan)
    folder.unfinished_mark.unlink()
    return plan


def introduce(folder: NetFolder, plan: Plan) -> None:
    """Every node of the plan knows where the others are reached."""
    for node in plan.nodes:
        others = [Peer.parse(other.contact) for other in plan.nodes if other is not node]
        if folder.ledger(node.name).path.is_dir():
            remember_peers(folder.ledger(node.name), others)


def network_parameters(agreement: Agreement, validators: Sequence[bytes]) -> Parameters:
    """Those of a network whose blocks these keys make, or decide. Raises ParameterError where none can agree so."""
    from focusmesh.host.storage import agreed_fields
    from focusmesh.kernel.state import Parameters

    if agreement == "solo":
        return Parameters(proposers=tuple(validators), minters=tuple(validators[:1]))
    fields = agreed_fields(agreement, dict.fromkeys(validators, BOND), EPOCH_BLOCKS)
    return Parameters(minters=tuple(validators[:1]), **fields)


def free_ports(nodes: int, base: int | None) -> list[tuple[int, int, int]]:
    """Three a node (for QUIC, its relay, HTTP): from ``base`` on, or of PORTS. Raises ParameterError, FileError."""
    if base is not None and not 1_024 <= base <= 65_536 - PORTS_A_NODE * nodes:
        raise ParameterError(
            f"--base-port {base}: there must be {PORTS_A_NODE * nodes} ports from it on, all from 1024 to 65535"
        )
    found: list[tuple[int, int, int]] = []
    # All stay open until the last one is found, so that none is found twice.
    with ExitStack() as opened:

        def take(kind: socket.SocketKind, number: int) -> int:
            wanted = random.sample(PORTS, _PORTS_TRIED) if base is None else [base + number]
            for port in wanted:
                probe = opened.enter_context(socket.socket(socket.AF_INET, kind))
                try:
                    probe.bind((HOST, port))
                except OSError as error:
                    probe.close()
                    why = error.strerror
                else:
                    return port
            where = f"port {wanted[0]}" if len(wanted) == 1 else f"any of {len(wanted)} ports"
            raise FileError(f"{HOST}: {where} cannot be used: {why}")

        for number in range(nodes):
            first = PORTS_A_NODE * number
            found.append(
                (
                    take(socket.SOCK_DGRAM, first),
                    take(socket.SOCK_DGRAM, first + 1),
                    take(socket.SOCK_STREAM, first + 2),
                )
            )
    return found


def _begin_folder(folder: NetFolder) -> None:
    try:
        # What a making that was killed has left is ours, everything else is not.
        folder.remove()
        folder.path.mkdir(parents=True, exist_ok=True)
        if any(folder.path.iterdir()):
            raise FileError(
                f"{folder.path}: is not empty; name a folder of its own for the network"
            )
        folder.unfinished_mark.touch()
        for path in (folder.logs, folder.path / "drills", folder.path / "nodes"):
            path.mkdir()
    except FocusmeshError:
        raise
    except OSError as error:
        raise FileError(f"{error.filename or folder.path}: {error.strerror}") from error


def _new_key(folder: os.PathLike[str], name: str, passphrase: str) -> SigningKey:
    """A throwaway key, whose passphrase lies beside it: sealing it dearly would keep nobody out."""
    from focusmesh.protocol.identity import SEAL_RANDOM_BYTES, SealCosts, SigningKey, seal_key

    key = SigningKey.generate(os.urandom(32))
    costs = SealCosts(passes=1, memory_kib=64, lanes=1)
    data = seal_key(
        key.seed, passphrase, os.urandom(SEAL_RANDOM_BYTES), public=key.public, costs=costs
    )
    store = Keystore(folder)
    store.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(store.free(name), data)
    return key


def _grants(user: SigningKey, validators: Sequence[SigningKey]) -> list[Grant]:
    from focusmesh.kernel.block import Grant

    return [
        Grant(user.public, USER_BALANCE, STAKE),
        *(Grant(key.public, USER_BALANCE, STAKE + BOND) for key in validators),
    ]


def _network(folder: NetFolder, name: str) -> str:
    from focusmesh.host.storage import OpenedChain

    opened = OpenedChain.of(folder.ledger(name))
    try:
        return opened.reading().network.hex()
    finally:
        opened.release()
