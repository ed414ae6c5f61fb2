"""The state of one node, rebuilt from its leaves on a disk of one's own, and the focus from its links."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.support.progress import Throttle
from focusmesh.errors import BlockError, ProofError
from focusmesh.host.monitor.api import hexadecimal
from focusmesh.ids import digest

if TYPE_CHECKING:
    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.monitor.api import NodeApi
    from focusmesh.kernel.block import Header, RebuiltState
    from focusmesh.kernel.state import Parameters


class RebuiltNode(NamedTuple):
    """A state that is what its header says: all of ``rebuilt`` was worked out here."""

    height: int
    block: bytes
    rebuilt: RebuiltState
    pages: int
    byte_count: int
    seconds: float


def rebuilt_node(
    api: NodeApi, height: int | None = None, progress: Progress | None = None
) -> RebuiltNode:
    """Rebuilds what a node has, of the last block with a focus of its own or of ``height``.

    Pages go to a temporary folder; in memory are some 500 bytes a link, all together. Raises FileError where it does
    not answer, and what differs first: ProofError ("answer", "snapshot-…", and those of proofs), BlockError
    ("difference", "proof", "state-root", "supply", "focus-…").
    """
    from focusmesh.kernel.block import StateRebuild
    from focusmesh.kernel.state import LmdbStore

    began = time.monotonic()
    told = api.snapshot(height)
    if told.height is None:
        raise ProofError("answer", "the node offers a snapshot without a block's height")
    header = _header(api, told.height, hexadecimal(told.header_bytes, "the header"))
    parameters = _parameters(api, header)
    with tempfile.TemporaryDirectory(prefix="focusmesh-monitor-") as folder:
        store = LmdbStore(Path(folder, "store"))
        try:
            manifest = hexadecimal(told.manifest, "the manifest")
            rebuilding = StateRebuild(store, header, manifest, parameters)
            taken, total = rebuilding.progress
            throttle = Throttle(progress, f"rebuilding {api.url}", total, "pages")
            byte_count = len(manifest)
            for number in rebuilding.missing():
                page = api.page(header.height, number)
                rebuilding.take(number, page)
                byte_count, taken = byte_count + len(page), taken + 1
                throttle.at(taken)
            throttle.finish(total)
            rebuilt = rebuilding.finish()
        finally:
            store.close()
    return RebuiltNode(
        header.height, header.id, rebuilt, taken, byte_count, time.monotonic() - began
    )


def _header(api: NodeApi, height: int, said: bytes) -> Header:
    """The header of the block that the node serves, signed by its proposer, and the same as with the snapshot."""
    from focusmesh.kernel.block import Header, check_proof

    block = api.block(height)
    header = Header.decode(hexadecimal(block.header_bytes, "the header"))
    if (header.height, header.id.hex()) != (height, block.id):
        raise BlockError("difference", f"block {height} is served under another id than its own")
    if said != header.encode():
        raise BlockError(
            "difference", f"the snapshot of block {height} has another header than the block"
        )
    if height:
        check_proof(header, hexadecimal(block.proof, "the signature"))
    return header


def _parameters(api: NodeApi, header: Header) -> Parameters:
    """Those that hold for the block: its header has their digest. Raises ProofError.

    They stand in its own state, and where they change with the next block in that of the block before alone.
    """
    from focusmesh.kernel.block import read_parameters
    from focusmesh.kernel.state import PARAMETERS_KEY, decode_proof, verify_membership

    told = api.proof(PARAMETERS_KEY, header.height)
    value = hexadecimal(told.value or "", "the parameters")
    proof = decode_proof(hexadecimal(told.proof, "a proof"))
    verify_membership(header.state_root, proof, PARAMETERS_KEY, value)
    if digest(value) != header.params_hash and header.height:
        told = api.proof(PARAMETERS_KEY, header.height - 1)
        value = hexadecimal(told.value or "", "the parameters")
    return read_parameters(value, header)
