"""Messages between the places of a cube: they go along edges and wait where they arrive until they are read."""

from __future__ import annotations

from dataclasses import dataclass

from focusmesh.engine.grid.cube.vertices import PLACES, check_edge, check_place
from focusmesh.errors import GridError

WAITING_BYTES_MAX = 4096
"""What may wait at one place: more is refused, nothing is dropped."""


@dataclass(frozen=True)
class Message:
    """``number`` counts the messages of one cube, from 1."""

    number: int
    source: str
    target: str
    data: bytes


class Post:
    """The messages of one cube that wait."""

    def __init__(self, diagonals: str) -> None:
        self._diagonals = diagonals
        self._waiting: dict[str, list[Message]] = {place: [] for place in PLACES}
        self.sent_count = 0

    def send(self, source: str, target: str, data: bytes) -> Message:
        """Raises GridError ``"vertex"``, ``"edge"``, and ``"too-long"`` where more would wait than may."""
        check_edge(source, target, self._diagonals)
        return self.deliver(source, target, data)

    def deliver(self, source: str, target: str, data: bytes) -> Message:
        """The same from outside of the cube, where ``source`` is another cube. Raises GridError ``"too-long"``."""
        waiting_bytes = sum(len(message.data) for message in self._waiting[target])
        if waiting_bytes + len(data) > WAITING_BYTES_MAX:
            raise GridError(
                "too-long",
                f"{target} has {waiting_bytes} bytes to read already, {len(data)} more are above "
                f"{WAITING_BYTES_MAX}: let it process them first",
            )
        self.sent_count += 1
        message = Message(self.sent_count, source, target, data)
        self._waiting[target].append(message)
        return message

    def restore(self, number: int, source: str, target: str, data: bytes) -> None:
        """Puts back a message that was kept."""
        self._waiting[check_place(target)].append(Message(number, source, target, data))

    def messages_at(self, place: str) -> tuple[Message, ...]:
        """What waits there, oldest first."""
        return tuple(self._waiting[check_place(place)])

    def bytes_for(self, place: str) -> bytes:
        """The data of what waits there, one after the other."""
        return b"".join(message.data for message in self.messages_at(place))

    def clear(self, place: str) -> None:
        """What waited there was read."""
        self._waiting[check_place(place)].clear()
