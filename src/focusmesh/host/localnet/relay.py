"""UDP between nodes goes through a relay a node: there a node is cut off, or its datagrams come late or never.

A relay listens at the port that others are told. For each sender it has a socket of its own towards the node, so that
answers find their way back, as a router that translates addresses does it.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.host.localnet.folder import HOST

if TYPE_CHECKING:
    from collections.abc import Callable

FLOWS_MAX = 256
"""Senders that a relay remembers; the one that was silent for longest is forgotten first."""
_DATAGRAM_BYTES_MAX = 65_535
_AT_ONCE = 64
_SOCKET_BYTES = 4 << 20


@dataclass
class Switches:
    """Who is cut off, and how late datagrams to and from a node are. ``names``: nodes by the port they send from."""

    names: dict[int, str] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    delay_s: dict[str, float] = field(default_factory=dict)
    passed: int = 0
    dropped: int = 0

    def way(self, one: str, other: str) -> float | None:
        """Seconds that a datagram between two takes; None where it never arrives."""
        if one in self.cut or other in self.cut:
            self.dropped += 1
            return None
        self.passed += 1
        return self.delay_s.get(one, 0.0) + self.delay_s.get(other, 0.0)


class Relay:
    """The public port of one node. ``close`` gives all sockets back."""

    def __init__(self, name: str, public: int, inner: int, switches: Switches) -> None:
        """Within a running event loop; ``public`` 0 is any that is free. Raises OSError where it is taken."""
        self._name, self._inner, self._switches = name, inner, switches
        self._loop = asyncio.get_running_loop()
        self._flows: OrderedDict[tuple[str, int], socket.socket] = OrderedDict()
        self._public = _open_socket(public)
        self._loop.add_reader(self._public, self._come_in)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._public.getsockname()[1])

    def close(self) -> None:
        """Nothing is passed on any more."""
        for opened in [self._public, *self._flows.values()]:
            self._loop.remove_reader(opened)
            opened.close()
        self._flows.clear()

    def _come_in(self) -> None:
        """Datagrams for the node."""
        for _ in range(_AT_ONCE):
            try:
                data, sender = self._public.recvfrom(_DATAGRAM_BYTES_MAX)
            except OSError:
                return
            flow = self._flow(sender)
            self._pass(sender, lambda flow=flow, data=data: flow.send(data))  # type: ignore[misc]

    def _go_out(self, flow: socket.socket, sender: tuple[str, int]) -> None:
        """What the node answers to one sender."""
        for _ in range(_AT_ONCE):
            try:
                data = flow.recv(_DATAGRAM_BYTES_MAX)
            except OSError:
                return
            self._pass(sender, lambda data=data: self._public.sendto(data, sender))  # type: ignore[misc]

    def _pass(self, sender: tuple[str, int], send: Callable[[], object]) -> None:
        way = self._switches.way(self._name, self._switches.names.get(sender[1], ""))
        if way == 0.0:
            _send(send)
        elif way is not None:
            self._loop.call_later(way, _send, send)

    def _flow(self, sender: tuple[str, int]) -> socket.socket:
        flow = self._flows.get(sender)
        if flow is not None:
            self._flows.move_to_end(sender)
            return flow
        flow = self._flows[sender] = _open_socket(0)
        flow.connect((HOST, self._inner))
        self._loop.add_reader(flow, self._go_out, flow, sender)
        while len(self._flows) > FLOWS_MAX:
            _, oldest = self._flows.popitem(last=False)
            self._loop.remove_reader(oldest)
            oldest.close()
        return flow


def _send(send: Callable[[], object]) -> None:
    """Nobody there, no room, or closed meanwhile: it is lost, as datagrams are."""
    with suppress(OSError):
        send()


def _open_socket(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            made.setsockopt(socket.SOL_SOCKET, option, _SOCKET_BYTES)
        made.bind((HOST, port))
    except BaseException:
        made.close()
        raise
    return made
