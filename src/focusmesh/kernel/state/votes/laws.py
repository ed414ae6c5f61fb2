"""What becomes of proposals at the end of an epoch: counted, passed, lapsed, and in force from the next block on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import ParameterError
from focusmesh.kernel.state.accounts.accounts import changed
from focusmesh.kernel.state.accounts.parameter_bounds import changed_parameters
from focusmesh.kernel.state.key_space import MIGRATION_KEY, OPERATIONS_KEY
from focusmesh.kernel.state.votes.agreement_change import (
    lock_first_bonds,
    note_waiting_agreement,
    release_bonds,
    with_agreement,
)
from focusmesh.kernel.state.votes.deposits import burn_deposit, return_deposit
from focusmesh.kernel.state.votes.proposals import (
    close_proposal,
    free_author,
    proposal_key,
    read_proposals,
)
from focusmesh.kernel.state.votes.recent_values import note_values, recent_values
from focusmesh.kernel.state.votes.vote_count import (
    count_votes,
    forget_ready,
    is_ready,
    read_ready,
)
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.kernel.state.accounts.epochs import EpochStart
    from focusmesh.kernel.state.accounts.parameters import Parameters
    from focusmesh.kernel.state.staking.leaves import EndLeaves
    from focusmesh.kernel.state.votes.proposals import ChangeProposal


class EpochEnd(NamedTuple):
    """The end of an ``epoch`` with a block of ``height`` and ``time``: ``parameters`` held, ``electors`` voted in it.

    Electors are by first keys, with their weights.
    """

    epoch: EpochStart
    height: int
    time: int
    parameters: Parameters
    electors: Mapping[bytes, int]

    @property
    def change_epochs(self) -> int:
        """At the ends of so many epochs votes are counted, and so many a law waits for who is ready."""
        return self.parameters.required_changes.change_epochs


def operations_value(operations: bytes, release: str) -> bytes:
    """The value at ``/kv/operations``: the digest of a set, and the release that is the first to have it."""
    return encode([operations, release])


def settle_changes(state: EndLeaves, end: EpochEnd) -> Parameters:
    """Counts votes, drops what has lapsed, and puts laws in force whose time has come: the parameters from then on.

    O(proposals · votes).
    """
    for proposal in read_proposals(state.scan):
        if not proposal.is_law:
            _count(state, end, proposal)
    parameters = end.parameters
    for law in _without_conflicts(state):
        if law.from_epoch <= end.epoch.number + 1:
            parameters = _enforce(state, end, law, parameters)
    waiting = [each for each in read_proposals(state.scan) if each.is_law and each.agreement]
    note_waiting_agreement(state, [each.agreement for each in waiting])
    return parameters


def has_news(state: EndLeaves, end: EpochEnd) -> bool:
    """Whether a proposal passes with the votes of now, or a law is in force that still waited for who is ready."""
    return any(
        # A law that waits for its epoch alone does not bring it about.
        each.from_epoch <= end.epoch.number and _is_due(state, end, each)
        if each.is_law
        else count_votes(state, each, end.electors, end.epoch.first_height).has_passed
        for each in read_proposals(state.scan)
    )


def _count(state: EndLeaves, end: EpochEnd, proposal: ChangeProposal) -> None:
    count = count_votes(state, proposal, end.electors, end.epoch.first_height)
    is_weighty = proposal.is_weighty or count.is_weighty
    if count.has_passed:
        passed = changed(
            proposal,
            is_weighty=True,
            passed_epoch=end.epoch.number,
            passed_height=count.height,
        )
        return_deposit(state, proposal)
        free_author(state, proposal)
        state.put_entry(proposal_key(proposal.id), passed.encode())
    elif end.epoch.number + 1 - proposal.epoch >= end.change_epochs:
        (return_deposit if is_weighty else burn_deposit)(state, proposal)
        _drop(state, proposal)
    elif is_weighty != proposal.is_weighty:
        state.put_entry(proposal_key(proposal.id), changed(proposal, is_weighty=True).encode())


def _without_conflicts(state: EndLeaves) -> list[ChangeProposal]:
    """The laws in their order: of two over one name the later lapses."""
    laws = [each for each in read_proposals(state.scan) if each.is_law]
    taken: set[str] = set()
    kept = []
    for law in sorted(laws, key=lambda each: (each.passed_epoch, each.passed_height, each.number)):
        if taken.isdisjoint(law.names):
            kept.append(law)
            taken |= law.names
        else:
            _drop(state, law)
    return kept


def _is_due(state: EndLeaves, end: EpochEnd, law: ChangeProposal) -> bool:
    if law.from_epoch > end.epoch.number + 1:
        return False
    if not law.operations:
        return True
    # One set at a time: what the last one moves is moved first.
    is_free = state.get(MIGRATION_KEY) is None
    return is_free and is_ready(read_ready(state.scan, law.operations), end.electors)


def _enforce(
    state: EndLeaves, end: EpochEnd, law: ChangeProposal, parameters: Parameters
) -> Parameters:
    """The parameters with a law in force; without it where it still waits, or would break a bound by now."""
    if not _is_due(state, end, law):
        since = max(law.from_epoch, law.passed_epoch + 1)
        if end.epoch.number + 1 - since >= end.change_epochs:
            _drop(state, law)
        return parameters
    recent = recent_values(state.get, end.parameters, end.time)
    try:
        after = changed_parameters(parameters, law.values, recent)
        if law.agreement:
            after = _hand_over(state, end, law, after)
    except ParameterError:
        _drop(state, law)
        return parameters
    note_values(state, parameters, [name for name, _ in law.values], end.time)
    if law.operations:
        state.put_entry(OPERATIONS_KEY, operations_value(law.operations, law.release))
    if law.migrations:
        state.put_entry(MIGRATION_KEY, encode([list(law.migrations), b""]))
    _drop(state, law)
    return after


def _hand_over(
    state: EndLeaves, end: EpochEnd, law: ChangeProposal, parameters: Parameters
) -> Parameters:
    """The parameters under which others decide; the first validators bond, or all bonds are on their way back."""
    after = with_agreement(parameters, law.agreement)
    if after.agreement is not None:
        lock_first_bonds(state, after.agreement, end.height, parameters)
    else:
        release_bonds(state)
    return after


def _drop(state: EndLeaves, proposal: ChangeProposal) -> None:
    close_proposal(state, proposal)
    if proposal.operations:
        forget_ready(state, proposal.operations)
