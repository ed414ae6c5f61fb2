"""Counting: how much of the weight of those who vote approves of a proposal, or is ready for a set of operations."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.state.accounts.bonds import first_key
from focusmesh.kernel.state.accounts.epochs import read_epoch
from focusmesh.kernel.state.key_space import CHANGE_PREFIX
from focusmesh.kernel.state.staking.weights import own_voices
from focusmesh.kernel.state.votes.proposals import read_votes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from focusmesh.kernel.state.staking.leaves import EndLeaves
    from focusmesh.kernel.state.votes.proposals import ChangeProposal, ChangeVote

_READY = CHANGE_PREFIX + b"ready/"
NO_MIGRATION_ROOT = bytes(32)
"""What whoever is ready names where a change has no migration."""


class ChangeCount(NamedTuple):
    """``approving`` of ``total`` weight, more than two thirds of it since the block of ``height`` (0: it is less)."""

    approving: int
    total: int
    height: int

    @property
    def is_weighty(self) -> bool:
        """Whether a third or more approves."""
        return 3 * self.approving >= self.total

    @property
    def has_passed(self) -> bool:
        """Whether more than two thirds approve."""
        return is_quorum(self.approving, self.total)


def is_quorum(weight: int, total: int) -> bool:
    """Whether that is more than two thirds of the total."""
    return 3 * weight > 2 * total


def electors_of(
    get: Callable[[bytes], bytes | None], weights: Mapping[bytes, int]
) -> dict[bytes, int]:
    """Who votes with what weight, by first keys; ``weights`` are by the keys that sign. O(validators · log n)."""
    return {first_key(get, key): weight for key, weight in weights.items()}


def count_votes(
    state: EndLeaves, proposal: ChangeProposal, electors: Mapping[bytes, int], first_height: int
) -> ChangeCount:
    """The votes on a proposal with the weights of ``electors``, in an epoch that began at ``first_height``.

    What a neuron delegated counts with its own vote where it voted itself, else with that of its validator. Votes of
    earlier epochs count as if they came with its first block: only then had they these weights.
    """
    weights: Counter[int] = Counter()
    votes = list(read_votes(state.scan, proposal.id))
    voices = _voices(state, votes, electors)
    for vote in votes:
        if vote.approves:
            weights[max(vote.height, first_height)] += voices[vote.neuron]
    total, approving, height = sum(electors.values()), 0, 0
    for at, weight in sorted(weights.items()):
        approving += weight
        height = height or (at if is_quorum(approving, total) else 0)
    return ChangeCount(approving, total, height)


def _voices(
    state: EndLeaves, votes: Iterable[ChangeVote], electors: Mapping[bytes, int]
) -> Counter[bytes]:
    """The weight of each that voted: what it votes with, without what its delegators took along, and what it took.

    O(votes · validators of one neuron · log n).
    """
    voices, epoch = Counter(electors), read_epoch(state.get)
    number = 0 if epoch is None else epoch.number
    for vote in votes:
        for validator, voice in own_voices(state.get, vote.neuron, number, electors).items():
            voices[validator] -= voice
            voices[vote.neuron] += voice
    return voices


def ready_key(operations: bytes, neuron: bytes) -> bytes:
    """Where it stands that a neuron is ready for a set of operations, and with which root."""
    return _READY + operations + neuron


def read_ready(
    scan: Callable[[bytes], Iterator[tuple[bytes, bytes]]], operations: bytes
) -> Iterator[tuple[bytes, bytes]]:
    """Who is ready for a set of operations, and the root that its own migrations gave, by rising neuron."""
    prefix = _READY + operations
    for key, root in scan(prefix):
        yield key[len(prefix) :], root


def is_ready(ready: Iterable[tuple[bytes, bytes]], electors: Mapping[bytes, int]) -> bool:
    """Whether more than two thirds of the weight are ready with one and the same root."""
    weights: Counter[bytes] = Counter()
    for neuron, root in ready:
        weights[root] += electors.get(neuron, 0)
    return is_quorum(max(weights.values(), default=0), sum(electors.values()))


def forget_ready(state: EndLeaves, operations: bytes) -> None:
    """Lets go of who was ready for a set of operations."""
    for neuron, _ in list(read_ready(state.scan, operations)):
        state.delete_entry(ready_key(operations, neuron))
