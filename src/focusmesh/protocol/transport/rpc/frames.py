"""The frames of a request: ``[name, body]`` first, ``[value]`` for an answer, ``[code, message]`` for a refusal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.errors import CodecError, NetworkError, PeerError
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.protocol.codec import Value

NAME_CHARACTERS_MAX = 64
MESSAGE_CHARACTERS_MAX = 500
_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
_DEPTH_MAX = 16


class Question(NamedTuple):
    """What is asked, and of what."""

    name: str
    body: Any


def question_frame(name: str, body: Value) -> bytes:
    return encode([name, body])


def read_question(frame: bytes) -> Question:
    """Raises NetworkError ``"question"`` for a frame that is none."""
    try:
        name, body = decode(frame, depth_max=_DEPTH_MAX)
    except (CodecError, TypeError, ValueError) as error:
        raise NetworkError(
            "question", f"the first frame of a request is not [name, body]: {error}"
        ) from error
    if not isinstance(name, str) or not 0 < len(name) <= NAME_CHARACTERS_MAX:
        raise NetworkError(
            "question", f"the name of a request has at most {NAME_CHARACTERS_MAX} characters"
        )
    return Question(name, body)


def answer_frame(value: Value) -> bytes:
    return encode([value])


def refusal_frame(code: str, message: str) -> bytes:
    return encode([code, message[:MESSAGE_CHARACTERS_MAX]])


def read_answer(frame: bytes, peer: bytes) -> Any:
    """The value of an answer. PeerError for a refusal, NetworkError ``"answer"`` for what is neither."""
    try:
        values = decode(frame, depth_max=_DEPTH_MAX)
    except CodecError as error:
        raise NetworkError(
            "answer", f"peer {peer.hex()} answered with what is not an answer: {error}"
        ) from error
    match values:
        case [value]:
            return value
        case [str(code), str(message)] if (
            _CODE.fullmatch(code) and len(message) <= MESSAGE_CHARACTERS_MAX
        ):
            printable = "".join(each if each.isprintable() else " " for each in message)
            raise PeerError(code, f"peer {peer.hex()} refuses: {printable}")
    raise NetworkError(
        "answer", f"peer {peer.hex()} answered with what is neither an answer nor a refusal"
    )
