"""Heartbeats: empty blocks of a network that can change, so that time goes on where nobody wants anything of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header
    from focusmesh.kernel.state import Parameters


def is_heartbeat_due(parameters: Parameters, last: Header, time: int) -> bool:
    """Whether an empty block of ``time`` (ms) is to follow the ``last`` one: it is so old, and the network has a clock.

    Clients that look at the time of blocks do not go stale by that, stake is released, and epochs end.
    """
    rules = parameters.changes
    return rules is not None and time - last.time >= rules.heartbeat_ms
