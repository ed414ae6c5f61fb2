"""Two sources asked for one block, where a key makes blocks: a key that signs two chains shows itself by that.

A client that trusts a key believes it also after it handed the ledger over, until it sees the hand-over. So where one
source has another block at the height that is final here, the two are made into a proof that the key lied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.host.light.header_search import header_at, last_height, only_header
from focusmesh.kernel.block import Header
from focusmesh.kernel.light import StrayBlock, find_stray_block
from focusmesh.kernel.state import SOLO

if TYPE_CHECKING:
    from focusmesh.host.light.share_sources import Source
    from focusmesh.kernel.block import SignedHeader


def stray_block(here: Source, other: Source, final: Header) -> StrayBlock | None:
    """A proof against the key that made ``final``, which ``here`` has and ``other`` has not; None where there is none.

    Raises what the sources refuse. O(log blocks) questions.
    """
    height = final.height
    if not height or other.tip() < height or here.tip() < height:
        return None
    ours, theirs = only_header(here, height), only_header(other, height)
    own, contrary = Header.decode(ours.header), Header.decode(theirs.header)
    if own.id != final.id or contrary.id == final.id or contrary.height != height:
        return None
    if contrary.engine == SOLO:
        return find_stray_block(ours, ours, [theirs])
    handed = last_height(1, height, lambda at: header_at(other, at).engine == SOLO)
    last, behind = (only_header(other, at) for at in (handed, handed + 1))
    return find_stray_block(last, behind, _signed_beside(here, handed, height))


def _signed_beside(source: Source, handed: int, height: int) -> list[SignedHeader]:
    """What the key signed at the height of a hand-over, and behind it."""
    return [only_header(source, at) for at in range(handed, min(handed + 1, height) + 1)]
