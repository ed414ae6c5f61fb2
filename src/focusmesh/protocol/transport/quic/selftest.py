"""That the library still does what the pins rely on: handshakes in memory, once a process, before the first socket."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.errors import NetworkError
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.transport.quic.library import (
    GROUP,
    Group,
    HandshakeCompleted,
    PinnedConnection,
    check_version,
    configuration,
    destination_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.protocol.transport.quic.library import Epoch

_HERE, _THERE = ("::1", 1, 0, 0), ("::1", 2, 0, 0)
SERVER = SigningKey(b"\1" * 32)
"""The key of a server in memory that nobody else meets."""
_FLIGHTS_MAX = 8
_SECONDS = 30.0


class Met(NamedTuple):
    """Whether each side took the handshake for complete."""

    dialler: bool
    server: bool


class Careless(PinnedConnection):
    """A peer that takes any group and any server: what the others have to refuse."""

    def _check_keys(self, context: Any, epoch: Epoch) -> None:
        """Checks nothing."""


@cache
def check_library() -> None:
    """NetworkError ``"library"`` unless the hybrid exchange is what is agreed on, and nothing else can be.

    Four handshakes without a socket.
    """
    check_version()
    both, neither = Met(True, True), Met(False, False)
    any_group = (Group.X25519, GROUP)
    cases = {
        "the hybrid exchange": (meet(), both),
        "a dialler without it": (meet(dialling=Careless, groups=(Group.X25519,)), neither),
        "a server without it": (meet(serving=Careless, groups=any_group), neither),
        "a server with another key": (meet(server_key=b"\2" * 32), neither),
    }
    for what, (found, right) in cases.items():
        if found != right:
            raise NetworkError(
                "library",
                f"the start-up test of QUIC failed with {what}: QUIC is not used with this library",
            )


def meet(
    *,
    dialling: type[PinnedConnection] = PinnedConnection,
    serving: type[PinnedConnection] = PinnedConnection,
    groups: Sequence[int] = (GROUP,),
    server_key: bytes = SERVER.public,
) -> Met:
    """A handshake in memory, between a dialler that offers ``groups`` and means ``server_key``, and SERVER."""
    dialler = dialling(
        configuration=configuration(None, _SECONDS), server_key=server_key, groups=groups
    )
    dialler.connect(_THERE, now=0.0)
    flight = [data for data, _ in dialler.datagrams_to_send(now=0.0)]
    server = serving(
        configuration=configuration(SERVER, _SECONDS),
        original_destination_connection_id=destination_of(flight[0]),
    )
    for _ in range(_FLIGHTS_MAX):
        for data in flight:
            server.receive_datagram(data, _HERE, now=0.0)
        for data, _ in server.datagrams_to_send(now=0.0):
            dialler.receive_datagram(data, _THERE, now=0.0)
        flight = [data for data, _ in dialler.datagrams_to_send(now=0.0)]
    return Met(_is_complete(dialler), _is_complete(server))


def _is_complete(connection: PinnedConnection) -> bool:
    """Whether the handshake is over, and well: where a server has ended it, only this side's word is known."""
    completed = False
    while (event := connection.next_event()) is not None:
        completed = completed or isinstance(event, HandshakeCompleted)
    return completed and connection.ending is None
