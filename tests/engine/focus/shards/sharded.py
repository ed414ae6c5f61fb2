"""What the tests of shards share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.focus.certificate.operator import IntegerOperator
from focusmesh.engine.focus.shards.exchange import Exchange, LocalExchange
from focusmesh.engine.focus.shards.partition import split
from focusmesh.engine.focus.shards.placement import Placing
from focusmesh.engine.focus.shards.steps import ShardedSteps

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import IndexArray


def sharded(
    operator: IntegerOperator, shard: IndexArray, count: int, exchange: Exchange | None = None
) -> IntegerOperator:
    """The operator by shards, ``shard`` saying where each solver position lives."""
    shards = split(operator.axons, Placing(shard, count))
    steps = ShardedSteps(shards, LocalExchange() if exchange is None else exchange)
    return IntegerOperator(operator.axons, operator.params, operator.teleport, steps)
