"""What users left with a validator that ends is known to others before that, and is in a block without it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kernel.block.ledger import KEYS
from tests.kernel.node.voted import VotedNetwork


@pytest.mark.parametrize("tells", [True, False])
def test_a_signal_that_was_in_no_batch_when_its_validator_ended(tells: bool) -> None:
    """Its lane had no room; within a second the others know of it, and one of them takes it."""
    with VotedNetwork() as network:
        network.begin()
        agreeing: Any = network.replica(3).agreeing
        agreeing._laning.due = list
        if not tells:
            agreeing._laning.late = list
        network.replica(3).serving._mempool = network.replica(0).mempool  # Nobody asks it in time.
        signed = network.signed(KEYS[2])
        network.leave(3, signed)
        network.run(1)
        process = network.machines[3].process
        assert process is not None
        process.kill()
        network.run(10)
        assert network.heights() == [int(tells)] * 3
        network.machines[3].begin()
        network.until(lambda: not network.waiting() and network.heights() == [1] * 4)


def test_a_signal_that_all_users_leave_everywhere_is_in_few_batches() -> None:
    """Each carries it once at most; the nonce sees to it that it is in one block."""
    with VotedNetwork() as network:
        network.begin()
        signed = network.signed(KEYS[2])
        for _ in range(20):
            for number in range(4):
                network.leave(number, signed)
            network.run(0.1)
        network.until(lambda: not network.waiting())
        network.run(5)
        assert network.heights() == [1] * 4
