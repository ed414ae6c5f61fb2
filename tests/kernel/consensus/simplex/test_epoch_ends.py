"""Epochs whose last block is known when it comes: what follows it before it is decided names it once more."""

from __future__ import annotations

from typing import Any

import pytest

from focusmesh.kernel.consensus import Simplex
from tests.kernel.consensus.scheduling import Net, Node, calm, stormy
from tests.kernel.consensus.snowman.small_worlds import engine

LAST = 3


class ClockNet(Net):
    """Blocks of height ``LAST`` end the epoch, which nodes see in them; whatever follows such a one is bad."""

    tells = True

    def is_good(self, node: Node, asked: Any) -> bool:
        self._tell(node, asked.proposal.subject, asked.proposal.height)
        return asked.proposal.height <= LAST and super().is_good(node, asked)

    def made(self, node: Node, turn: Any) -> tuple[object, ...] | None:
        found = super().made(node, turn)
        assert found is not None
        subject, data = found
        assert isinstance(subject, bytes)
        self._tell(node, subject, turn.height)
        return None if turn.height > LAST else (subject, data)

    def _tell(self, node: Node, subject: bytes, height: int) -> None:
        if self.tells and height == LAST:
            told: Any = node.engine
            told.note_last(subject)


class SilentNet(ClockNet):
    """Engines are not told."""

    tells = False


ENGINES = pytest.mark.parametrize("make", [Simplex, engine], ids=["Simplex", "two phases"])


@ENGINES
@pytest.mark.parametrize("seed", range(4))
def test_the_last_block_is_decided_and_nothing_after_it(make: Any, seed: int) -> None:
    net = ClockNet((1,) * 4, seed, make=make)
    net.link = stormy(net.rng, until=3_000, lost=0.4) if seed else calm(net.rng)
    net.begin()
    net.run(12_000)
    assert set(net.heights()) == {LAST}
    subjects = {node.decisions[-1].proposal.subject for node in net.honest}
    assert len(subjects) == 1
    assert all(node.engine.is_over for node in net.honest)  # type: ignore[attr-defined]


def test_an_engine_that_is_not_told_stands_before_the_last_block() -> None:
    """Must fail: some have timed out of its round, and nothing good may follow it."""
    stuck = 0
    for seed in range(1, 6):
        net = SilentNet((1,) * 4, seed, make=Simplex)
        net.link = stormy(net.rng, until=3_000, lost=0.4)
        net.begin()
        net.run(12_000)
        stuck += set(net.heights()) != {LAST}
    assert stuck


def test_rounds_of_one_height_name_its_block_again_by_themselves() -> None:
    for seed in range(1, 6):
        net = SilentNet((1,) * 4, seed, make=engine)
        net.link = stormy(net.rng, until=3_000, lost=0.4)
        net.begin()
        net.run(12_000)
        assert set(net.heights()) == {LAST}
