"""A ledger as a graph: reads come from memory, edits are signed signals that return when their block is durable.

May import: focusmesh.kernel.{block,receipts,runtime,state}, focusmesh.protocol, focusmesh.engine and the leaves.
Start reading at graph.py, then session.py and packets.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.kernel.session.asking import LedgerLink, canonical, links_between
    from focusmesh.kernel.session.bulk import Links
    from focusmesh.kernel.session.columns import columns_of, graph_of, named, root_of
    from focusmesh.kernel.session.following import FollowedColumns
    from focusmesh.kernel.session.forgetting import Mentions, mentions
    from focusmesh.kernel.session.graph import Ledger, LedgerGraph
    from focusmesh.kernel.session.naming import (
        NAME_BYTES_MAX,
        TEXT_BYTES_MAX,
        Particle,
        is_cid,
        name_of,
        particle,
    )
    from focusmesh.kernel.session.packets import Batch, Signer, Step
    from focusmesh.kernel.session.programs import ProgramStep, program_step
    from focusmesh.kernel.session.ranks import Ranking, ranking
    from focusmesh.kernel.session.session import Placed, Sender, Session
    from focusmesh.kernel.session.steps import (
        link_step,
        property_step,
        put_step,
        rotate_step,
        unlink_step,
    )

__all__ = [
    "NAME_BYTES_MAX",
    "TEXT_BYTES_MAX",
    "Batch",
    "FollowedColumns",
    "Ledger",
    "LedgerGraph",
    "LedgerLink",
    "Links",
    "Mentions",
    "Particle",
    "Placed",
    "ProgramStep",
    "Ranking",
    "Sender",
    "Session",
    "Signer",
    "Step",
    "canonical",
    "columns_of",
    "graph_of",
    "is_cid",
    "link_step",
    "links_between",
    "mentions",
    "name_of",
    "named",
    "particle",
    "program_step",
    "property_step",
    "put_step",
    "ranking",
    "root_of",
    "rotate_step",
    "unlink_step",
]

_HOMES = {
    "focusmesh.kernel.session.asking": ("LedgerLink", "canonical", "links_between"),
    "focusmesh.kernel.session.bulk": ("Links",),
    "focusmesh.kernel.session.columns": ("columns_of", "graph_of", "named", "root_of"),
    "focusmesh.kernel.session.following": ("FollowedColumns",),
    "focusmesh.kernel.session.forgetting": ("Mentions", "mentions"),
    "focusmesh.kernel.session.graph": ("Ledger", "LedgerGraph"),
    "focusmesh.kernel.session.naming": (
        "NAME_BYTES_MAX",
        "TEXT_BYTES_MAX",
        "Particle",
        "is_cid",
        "name_of",
        "particle",
    ),
    "focusmesh.kernel.session.packets": ("Batch", "Signer", "Step"),
    "focusmesh.kernel.session.programs": ("ProgramStep", "program_step"),
    "focusmesh.kernel.session.ranks": ("Ranking", "ranking"),
    "focusmesh.kernel.session.session": ("Placed", "Sender", "Session"),
    "focusmesh.kernel.session.steps": (
        "link_step",
        "property_step",
        "put_step",
        "rotate_step",
        "unlink_step",
    ),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
