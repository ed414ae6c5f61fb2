"""What an engine begins with: where its turn of an epoch began, and what was decided in it already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.block import read_recovery
from focusmesh.kernel.consensus import (
    Anchor,
    Decision,
    Recovery,
    data_digest,
    epoch_of_number,
    turn_of_number,
)

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain


def newest_recovery(chain: Chain) -> Recovery | None:
    """The statement by which the turn began that the epoch of the next block is in; None in its first turn.

    It was applied here, or decisions show it. One for a block that is not here yet counts as none.
    """
    with chain.reading() as reader:
        applied = read_recovery(reader)
    decision = newest_decision(chain, chain.epoch)
    shown = b"" if decision is None else decision.recovery
    found = [Recovery.from_bytes(each) for each in (applied, shown) if each]
    mine = [each for each in found if epoch_of_number(each.start.number) == chain.epoch]
    here = [each for each in mine if each.start.height <= chain.height]
    return max(here, key=lambda each: each.start.number, default=None)


def number_of(chain: Chain) -> int:
    """What votes on the next block call its epoch."""
    recovery = newest_recovery(chain)
    return chain.epoch if recovery is None else recovery.start.number


def anchor_of(chain: Chain, number: int) -> Anchor:
    """The block behind which votes of this number begin: the last one of the epoch before, or as a statement says."""
    if turn_of_number(number):
        recovery = newest_recovery(chain)
        if recovery is None or recovery.start.number != number:
            raise ProofError("recovery", f"no statement here begins the votes of {number}")
        return Anchor(recovery.start.height, recovery.start.block)
    height = chain.epoch_start(number) - 1
    return Anchor(height, chain.header(height).id)


def newest_decision(chain: Chain, epoch: int) -> Decision | None:
    """The newest one from an epoch on, None where there is none yet. A block may be covered by that of a later one."""
    for height in range(chain.height, chain.epoch_start(epoch) - 1, -1):
        decision = chain.decision_of(height)
        if decision:
            return Decision.from_bytes(decision)
    return None


def last_decision(chain: Chain, number: int) -> Decision | None:
    """The newest one, if it is by votes of this number."""
    found = newest_decision(chain, epoch_of_number(number))
    return found if found is not None and found.proposal.epoch == number else None


def with_statement(chain: Chain, decision: Decision) -> Decision:
    """A decision as strangers can check it: with the statement by which the turn of its votes began, if it is one."""
    if not turn_of_number(decision.proposal.epoch):
        return decision
    recovery = newest_recovery(chain)
    return decision if recovery is None else replace(decision, recovery=recovery.to_bytes())


def has_travelled(data: bytes, decision: Decision | None) -> bool:
    """Whether these bytes travelled with a decided proposal."""
    return decision is not None and data_digest(data) == decision.proposal.data
