"""Two processes with one key for votes: an operator's worst mistake, and what it looks like when somebody lies."""

from __future__ import annotations

import time
from contextlib import contextmanager
from shutil import rmtree
from typing import TYPE_CHECKING

from focusmesh.errors import ParameterError
from focusmesh.host.keys import Keystore
from focusmesh.host.localnet.commands import run_command, wait_until
from focusmesh.host.localnet.creation import VALIDATOR
from focusmesh.host.localnet.desired_state import changed_wishes
from focusmesh.host.localnet.folder import USER
from focusmesh.host.localnet.parts import twin_of
from focusmesh.host.node import Peer, network_state, remember_peers, validators_document
from focusmesh.host.spool import Spool
from focusmesh.host.storage import OpenedChain
from focusmesh.kernel.node import next_nonce
from focusmesh.kernel.session import Signer, link_step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.host.localnet.folder import NetFolder, NodePlan
    from focusmesh.host.storage import Folder
    from focusmesh.protocol.packet import Packet

_TEMPTATIONS, _ALONE, _APART_SECONDS = 12, 3, 2.0


def make_twin(folder: NetFolder, node: NodePlan) -> None:
    """The ledger of a twin, from a backup: it knows nothing of what its other self has promised."""
    if not node.votes:
        raise ParameterError(
            f"{node.name}: only a node that votes or makes blocks can contradict itself"
        )
    ledger = folder.ledger(twin_of(node.name))
    backup = folder.path / "nodes" / f"{ledger.path.name}.backup"
    for path in (ledger.path, backup):
        rmtree(path, ignore_errors=True)
    own = str(folder.ledger(node.name).path)
    run_command(folder, ["node", "backup", own, f"--output={backup}", "--quiet"])
    run_command(folder, ["node", "restore", str(backup), str(ledger.path), "--quiet"])
    rmtree(backup, ignore_errors=True)
    others = [each for each in folder.plan().nodes if each.name != node.name]
    remember_peers(ledger, [Peer.parse(each.contact) for each in others])


def tempt(folder: NetFolder, node: NodePlan) -> None:
    """Gives a node and its twin something else each to sign at one time, until it costs the bond, or often enough.

    Meanwhile all others but one are cut off: what a quorum has seen already, nobody holds against what comes after it.
    Which of it ends in blocks is nobody's concern: whoever contradicts himself is not to be relied on.
    """
    twin = twin_of(node.name)
    ledger = folder.ledger(twin)
    wait_until(lambda: network_state(ledger) is not None, f"the twin of {node.name} is not begun")
    stores = {node.name: (folder.keys, USER), twin: (folder.validator_keys(node.name), VALIDATOR)}
    left = {
        name: _some_packets(folder, folder.ledger(name), Keystore(keys), key)
        for name, (keys, key) in stores.items()
    }
    others = [each.name for each in folder.plan().nodes if each.votes and each.name != node.name]
    witness = folder.ledger((others or [node.name])[0])
    before = _jailed_validators(witness)
    often = _TEMPTATIONS if before is not None else _ALONE
    for packets in list(zip(*left.values(), strict=True))[:often]:
        with _cut_off(folder, others[1:]):
            time.sleep(_APART_SECONDS / 4)
            for name, packet in zip(left, packets, strict=True):
                Spool(folder.ledger(name).spool).leave(packet)
            time.sleep(_APART_SECONDS)
        time.sleep(_APART_SECONDS)
        if before != _jailed_validators(witness):
            return


def _jailed_validators(ledger: Folder) -> set[str] | None:
    """The validators whose bonds were taken, as a node's ledger says; None where nobody votes."""
    opened = OpenedChain.of(ledger)
    try:
        chain = opened.reading()
        validators = (
            None if chain.validator_set is None else validators_document(ledger, chain)["items"]
        )
    finally:
        opened.release()
    return (
        None
        if validators is None
        else {validator["key"] for validator in validators if validator["jailed"]}
    )


@contextmanager
def _cut_off(folder: NetFolder, names: Sequence[str]) -> Iterator[None]:
    """Nodes that are not cut off already are, while the block runs."""
    with changed_wishes(folder) as wishes:
        found = [name for name in names if not wishes.of(name).is_cut]
        for name in found:
            wishes.of(name).is_cut = True
    try:
        yield
    finally:
        with changed_wishes(folder) as wishes:
            for name in found:
                wishes.of(name).is_cut = False


def _some_packets(folder: NetFolder, ledger: Folder, store: Keystore, name: str) -> list[Packet]:
    """Signals of one key, one after the other."""
    key = store.unlock(name, folder.passphrase.read_text(encoding="ascii").strip())
    opened = OpenedChain.of(ledger)
    try:
        chain = opened.reading()
        signer = Signer(key, chain.network, chain.parameters)
        steps = [
            link_step(
                f"said-by-{name}",
                f"at-{time.time_ns()}-{number}",
                None,
                chain.parameters.weight_unit,
            )
            for number in range(_TEMPTATIONS)
        ]
        first = next_nonce(chain, key.public)
        return [
            packet
            for number, step in enumerate(steps)
            for packet in signer.packets(
                signer.batches([step], lambda _: False), first + number, chain.height
            )
        ]
    finally:
        opened.release()
