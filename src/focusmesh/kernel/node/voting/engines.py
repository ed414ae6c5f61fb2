"""The engine of an epoch, where validators agree: built of what the chain, the vote log and the settings say."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from focusmesh.kernel.consensus import (
    QUORUM_ENGINE,
    BatchedEngine,
    Simplex,
    Snowman,
    TwoPhaseSnowman,
)
from focusmesh.kernel.node.voting.engine_start import anchor_of, has_travelled
from focusmesh.kernel.state import SNOWMAN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.consensus import Decision, Orderer, Pace, ValidatorSet, VoteRecord
    from focusmesh.kernel.state import Parameters
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
    return BatchedEngine(
        chain.network,
        validator_set,
        anchor_of(chain, epoch),
        key,
        order=_orderer(chain.parameters, rng),
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


def _orderer(parameters: Parameters, rng: Callable[[int], bytes]) -> Callable[..., Orderer]:
    """What orders blocks. Where the engine may change, slots name it, and Snowman decides in two phases."""
    if parameters.required_agreement.kind == SNOWMAN:
        return partial(TwoPhaseSnowman if parameters.can_change else Snowman, rng=rng)
    return partial(Simplex, engine=QUORUM_ENGINE) if parameters.can_change else Simplex
