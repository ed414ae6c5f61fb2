"""What a grid is asked, each request written once: routes, web sockets and commands read the same."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Literal, TypeAlias

import msgspec

from focusmesh.errors import ParameterError

NAME = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
_TEXT_MAX = 262_144
Text = Annotated[str, msgspec.Meta(max_length=_TEXT_MAX)]
Coordinate = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31)]
Count = Annotated[int, msgspec.Meta(ge=1, le=4_096)]
Temperature = Annotated[float, msgspec.Meta(ge=0, le=10)]
Chance = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Depth = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31)]
Fault = Literal["silent", "equivocate", "lie", "forge"]


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked; a name that it does not have is refused."""


class Worded(Request, frozen=True, kw_only=True):
    """A request that brings bytes: as ``text``, in UTF-8, or as ``data``, in base64."""

    text: Text | None = None
    data: Text | None = None

    def content(self) -> bytes:
        """The bytes. Raises ParameterError for both, for neither, for what is no base64."""
        if (self.text is None) == (self.data is None):
            raise ParameterError("give either text or data (base64)")
        if self.text is not None:
            return _in_bytes(self.text)
        try:
            return base64.b64decode(self.data or "", validate=True)
        except (binascii.Error, ValueError) as error:
            raise ParameterError(f"data must be base64: {error}") from error


def _in_bytes(text: str) -> bytes:
    """UTF-8; what a shell gave that is none goes through as it was."""
    return text.encode("utf-8", "surrogateescape")


class NewTemplate(Request, frozen=True, kw_only=True):
    """A template: ``models`` names one model for all places, or one for each vertex and CENTRAL."""

    name: NAME
    models: NAME | dict[str, NAME]
    diagonals: str = "none"


class NewInstance(Request, frozen=True, kw_only=True):
    """A cube of a template, whose lowest corner (SWD) is at ``at``; ``start``: it begins in Execute, not in Idle."""

    name: NAME
    template: NAME
    at: tuple[Coordinate, Coordinate, Coordinate]
    start: bool = True


class NewValue(Request, frozen=True, kw_only=True):
    """The value of a block; null clears it."""

    x: Coordinate
    y: Coordinate
    z: Coordinate
    value: float | None


class Interlock(Request, frozen=True, kw_only=True):
    """An operation on a plane: ``plane`` is an axis' (x, y, z, or yz, xz, xy) with an ``index``, or a face by name.

    ``operation``: activate, clear, sync, or process, which has every block's model read ``text``, or without one what
    lies behind the block, values from ``levels`` = (low, high) as bytes; ``write`` keeps the byte that it expects.
    """

    plane: str
    index: Coordinate | None = None
    operation: str
    text: Text | None = None
    levels: tuple[float, float] | None = None
    write: bool = False

    def window(self) -> bytes | None:
        """The text as every model reads it; None where each reads what lies behind its block."""
        return None if self.text is None else _in_bytes(self.text)


class Process(Worded, frozen=True, kw_only=True, tag="process"):
    """How a text goes on: of one ``vertex``, or of the whole ensemble.

    Without an ``instance`` the idlest one of ``template`` works, or of the only template there is. Without a
    ``temperature`` that of the cube's agreement is taken; 0 takes the likeliest byte.
    """

    instance: NAME | None = None
    template: NAME | None = None
    vertex: str | None = None
    count: Count = 32
    temperature: Temperature | None = None
    seed: Chance = 0


class CollectiveThink(Worded, frozen=True, kw_only=True, tag="collective_think"):
    """What all vertices together hold to come next, after ``rounds`` of telling each other along edges."""

    instance: NAME
    rounds: Depth = 0


class Cascade(Worded, frozen=True, kw_only=True, tag="cascade"):
    """A text that spreads from ``start`` along edges, ``depth`` hops far."""

    instance: NAME
    depth: Depth = 2
    start: str = "CENTRAL"


class SendMessage(Worded, frozen=True, kw_only=True, tag="send_message"):
    """Bytes from one place to another: two vertices of ``instance``, or, without it, two cubes that are tied."""

    instance: NAME | None = None
    source: NAME
    target: NAME


class Tie(Request, frozen=True, kw_only=True):
    """An edge between two cubes; ``joined`` false takes it away."""

    instance: NAME
    other: NAME
    joined: bool = True


class Execute(Request, frozen=True, kw_only=True, tag="execute"):
    """A command of PackML."""

    instance: NAME
    command: str


class Vote(Worded, frozen=True, kw_only=True, tag="vote"):
    """A vote of the eight vertices on what comes next; ``bad`` says which of them misbehave, and how."""

    instance: NAME
    bad: dict[str, Fault] = {}
    seed: Chance = 0


class VerifyVote(Request, frozen=True, kw_only=True, tag="verify_vote"):
    """A certificate of a vote, as base64, held against the keys of the cube that it is said to be of."""

    instance: NAME
    certificate: Text


class Initialize(Request, frozen=True, kw_only=True, tag="initialize"):
    """The first message of a socket: ``key`` is an API key, where one is needed and headers cannot be sent."""

    key: str | None = None


class Connect(Request, frozen=True, kw_only=True, tag="connect"):
    """Tells of every change from now on: of one cube, or without a name of all of the grid."""

    instance: NAME | None = None
    key: str | None = None


class Status(Request, frozen=True, kw_only=True, tag="status"):
    """How a cube is, or without a name the grid."""

    instance: NAME | None = None


class ListCubes(Request, frozen=True, kw_only=True, tag="list_cubes"):
    """All cubes."""


Said: TypeAlias = (
    Initialize
    | Process
    | Connect
    | Status
    | CollectiveThink
    | Cascade
    | SendMessage
    | Execute
    | ListCubes
    | Vote
    | VerifyVote
)
"""What may be said over a web socket: ``type`` says which, ``id`` beside it comes back with all that is answered."""
