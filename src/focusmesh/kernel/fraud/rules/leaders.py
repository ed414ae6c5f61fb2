"""Rules of the leaders: particles with their values, the best there are, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from focusmesh.kernel.fraud.view import View


def leader_value(view: View, at: int, rank: int) -> str | None:
    """A leader has another value than its particle."""
    falling, digest = view.leader(at)
    if digest != view.particle(rank) or -falling == view.value(rank):
        return None
    return f"leader {at} has {-falling}, its particle {view.value(rank)}"


def leader_unknown(view: View, at: int, place: int) -> str | None:
    """A leader is no particle: it would stand at ``place``."""
    _, digest = view.leader(at)
    return f"leader {at} is not a particle" if view.lacks(digest, place) else None


def leader_order(view: View, at: int) -> str | None:
    """Two leaders beside each other are not in order."""
    in_order = view.leader(at) < view.leader(at + 1)
    return None if in_order else f"leaders {at} and {at + 1} are not in order"


def leader_missing(view: View, rank: int, at: int) -> str | None:
    """A particle is better than leader ``at`` and worse than the one before, so it is not among them."""
    own = -view.value(rank), view.particle(rank)
    missing = own < view.leader(at) and (at == 0 or view.leader(at - 1) < own)
    return f"particle {rank} should lead at {at}" if missing else None
