"""A localnet of real processes under attack from everybody at once: nothing that was acknowledged is lost.

A minute of it is in every soak; an hour is ``python -m tests.soak --seconds 3600``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.host.localnet import NetFolder
from tests.soak.attackers import EVERY
from tests.soak.localnet import Found, soak

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 60.0
MEMORY_MIB_MAX = 1_024.0


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_under_attack(tmp_path: Path) -> None:
    found = soak(NetFolder(tmp_path / "localnet"), SECONDS, EVERY)
    found.verify(MEMORY_MIB_MAX)


GOOD = {"acknowledged": 3, "placed": 12, "height": 7, "roots": 1, "alive": 4}


@pytest.mark.parametrize(
    ("worse", "words"),
    [
        ({"acknowledged": 0}, "no signal was acknowledged"),
        ({"lost": ["ab"]}, "acknowledged and lost"),
        ({"roots": 2}, "2 state roots"),
        ({"alive": 3}, "at 3 of 4"),
        ({"memory_mib": {"1 node": 1_500.0}}, "1500 MiB"),
        ({"unhandled": ["OSError()"]}, "OSError"),
    ],
)
def test_a_soak_that_found_something_says_so(worse: dict[str, object], words: str) -> None:
    Found(**GOOD).verify(MEMORY_MIB_MAX)  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match=words):
        Found(**{**GOOD, **worse}).verify(MEMORY_MIB_MAX)  # type: ignore[arg-type]
