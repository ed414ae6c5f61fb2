"""What ``focusmesh verify`` and ``focusmesh chain verify`` say of files of ours that are read to their last byte."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from focusmesh.engine.support import parallel
from focusmesh.errors import ParameterError
from focusmesh.host.storage import Folder, kind_of
from focusmesh.interface.cli.keys.keys import key_document
from focusmesh.interface.cli.ledger.backup import backup_document, told_backup
from focusmesh.interface.cli.shared.passphrase import (
    ask_passphrase,
    passphrase_given,
    passphrase_of,
)
from focusmesh.interface.cli.shared.table import count_of

if TYPE_CHECKING:
    from focusmesh.interface.cli.shared.screen import Screen


def verify_undamaged(where: str, passphrase_file: str | None, screen: Screen) -> None:
    """Reads a file or folder of ours to its last byte, and tells what it is. Raises ParameterError for others."""
    path = Path(where)
    kind = kind_of(path)
    if kind == "ledger":
        verify_whole_ledger(where, screen)
    elif kind == "backup":
        _verify_backup(path, screen)
    elif kind == "chain":
        _verify_archive(path, screen)
    elif kind == "graph":
        _verify_graph(path, screen)
    elif kind == "key":
        _verify_key(path, passphrase_file, screen)
    elif kind == "keys":
        _verify_keys(path, passphrase_file, screen)
    else:
        raise ParameterError(
            f"{where}: say CERTIFICATE for a graph, --header FILE for a receipt; alone, a promise can be checked, and "
            "a ledger, a backup, an exported chain, a saved graph, a sealed key or a folder of keys be read for damage"
        )


def verify_whole_ledger(where: str, screen: Screen) -> None:
    """Every page, every content, every block, every record of a ledger."""
    from focusmesh.host.storage import verify_ledger
    from focusmesh.protocol.world import SignaturePool

    with screen.progress() as progress, SignaturePool(parallel.thread_count()) as pool:
        verified = verify_ledger(Folder.existing(where), pool, progress)
    if screen.as_json:
        screen.document(
            {
                "network": verified.network.hex(),
                "height": verified.height,
                "block": verified.block.hex(),
                "records": verified.records,
                "base": verified.base,
            }
        )
    headers = f"headers 0 to {verified.height}, " if verified.base else ""
    span = f"{headers}blocks {verified.base} to {verified.height}"
    screen.lines([f"valid: {span}, the last one {verified.block.hex()}"])
    leading = "headers" if verified.base else "blocks"
    screen.narrate(
        f"every record is what the {leading} lead to: {count_of(verified.records, 'record')}"
    )


def _verify_backup(path: Path, screen: Screen) -> None:
    from focusmesh.host.storage import verify_backup

    with screen.progress() as progress:
        found = verify_backup(path, progress)
    _tell(screen, {"kind": "backup", **backup_document(found)}, told_backup(found))


def _verify_archive(path: Path, screen: Screen) -> None:
    from focusmesh.host.storage import verify_archive
    from focusmesh.protocol.world import SignaturePool

    with screen.progress() as progress, SignaturePool(parallel.thread_count()) as pool:
        chain = verify_archive(path, pool, progress)
    facts = {
        "kind": "chain",
        "network": chain.network.hex(),
        "height": chain.height,
        "block": chain.tip.id.hex(),
    }
    _tell(screen, facts, f"blocks 0 to {chain.height}, the last one {chain.tip.id.hex()}")


def _verify_graph(path: Path, screen: Screen) -> None:
    from focusmesh.engine.graph import Graph

    graph = Graph.open(path, verify=True)
    facts = {"kind": "graph", "particles": graph.particle_count, "links": graph.link_count}
    words = [count_of(graph.particle_count, "particle"), count_of(graph.link_count, "link")]
    _tell(screen, facts, ", ".join(words))


def _verify_key(path: Path, passphrase_file: str | None, screen: Screen) -> None:
    from focusmesh.host.storage import verify_key

    neuron = verify_key(path, passphrase_of(path.name, passphrase_file))
    _tell(screen, {"kind": "key", "neuron": neuron.hex()}, f"it opens, the key of {neuron.hex()}")


def _verify_keys(path: Path, passphrase_file: str | None, screen: Screen) -> None:
    from focusmesh.host.storage import verify_keys

    said = passphrase_given(passphrase_file)
    keys = verify_keys(path, lambda name: said or ask_passphrase(name, new=False))
    if screen.as_json:
        screen.document({"kind": "keys", "items": [key_document(key) for key in keys]})
    screen.lines(f"valid: {key.name} opens, the key of {key.neuron.hex()}" for key in keys)


def _tell(screen: Screen, facts: dict[str, Any], words: str) -> None:
    if screen.as_json:
        screen.document(facts)
    screen.lines([f"valid: {words}"])
