"""A light client with a file for what it trusts and sources that it asks: what a phone would run.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.host.light.client import LightClient as LightClient
    from focusmesh.host.light.client import LightStep as LightStep
    from focusmesh.host.light.follower import LightCounts as LightCounts
    from focusmesh.host.light.follower import followed_blocks as followed_blocks
    from focusmesh.host.light.sampling import SampledBlock as SampledBlock
    from focusmesh.host.light.sampling import newest_height as newest_height
    from focusmesh.host.light.sampling import repaired_block as repaired_block
    from focusmesh.host.light.sampling import sampled_block as sampled_block
    from focusmesh.host.light.share_sources import Source as Source
    from focusmesh.host.light.share_sources import header_of as header_of
    from focusmesh.host.light.share_sources import namespace_shares as namespace_shares
    from focusmesh.host.light.share_sources import roots_of as roots_of
    from focusmesh.host.light.share_sources import share_of as share_of
    from focusmesh.host.light.share_sources import source_of as source_of
    from focusmesh.host.light.trust_anchor import begin_at_block as begin_at_block
    from focusmesh.host.light.trust_anchor import begin_with_network as begin_with_network
    from focusmesh.host.light.trust_file import LightState as LightState
    from focusmesh.host.light.trust_file import read_state as read_state
    from focusmesh.host.light.trust_file import write_state as write_state
else:
    __getattr__, __dir__ = lazily(__name__)
