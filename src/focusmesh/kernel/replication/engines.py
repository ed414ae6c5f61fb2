"""The engine of an epoch, where voters agree: built of what the chain, the pledge book and the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.block import epoch_end
from focusmesh.kernel.consensus import Quorum
from focusmesh.kernel.replication.beginnings import anchor_of, travelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.consensus import Decision, Electorate, Pace, Pledge
    from focusmesh.protocol.identity import SigningKey


def begun_engine(
    chain: Chain,
    electorate: Electorate,
    epoch: int,
    key: SigningKey,
    decision: Decision | None,
    moved: Sequence[bytes],
    pledges: Sequence[Pledge],
    pace: Pace,
) -> Quorum:
    """That of a voter. ``decision`` is the epoch's last one, ``moved`` what travelled with the last decided motions."""
    return Quorum(
        chain.network,
        electorate,
        anchor_of(chain, epoch),
        key,
        rank=electorate.weight,
        epoch=epoch,
        decision=decision,
        cut=next((each for each in moved if travelled(each, decision)), None),
        pledges=pledges,
        last_height=epoch_end(epoch, chain.parameters),
        pace=pace,
    )
