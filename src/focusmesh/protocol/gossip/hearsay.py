"""Addresses that gossip passes on: anybody may name any, so a node dials few of them at a time, and none too often.

Else one peer could have every node of a network dial a host that has nothing to do with it, and fill a node's own
connections with calls that nobody answers.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from focusmesh.errors import NetworkError
from focusmesh.protocol.transport import Allowances

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    class HearsayLimits(Protocol):
        """See ``PeerLimits``."""

        @property
        def hearsay_max(self) -> int: ...
        @property
        def address_burst(self) -> float: ...
        @property
        def address_per_s(self) -> float: ...
        @property
        def host_burst(self) -> float: ...
        @property
        def host_per_s(self) -> float: ...


class Hearsay:
    """What is dialled because gossip named it. Made within the event loop. O(1) a call."""

    __slots__ = ("_addresses", "_hosts", "_limits", "dialling")

    def __init__(self, limits: HearsayLimits) -> None:
        clock = asyncio.get_running_loop().time
        self.dialling = 0
        """How many are being dialled now."""
        self._limits = limits
        self._addresses = Allowances(limits.address_per_s, limits.address_burst, clock)
        self._hosts = Allowances(limits.host_per_s, limits.host_burst, clock)

    @contextmanager
    def dial(self, address: str) -> Iterator[None]:
        """While an address is dialled. NetworkError ``"limit"`` where it may not be now."""
        host = address.rpartition(":")[0] or address
        if self.dialling >= self._limits.hearsay_max:
            raise NetworkError("limit", f"{self.dialling} peers are being dialled already")
        if self._hosts.level(host) < 1 or not self._addresses.try_take(address):
            raise NetworkError("limit", f"{address} was dialled too often")
        self._hosts.take(host)
        self.dialling += 1
        try:
            yield
        finally:
            self.dialling -= 1
