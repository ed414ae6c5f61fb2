"""The end of a block: whether it ends its epoch, and then what changes with the next one, written into its state.

Whoever makes a block, checks it or looks at what it comes to goes this one way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.block.chain.header_builder import parameters_bytes
from focusmesh.kernel.block.chain.validator_sets import validator_set_after
from focusmesh.kernel.state import (
    EPOCH_KEY,
    PARAMETERS_KEY,
    EndState,
    EpochEnd,
    EpochStart,
    Presence,
    StakeEpoch,
    change_version,
    electors_of,
    has_news,
    jail_absent,
    note_last_stake,
    note_votes,
    note_workers,
    pay_stake,
    settle_changes,
    settle_exits,
    window_ms,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.kernel.block.chain.chain_rules import ChainRules
    from focusmesh.kernel.consensus import ValidatorSet
    from focusmesh.kernel.state import BlockWrites, Parameters, StakingRules, StateOverlay


class BlockEnd(NamedTuple):
    """What a block leaves to the next one. ``ends_epoch``: that is of the next epoch.

    ``parameters`` hold for it; ``data`` are their bytes where they are others than before, else nothing. ``epoch`` is
    that of the next block where it is another and says so. ``validators`` vote on it; None where one key makes it.
    """

    ends_epoch: bool
    parameters: Parameters
    data: bytes
    epoch: EpochStart | None
    validators: ValidatorSet | None


class BlockMoment(NamedTuple):
    """A block that ends: its ``height`` and ``time``, the ``rules`` that hold for it, and who votes on it.

    ``electorate``: those who vote on it, or may make it, by the keys that sign, with their weights. ``workers``: the
    keys that it shows at work.
    """

    height: int
    time: int
    rules: ChainRules
    validators: ValidatorSet | None
    electorate: Mapping[bytes, int]
    workers: tuple[bytes, ...] = ()


def end_block(moved: BlockWrites, at: BlockMoment) -> BlockEnd:
    """What the block leaves, whose state ``moved`` is so far; parameters, epoch and bonds go into that state.

    O(1) within an epoch, at its end O(bonds · log bonds + proposals · votes).
    """
    before = at.rules.parameters
    _note_workers(moved, at)
    ends, after, epoch = _end_changing(moved, at) if before.can_change else _end_fixed(moved, at)
    data = b""
    if after is not before:
        data = parameters_bytes(after)
        moved.put_entry(PARAMETERS_KEY, data)
    if epoch is not None:
        moved.put_entry(EPOCH_KEY, epoch.encode())
    if ends and before.staking is not None:
        _end_staking(moved, at, before.staking, is_voted=after.agreement is not None)
    validators = at.validators
    if ends:
        if validators is not None:
            _jail_absent(moved, at)
        validators = validator_set_after(moved, at.time, validators, before, after)
    return BlockEnd(ends, after, data, epoch, validators)


def workers_of(working: StateOverlay) -> tuple[bytes, ...]:
    """The keys that a block shows at work: whoever made it, and in a halt all who vote, for nobody may say so then."""
    if working.is_halted:
        return tuple(working.electorate)
    return (working.proposer,) if working.proposer else ()


def _end_staking(
    moved: BlockWrites, at: BlockMoment, rules: StakingRules, *, is_voted: bool
) -> None:
    """Pays who voted in the epoch, by the rules that held in it, before anybody else is elected.

    ``is_voted``: whether validators decide the next epoch.
    """
    epoch, parameters = at.rules.epoch, at.rules.parameters
    assert epoch is not None, "a network that can change has a clock"
    electors = electors_of(moved.get, at.electorate) if parameters.agreement else {}
    end = StakeEpoch(epoch, at.time, rules, electors, window_ms(parameters))
    state = EndState(moved)
    pay_stake(state, end)
    settle_exits(state, end)
    note_votes(state, is_voted=is_voted)
    if parameters.agreement and not is_voted:
        note_last_stake(state, sum(electors.values()))


def _end_changing(
    moved: BlockWrites, at: BlockMoment
) -> tuple[bool, Parameters, EpochStart | None]:
    parameters, epoch = at.rules.parameters, at.rules.epoch
    assert epoch is not None, "a network that can change has a clock"
    is_over = epoch.ends_with(at.height, at.time, parameters)
    if not is_over and parameters.agreement is not None:
        return False, parameters, None
    end = EpochEnd(epoch, at.height, at.time, parameters, electors_of(moved.get, at.electorate))
    # One operator does not wait for a day to come: what it decides ends the epoch.
    if not is_over and not has_news(moved, end):
        return False, parameters, None
    return True, settle_changes(moved, end), epoch.next(at.height, at.time)


def _note_workers(moved: BlockWrites, at: BlockMoment) -> None:
    """From version 6 on it stands in the state who was seen at work."""
    epoch = at.rules.epoch
    if at.rules.parameters.staking is not None and at.validators is not None and epoch is not None:
        seen = Presence(epoch.number, at.time)
        note_workers(EndState(moved), at.electorate, at.workers, seen)


def _jail_absent(moved: BlockWrites, at: BlockMoment) -> None:
    """Who was away for too long is not elected, by the rules that hold for the epoch that ends."""
    rules, epoch = at.rules.parameters.staking, at.rules.epoch
    if rules is not None and epoch is not None:
        jail_absent(EndState(moved), at.electorate, Presence(epoch.number, at.time), rules)


def _end_fixed(moved: BlockWrites, at: BlockMoment) -> tuple[bool, Parameters, EpochStart | None]:
    parameters = at.rules.parameters
    length = 1 if parameters.agreement is None else parameters.agreement.epoch_blocks
    if at.height % length:
        return False, parameters, None
    after = change_version(moved, parameters, at.electorate)
    if after is parameters:
        return True, parameters, None
    number = 1 if parameters.agreement is None else at.height // length + 1
    return True, after, EpochStart(number, at.height + 1, at.time)
