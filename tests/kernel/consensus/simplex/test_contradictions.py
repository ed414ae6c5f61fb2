"""Which final motions exclude what is decided here: those that certainly follow something else, and no others."""

from __future__ import annotations

import pytest

from focusmesh.kernel.consensus import Proposal
from focusmesh.kernel.consensus.proposal import data_digest
from focusmesh.kernel.consensus.simplex.knowledge import Knowledge
from focusmesh.kernel.consensus.slots import VoteSlots
from tests.kernel.consensus.scheduling import NETWORK, validator_set

OTHER = b"other".ljust(32)
SUBJECTS = [bytes([number]) * 32 for number in range(9)]


def motion(round_: int, height: int, parent: Proposal | bytes, data: bytes = b"cut") -> Proposal:
    """A motion of block ``height``, unlike all others of its height."""
    before = parent if isinstance(parent, bytes) else parent.digest(NETWORK)
    return Proposal(1, round_, height, before, SUBJECTS[height], data_digest(data))


ROOT = motion(6, 6, bytes(32))


def contradicts(proposal: Proposal) -> bool:
    return Knowledge(VoteSlots(NETWORK, 1), validator_set((1,) * 4), ROOT).contradicts(proposal)


def test_the_next_block_after_the_last_decided_one_does_not() -> None:
    assert not contradicts(motion(7, 7, ROOT))


def test_the_next_block_after_another_one_does() -> None:
    assert contradicts(motion(7, 7, motion(5, 6, OTHER)))
    assert contradicts(motion(7, 7, b"who knows what".ljust(32)))


def test_a_block_further_on_does_not_where_what_is_between_is_unknown() -> None:
    assert not contradicts(motion(8, 8, motion(7, 7, ROOT)))


@pytest.mark.parametrize("times", [1, 2, 5])
def test_the_last_block_of_an_epoch_named_again_does_not_where_what_named_it_first_is_unknown(
    times: int,
) -> None:
    """A validator that missed it stopped for good, although nobody had lied (live world, seed 107)."""
    named = motion(7, 7, ROOT)
    for number in range(times):
        named = motion(8 + number, 7, named, b"")
        assert not contradicts(named)


def test_another_block_of_the_height_of_the_last_decided_one_does() -> None:
    other = motion(7, 6, OTHER)._replace(subject=bytes(32))
    assert contradicts(other)
    assert not contradicts(motion(7, 6, OTHER, b"")), "the same block, named again"
    assert contradicts(motion(9, 5, OTHER))
