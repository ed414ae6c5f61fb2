"""Proofs of fraud beside a ledger: a file each, under the id of the block that it is against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import FileError, ProofError
from focusmesh.kernel.fraud import FRAUD_BYTES_MAX, fraud_block
from focusmesh.kernel.state import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.host.storage.ledger_folder import Folder

KEPT_MAX = 256
"""So many: who floods a node with proofs has made as many wrong blocks."""


def keep_fraud(folder: Folder, proof: bytes) -> bytes:
    """Keeps a proof that was verified, and says which block it is against. Raises ProofError ("fraud"), FileError."""
    block, where = fraud_block(proof), _where(folder)
    path = where / f"{block.hex()}.bin"
    beside = path.with_suffix(".part")
    try:
        where.mkdir(exist_ok=True)
        if not path.exists() and len(list(where.glob("*.bin"))) < KEPT_MAX:
            beside.write_bytes(proof)
            beside.replace(path)
            sync_folder(where)
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from error
    return block


def kept_frauds(folder: Folder) -> dict[bytes, bytes]:
    """All proofs that are kept, by the block that each is against; files that are none are passed over."""
    found: dict[bytes, bytes] = {}
    for path in sorted(_where(folder).glob("*.bin"))[:KEPT_MAX]:
        try:
            data = path.read_bytes()[: FRAUD_BYTES_MAX + 1]
            found[fraud_block(data)] = data
        except (OSError, ProofError):
            continue
    return found


def _where(folder: Folder) -> Path:
    return folder.path / "fraud"
