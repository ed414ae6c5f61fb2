"""A ledger as a graph: reads come from memory, edits are signed signals that return when their block is durable.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.kernel.session.bulk import Links as Links
    from focusmesh.kernel.session.column_updates import FollowedColumns as FollowedColumns
    from focusmesh.kernel.session.columns import columns_of as columns_of
    from focusmesh.kernel.session.columns import graph_of as graph_of
    from focusmesh.kernel.session.columns import root_of as root_of
    from focusmesh.kernel.session.columns import shown_names as shown_names
    from focusmesh.kernel.session.erasure import Mentions as Mentions
    from focusmesh.kernel.session.erasure import mentions as mentions
    from focusmesh.kernel.session.graph import Ledger as Ledger
    from focusmesh.kernel.session.graph import LedgerGraph as LedgerGraph
    from focusmesh.kernel.session.packets import OperationBatch as OperationBatch
    from focusmesh.kernel.session.packets import Signer as Signer
    from focusmesh.kernel.session.packets import Step as Step
    from focusmesh.kernel.session.particle_names import NAME_BYTES_MAX as NAME_BYTES_MAX
    from focusmesh.kernel.session.particle_names import TEXT_BYTES_MAX as TEXT_BYTES_MAX
    from focusmesh.kernel.session.particle_names import Particle as Particle
    from focusmesh.kernel.session.particle_names import name_of as name_of
    from focusmesh.kernel.session.particle_names import particle as particle
    from focusmesh.kernel.session.programs import ProgramStep as ProgramStep
    from focusmesh.kernel.session.programs import program_step as program_step
    from focusmesh.kernel.session.queries import LedgerLink as LedgerLink
    from focusmesh.kernel.session.queries import canonical as canonical
    from focusmesh.kernel.session.queries import links_between as links_between
    from focusmesh.kernel.session.ranks import Ranking as Ranking
    from focusmesh.kernel.session.ranks import ranking as ranking
    from focusmesh.kernel.session.session import Placed as Placed
    from focusmesh.kernel.session.session import Sender as Sender
    from focusmesh.kernel.session.session import Session as Session
    from focusmesh.kernel.session.steps import link_step as link_step
    from focusmesh.kernel.session.steps import property_step as property_step
    from focusmesh.kernel.session.steps import put_step as put_step
    from focusmesh.kernel.session.steps import rotate_step as rotate_step
    from focusmesh.kernel.session.steps import unlink_step as unlink_step
else:
    __getattr__, __dir__ = lazily(__name__)
