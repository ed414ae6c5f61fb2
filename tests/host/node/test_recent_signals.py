"""Which of the last blocks has a signal: without gaps whenever it is asked, within bounds of blocks and bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.host.service.signals import Signals
from focusmesh.host.storage.ledger_folder import Folder, marked_serving
from focusmesh.kernel.node.recent_signals import RecentSignals
from tests.host.nodes import Node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey


class Growing:
    """A chain to which blocks of one signal each are added."""

    def __init__(self, ledger: Path, key: SigningKey, author: SigningKey) -> None:
        self.node = Node(ledger, key)
        self.signals = Signals(Folder(ledger), self.node.shared)
        self.author = author
        self.ids: list[bytes] = []

    def grow(self, count: int) -> None:
        for _ in range(count):
            packet = self.node.signed(self.author, len(self.ids), f"p{len(self.ids)}")
            self.signals.leave(packet.encode())
            self.node.now += 1_000
            assert self.node.producer.step() is not None
            self.ids.append(packet.id)

    def known(self, recent: RecentSignals) -> list[int]:
        """The places of the signals that are found, each in its block."""
        heights = [recent.height_of(signal, self.node.chain) for signal in self.ids]
        assert all(height in (None, at + 1) for at, height in enumerate(heights))
        return [at for at, height in enumerate(heights) if height is not None]


@pytest.fixture
def growing(ledger: Path, alice: SigningKey, bob: SigningKey) -> Iterator[Growing]:
    made = Growing(ledger, alice, bob)
    with marked_serving(Folder(ledger)):
        yield made
    made.node.shared.release()


def test_whoever_looks_often_finds_all(growing: Growing) -> None:
    recent = RecentSignals(blocks_searched=4)
    for _ in range(6):
        growing.grow(2)
        assert growing.known(recent) == list(range(len(growing.ids)))


def test_whoever_looks_late_finds_the_last_ones_and_no_others(growing: Growing) -> None:
    """What was known from before would have a gap behind it."""
    recent = RecentSignals(blocks_searched=4)
    growing.grow(2)
    assert growing.known(recent) == [0, 1]
    growing.grow(7)
    assert growing.known(recent) == [5, 6, 7, 8]
    growing.grow(2)
    assert growing.known(recent) == list(range(5, 11))


def test_the_bytes_of_blocks_bound_what_is_known(growing: Growing) -> None:
    growing.grow(1)
    size = len(growing.node.chain.block(1).body)
    recent = RecentSignals(bytes_kept=5 * size)
    for _ in range(12):
        growing.grow(1)
        found = growing.known(recent)
        assert found == list(range(len(growing.ids)))[-len(found) :]
        assert 3 <= len(recent) == len(found) <= 5 or len(growing.ids) < 5
    assert len(recent) <= 5


def test_one_block_larger_than_all_bounds_is_known(growing: Growing) -> None:
    growing.grow(3)
    assert growing.known(RecentSignals(bytes_kept=1)) == [2]
