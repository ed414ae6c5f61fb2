"""Blocks: a header that commits to everything, a body that travels, and the chain of them.

May import: focusmesh.kernel.{availability,focus,runtime,state}, focusmesh.protocol, focusmesh.engine, the leaves; each
module only when one of its names is first asked for: reading a header loads no store. Start reading at chain.py, then
header.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.kernel.block.archive import Archived, ArchiveWriter, read_archive
    from focusmesh.kernel.block.arriving import Arriving
    from focusmesh.kernel.block.block import Block
    from focusmesh.kernel.block.body import Body, Outcome, body_of_parts
    from focusmesh.kernel.block.candidates import Candidates
    from focusmesh.kernel.block.chain import Chain
    from focusmesh.kernel.block.checking import (
        check_data_root,
        check_header,
        check_proof,
        square_of,
    )
    from focusmesh.kernel.block.decisions import check_decision
    from focusmesh.kernel.block.difference import Difference, VerifiedChain
    from focusmesh.kernel.block.electing import (
        electorate_bytes,
        epoch_end,
        epoch_of,
        read_electorate,
    )
    from focusmesh.kernel.block.genesis import Genesis, Grant
    from focusmesh.kernel.block.header import BLOCK_DOMAIN, FocusCertificate, Header
    from focusmesh.kernel.block.headers import HeaderChain, SignedHeader, read_signed_headers
    from focusmesh.kernel.block.making import (
        certificate_of,
        focus_entry,
        proposers_after,
        validators_hash,
    )
    from focusmesh.kernel.block.proposed import Proposed
    from focusmesh.kernel.block.rebuilding import Rebuilding, Rebuilt
    from focusmesh.kernel.block.records import restoring_of
    from focusmesh.kernel.block.rehearsing import Rehearsed, rehearsed
    from focusmesh.kernel.block.restoring import Restoring
    from focusmesh.kernel.block.rotations import proved_proposers
    from focusmesh.kernel.block.snapshot import Snapshots
    from focusmesh.kernel.block.upgrading import undo_chain_upgrade, upgrade_chain
    from focusmesh.kernel.block.verifying import first_difference, read_blocks, verify_chain

__all__ = [
    "BLOCK_DOMAIN",
    "ArchiveWriter",
    "Archived",
    "Arriving",
    "Block",
    "Body",
    "Candidates",
    "Chain",
    "Difference",
    "FocusCertificate",
    "Genesis",
    "Grant",
    "Header",
    "HeaderChain",
    "Outcome",
    "Proposed",
    "Rebuilding",
    "Rebuilt",
    "Rehearsed",
    "Restoring",
    "SignedHeader",
    "Snapshots",
    "VerifiedChain",
    "body_of_parts",
    "certificate_of",
    "check_data_root",
    "check_decision",
    "check_header",
    "check_proof",
    "electorate_bytes",
    "epoch_end",
    "epoch_of",
    "first_difference",
    "focus_entry",
    "proposers_after",
    "proved_proposers",
    "read_archive",
    "read_blocks",
    "read_electorate",
    "read_signed_headers",
    "rehearsed",
    "restoring_of",
    "square_of",
    "undo_chain_upgrade",
    "upgrade_chain",
    "validators_hash",
    "verify_chain",
]

_HOMES = {
    "focusmesh.kernel.block.archive": ("ArchiveWriter", "Archived", "read_archive"),
    "focusmesh.kernel.block.block": ("Block",),
    "focusmesh.kernel.block.body": ("Body", "Outcome", "body_of_parts"),
    "focusmesh.kernel.block.chain": ("Chain",),
    "focusmesh.kernel.block.checking": (
        "check_data_root",
        "check_header",
        "check_proof",
        "square_of",
    ),
    "focusmesh.kernel.block.difference": ("Difference", "VerifiedChain"),
    "focusmesh.kernel.block.genesis": ("Genesis", "Grant"),
    "focusmesh.kernel.block.header": ("BLOCK_DOMAIN", "FocusCertificate", "Header"),
    "focusmesh.kernel.block.headers": ("HeaderChain", "SignedHeader", "read_signed_headers"),
    "focusmesh.kernel.block.proposed": ("Proposed",),
    "focusmesh.kernel.block.rebuilding": ("Rebuilding", "Rebuilt"),
    "focusmesh.kernel.block.records": ("restoring_of",),
    "focusmesh.kernel.block.restoring": ("Restoring",),
    "focusmesh.kernel.block.snapshot": ("Snapshots",),
    "focusmesh.kernel.block.upgrading": ("undo_chain_upgrade", "upgrade_chain"),
    "focusmesh.kernel.block.verifying": ("first_difference", "read_blocks", "verify_chain"),
    "focusmesh.kernel.block.candidates": ("Candidates",),
    "focusmesh.kernel.block.electing": (
        "electorate_bytes",
        "epoch_end",
        "epoch_of",
        "read_electorate",
    ),
    "focusmesh.kernel.block.rotations": ("proved_proposers",),
    "focusmesh.kernel.block.making": (
        "certificate_of",
        "focus_entry",
        "proposers_after",
        "validators_hash",
    ),
    "focusmesh.kernel.block.rehearsing": ("Rehearsed", "rehearsed"),
    "focusmesh.kernel.block.arriving": ("Arriving",),
    "focusmesh.kernel.block.decisions": ("check_decision",),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
