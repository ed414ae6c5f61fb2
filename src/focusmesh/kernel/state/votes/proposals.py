"""Proposals to change the rules of a network, and the votes on them, as leaves of the state.

Below ``/kv/change/``: ``open/`` ‖ id: a proposal; ``vote/`` ‖ id ‖ neuron: dag-cbor of ``[approves, height]``;
``of/`` ‖ neuron: the id of its own proposal that is voted on; ``set/`` ‖ digest: the id of the proposal that names
this set of operations; ``number``: how many there were. Neurons are named by their first keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.kernel.state.accounts.parameter_bounds import ParameterValue, read_changes
from focusmesh.kernel.state.key_space import CHANGE_PREFIX
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.kernel.state.staking.leaves import EndLeaves

_DOMAIN = "focusmesh/change-proposal/1"
_OPEN, _VOTE = CHANGE_PREFIX + b"open/", CHANGE_PREFIX + b"vote/"
_OF, _SET = CHANGE_PREFIX + b"of/", CHANGE_PREFIX + b"set/"
PROPOSAL_NUMBER_KEY = CHANGE_PREFIX + b"number"


class ChangeProposal(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What ``neuron`` proposed in the block of ``height``, in ``epoch``; ``number`` counts all proposals.

    ``changes``: bytes as ``read_changes`` reads them. ``operations``: the digest of a set that ``release`` is the first
    to have, or nothing; ``migrations`` are then run before its first block. It becomes law in ``from_epoch`` at the
    earliest. ``agreement``: who decides blocks then, as ``read_agreement`` reads it, or nothing. ``is_weighty``: a
    third approved once. ``passed_epoch``: where more than two thirds did, 0 before; ``passed_height`` is the block
    with which they did.
    """

    neuron: bytes
    number: int
    height: int
    epoch: int
    changes: bytes
    operations: bytes
    release: str
    migrations: tuple[str, ...]
    from_epoch: int
    deposit: int
    is_weighty: bool = False
    passed_epoch: int = 0
    passed_height: int = 0
    agreement: bytes = b""

    @property
    def id(self) -> bytes:
        """The digest of what was proposed, by whom and when; whoever votes on it votes on all of that."""
        fields = (self.neuron, self.number, self.height, self.epoch, self.changes, self.operations)
        rest = (self.release, list(self.migrations), self.from_epoch, self.deposit)
        more = (self.agreement,) if self.agreement else ()
        return digest(encode([_DOMAIN, *fields, *rest, *more]))

    @property
    def is_law(self) -> bool:
        """Whether it was voted for, and waits for its epoch, or for validators who are ready."""
        return self.passed_epoch > 0

    @property
    def values(self) -> tuple[tuple[str, ParameterValue], ...]:
        """The parameters that it changes."""
        return read_changes(self.changes)

    @property
    def names(self) -> frozenset[str]:
        """What it changes, a set of operations and an agreement by the names of their fields."""
        more = [name for name in ("operations", "agreement") if getattr(self, name)]
        return frozenset((*(name for name, _ in self.values), *more))

    def encode(self) -> bytes:
        """The leaf's value; one that names no agreement has no field for it."""
        fields = msgspec.to_builtins(self, builtin_types=(bytes,))
        return encode(fields if self.agreement else fields[:-1])

    @classmethod
    def decode(cls, value: bytes) -> ChangeProposal:
        """The proposal in a leaf's value, which came out of the state."""
        return msgspec.convert(decode(value), cls, builtin_types=(bytes,))


class ChangeVote(NamedTuple):
    """What a neuron said of a proposal, last in the block of ``height``."""

    neuron: bytes
    approves: bool
    height: int


def proposal_key(change: bytes) -> bytes:
    """Where a proposal is, by its id."""
    return _OPEN + change


def vote_key(change: bytes, neuron: bytes) -> bytes:
    """Where the vote of a neuron on a proposal is."""
    return _VOTE + change + neuron


def own_proposal_key(neuron: bytes) -> bytes:
    """Where it stands which proposal of a neuron is voted on."""
    return _OF + neuron


def set_proposal_key(operations: bytes) -> bytes:
    """Where it stands which proposal names a set of operations."""
    return _SET + operations


def vote_value(vote: ChangeVote) -> bytes:
    """The leaf's value of a vote."""
    return encode([vote.approves, vote.height])


def read_proposal(get: Callable[[bytes], bytes | None], change: bytes) -> ChangeProposal | None:
    """The proposal of an id in a state of which ``get`` gives values; None where there is none, or none any more."""
    value = get(proposal_key(change))
    return None if value is None else ChangeProposal.decode(value)


def read_proposals(scan: Callable[[bytes], Iterator[tuple[bytes, bytes]]]) -> list[ChangeProposal]:
    """All proposals that are voted on or wait, in the order in which they were made. O(proposals)."""
    found = [ChangeProposal.decode(value) for _, value in scan(_OPEN)]
    return sorted(found, key=lambda each: each.number)


def read_votes(
    scan: Callable[[bytes], Iterator[tuple[bytes, bytes]]], change: bytes
) -> Iterator[ChangeVote]:
    """The votes on a proposal, by rising neuron."""
    for key, value in scan(_VOTE + change):
        approves, height = decode(value)
        yield ChangeVote(key[len(_VOTE) + DIGEST_BYTES :], bool(approves), int(height))


def close_proposal(state: EndLeaves, proposal: ChangeProposal) -> None:
    """Takes a proposal out of the state, with its votes and what names it."""
    change = proposal.id
    for vote in list(read_votes(state.scan, change)):
        state.delete_entry(vote_key(change, vote.neuron))
    free_author(state, proposal)
    if proposal.operations and state.get(set_proposal_key(proposal.operations)) == change:
        state.delete_entry(set_proposal_key(proposal.operations))
    state.delete_entry(proposal_key(change))


def free_author(state: EndLeaves, proposal: ChangeProposal) -> None:
    """Whose proposal is voted on no more may make another."""
    key = own_proposal_key(proposal.neuron)
    if state.get(key) == proposal.id:
        state.delete_entry(key)
