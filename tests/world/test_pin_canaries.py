"""Must-fail twins of the pin market: with any one of its rules broken, the simulation says what came out otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from focusmesh.apps.pins import Pin, ProvePin, challenged_shares
from focusmesh.apps.pins.operations import closure as closing
from focusmesh.apps.pins.operations import proofs as proving
from tests.world.judge import BrokenError
from tests.world.simulation import simulate

if TYPE_CHECKING:
    from collections.abc import Callable

    Patch: TypeAlias = pytest.MonkeyPatch

SIGNALS = 300


def any_shares(patch: Patch) -> None:
    patch.setattr(ProvePin, "_check_shown", lambda self, pin, context: None)


def places_known_beforehand(patch: Patch) -> None:

    def beforehand(
        network: bytes, name: bytes, pin: Pin, turn: int, state_root: bytes
    ) -> list[tuple[int, int]]:
        return challenged_shares(network, name, pin, turn, bytes(32))

    patch.setattr(proving, "challenged_shares", beforehand)


def any_round(patch: Patch) -> None:
    patch.setattr(ProvePin, "_check_round", lambda self, pin, height: None)


def paid_from_nowhere(patch: Patch) -> None:
    patch.setattr(proving, "release", lambda context, pin, amount: None)


def closed_at_any_time(patch: Patch) -> None:
    patch.setattr(closing, "_check_over", lambda context, name, pin: None)


def nothing_is_lost(patch: Patch) -> None:
    patch.setattr(Pin, "lost_deposit", lambda self, height: 0)


BROKEN: dict[Callable[[Patch], None], tuple[int, str]] = {
    any_shares: (19, "outcomes"),
    places_known_beforehand: (26, "outcomes"),
    any_round: (26, "outcomes"),
    paid_from_nowhere: (1, "graph_root"),
    closed_at_any_time: (25, "outcomes"),
    nothing_is_lost: (1, "graph_root"),
}
"""With each a seed under which somebody comes to break that very rule, and what is found."""


@pytest.mark.parametrize("canary", BROKEN, ids=lambda canary: canary.__name__)
def test_what_is_broken_is_found(
    canary: Callable[[Patch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    seed, found_as = BROKEN[canary]
    canary(monkeypatch)
    with pytest.raises(BrokenError, match=found_as) as found:
        simulate(seed, SIGNALS)
    assert f"seed {seed}" in str(found.value)
