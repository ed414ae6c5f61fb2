"""The engine of an epoch, where voters agree: built of what the chain, the pledge book and the settings say."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from focusmesh.kernel.block import epoch_end
from focusmesh.kernel.consensus import Quorum, Simplex, Snowman
from focusmesh.kernel.replication.beginnings import anchor_of, travelled
from focusmesh.kernel.state import SNOWMAN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    rng: Callable[[int], bytes],
) -> Quorum:
    """That of a voter. ``decision`` is the epoch's last one, ``moved`` what travelled with the last decided motions."""
    by_samples = chain.parameters.agreed.kind == SNOWMAN
    return Quorum(
        chain.network,
        electorate,
        anchor_of(chain, epoch),
        key,
        order=partial(Snowman, rng=rng) if by_samples else Simplex,
        rank=electorate.weight,
        epoch=epoch,
        decision=decision,
        cut=next((each for each in moved if travelled(each, decision)), None),
        pledges=pledges,
        last_height=epoch_end(epoch, chain.parameters),
        pace=pace,
    )
