"""What is said over the grid's web socket: JSON objects, one a message, both ways."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import msgspec

from focusmesh.errors import CodecError, GridError, ParameterError
from focusmesh.host.grid.requests import Said
from focusmesh.protocol.codec import check_json_items

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What every message of a client has: an ``id`` of its choice, which comes back with all that is answered."""

    id: Id


class HeardMessage(NamedTuple):
    """A message of a client."""

    id: str
    request: Said


_ITEMS_MAX = 1 << 10
"""Names and values of a message: a request has a dozen."""
_ENVELOPE = msgspec.json.Decoder(Envelope)
_REQUEST = msgspec.json.Decoder(dict[str, Any])
_ENCODER = msgspec.json.Encoder()


def id_in(text: str) -> str | None:
    """The id of a message that may be none, so that whoever sent it knows which one is at fault."""
    try:
        return _ENVELOPE.decode(text).id
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def read(text: str) -> HeardMessage:
    """Raises ParameterError for what is no such message."""
    try:
        name = _ENVELOPE.decode(text).id
        check_json_items(text.encode(errors="surrogatepass"), _ITEMS_MAX)
        content = _REQUEST.decode(text)
        del content["id"]
        return HeardMessage(name, msgspec.convert(content, Said))
    except (CodecError, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ParameterError(f"this is not a message of a grid: {error}") from error


def write_message(name: str | None, **told: Any) -> str:
    """The text of a message of the server: about the request ``name``, or without one about the socket."""
    return _ENCODER.encode(told if name is None else {"id": name, **told}).decode()


def no_grid() -> GridError:
    """Nothing is served at these routes."""
    return GridError("no-grid", "no grid is served here: start the server with --grid DIR")
