"""A node in real time: the world of this machine, and the loop that makes a step whenever there is something to do."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from focusmesh.interface.node import milliseconds
from focusmesh.interface.spool import Spool
from focusmesh.protocol.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from focusmesh.interface.node import Folder
    from focusmesh.interface.producer import Producer
    from focusmesh.kernel.block import Proposed
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.world import Checker

_SECONDS_BETWEEN_LOOKS = 0.02


def real_world(folder: Folder, pool: Checker) -> World[Store]:
    """This machine's clock and random source, stores on its disk, and the spool of ``folder`` for a net."""
    from focusmesh.kernel.state import LmdbStore

    return World(milliseconds, os.urandom, LmdbStore, Spool(folder.spool), pool)


def run(producer: Producer, interval: float, stop: Event, tell: Callable[[Proposed], None]) -> None:
    """Makes blocks, at least ``interval`` seconds apart, until ``stop`` is set; a block begun is ended."""
    while not stop.is_set():
        began = time.monotonic()
        made = producer.step()
        if made is not None:
            tell(made)
        rest = interval - (time.monotonic() - began) if made else _SECONDS_BETWEEN_LOOKS
        stop.wait(max(0.0, rest))
