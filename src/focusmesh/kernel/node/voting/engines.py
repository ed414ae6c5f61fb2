"""The engine of an epoch, where validators agree: built of what the chain, the vote log and the settings say."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from focusmesh.kernel.consensus import BatchedEngine, Simplex, Snowman
from focusmesh.kernel.node.voting.engine_start import anchor_of, has_travelled
from focusmesh.kernel.state import SNOWMAN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.consensus import Decision, Pace, ValidatorSet, VoteRecord
    from focusmesh.protocol.identity import SigningKey


def begun_engine(
    chain: Chain,
    validator_set: ValidatorSet,
    epoch: int,
    key: SigningKey,
    decision: Decision | None,
    moved: Sequence[bytes],
    vote_records: Sequence[VoteRecord],
    pace: Pace,
    rng: Callable[[int], bytes],
) -> BatchedEngine:
    """That of a validator. ``decision`` is the epoch's last one, ``moved`` what came with the last proposals."""
    by_samples = chain.parameters.required_agreement.kind == SNOWMAN
    return BatchedEngine(
        chain.network,
        validator_set,
        anchor_of(chain, epoch),
        key,
        order=partial(Snowman, rng=rng) if by_samples else Simplex,
        rank=validator_set.weight,
        epoch=epoch,
        decision=decision,
        cut=next((each for each in moved if has_travelled(each, decision)), None),
        vote_records=vote_records,
        # Where time ends epochs the last block is known when it comes: nobody builds on it or votes for what does.
        last_height=None if chain.parameters.can_change else chain.epoch_end_most,
        pace=pace,
        weighs=True,
    )
