"""Under a third votes for a wrong focus: no such block is decided, and each of them pays without anybody's doing."""

from __future__ import annotations

import pytest

from focusmesh.kernel.node.voting.accusations import Accusations
from tests.kernel.node.voting.lied_network import (
    BOND,
    COUNT,
    FALSE,
    KEYS,
    LIARS,
    LiedNetwork,
    stand_by_lies,
)


def lied(network: LiedNetwork, seconds: int) -> None:
    """Users of an honest machine leave links for so long, or until all liars paid."""
    network.begin()
    for _ in range(seconds):
        if all(network.bond(number).is_jailed for number in range(LIARS)):
            return
        network.leave(COUNT - 1, network.signed(KEYS[-1]))
        network.run(1.0)


def test_each_who_votes_for_a_false_focus_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_by_lies(monkeypatch)
    with LiedNetwork() as network:
        lied(network, 90)
        network.run(10.0)
        for seen_by in range(LIARS, COUNT):
            for number in range(COUNT):
                bond = network.bond(number, seen_by)
                assert bond.is_jailed == (number < LIARS)
                assert (bond.amount < BOND) == (number < LIARS)
        assert not network.makers() & FALSE


def test_nobody_pays_without_the_accusation(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_by_lies(monkeypatch)
    monkeypatch.setattr(Accusations, "add_wrong", lambda *given: None)
    with LiedNetwork() as network:
        lied(network, 30)
        assert {network.bond(number).amount for number in range(COUNT)} == {BOND}
        assert not network.makers() & FALSE
