"""What is said over a web socket: JSON objects, one a message, both ways."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from focusmesh.errors import ParameterError
from focusmesh.host.service import LiveEvent, Subscription, malformed_error
from focusmesh.interface.server.shared import ProblemDocument

SUBPROTOCOL = "focusmesh.v1"
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message of a client: one of ``subscribe``, with an ``id`` of choice, ``unsubscribe``, ``authorize``, ``ping``.

    ``authorize`` has an API key, for who cannot send headers; ``ping`` has anything, which comes back as ``pong``.
    """

    id: Id | None = None
    subscribe: Subscription | None = None
    unsubscribe: Id | None = None
    authorize: str | None = None
    ping: Annotated[str, msgspec.Meta(max_length=64)] | int | None = None

    def verify(self) -> None:
        """Raises ParameterError unless it says one thing."""
        said = (self.subscribe, self.unsubscribe, self.authorize, self.ping)
        if sum(one is not None for one in said) != 1:
            raise ParameterError("say one of subscribe, unsubscribe, authorize and ping")
        if (self.subscribe is None) != (self.id is None):
            raise ParameterError(
                "subscribe needs an id of your choice, and no other message has one"
            )


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message of the server: about the subscription ``id``, or without one about the socket.

    ``ended``: the subscription is over, as was wished; after a ``problem`` with its id it is over too. ``alive`` is
    said when nothing else was for a while.
    """

    id: str | None = None
    subscribed: Literal[True] | None = None
    event: LiveEvent | None = None
    ended: Literal[True] | None = None
    problem: ProblemDocument | None = None
    authorized: str | None = None
    pong: str | int | None = None
    alive: Literal[True] | None = None


_DECODER = msgspec.json.Decoder(Said)
_ENCODER = msgspec.json.Encoder()


def read(text: str) -> Said:
    """Raises ParameterError for what is no such message."""
    try:
        said = _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise malformed_error(error, Said, "no message") from error
    said.verify()
    return said


def write_text(told: Told) -> str:
    """The text of a message."""
    return _ENCODER.encode(told).decode()
