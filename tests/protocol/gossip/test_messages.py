"""Bytes of messages: one form each, limits on everything, nothing else accepted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import CodecError
from focusmesh.protocol.codec import encode
from focusmesh.protocol.gossip import ADDRESS_BYTES_MAX, DATA_BYTES_MAX, MESSAGE_BYTES_MAX, Contact
from focusmesh.protocol.gossip.messages import (
    ANNOUNCED_MAX,
    CONTACTS_MAX,
    ROUND_MAX,
    TOPIC_BYTES_MAX,
    WALK_MAX,
    Announce,
    Disconnect,
    ForwardJoin,
    Graft,
    Join,
    Message,
    Neighbour,
    NeighbourAnswer,
    Prune,
    Push,
    Shuffle,
    ShuffleReply,
    decode_message,
    encode_message,
)
from focusmesh.protocol.transport import FRAME_BYTES_MAX

addresses = st.text("a0:[]é∞🙂\0", max_size=60)
contacts = st.builds(Contact, st.binary(min_size=32, max_size=32), addresses)
several = st.lists(contacts, max_size=5).map(tuple)
digests = st.binary(min_size=32, max_size=32)
hops = st.integers(0, ROUND_MAX)
walks = st.integers(0, WALK_MAX)
have = st.lists(st.tuples(digests, hops), min_size=1, max_size=5).map(tuple)
messages = st.one_of(
    st.builds(Join, addresses),
    st.builds(ForwardJoin, contacts, walks),
    st.builds(Neighbour, addresses, st.booleans()),
    st.builds(NeighbourAnswer, st.booleans()),
    st.builds(Disconnect),
    st.builds(Shuffle, contacts, several, walks),
    st.builds(ShuffleReply, several),
    st.builds(Push, st.text("abc", min_size=1, max_size=9), st.binary(max_size=50), hops),
    st.builds(Announce, have),
    st.builds(Graft, digests | st.none(), hops),
    st.builds(Prune),
)


@given(messages)
def test_what_is_written_is_read(message: Message) -> None:
    body = encode_message(message)
    again = decode_message(body)
    assert (type(again), again) == (type(message), message)
    assert encode_message(again) == body


@given(messages, st.data())
def test_changed_bytes_are_refused_or_are_another_message(message: Message, data: Any) -> None:
    body = bytearray(encode_message(message))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= data.draw(st.integers(1, 255))
    try:
        again = decode_message(bytes(body))
    except CodecError:
        return
    assert encode_message(again) == body


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        message = decode_message(body)
    except CodecError:
        return
    assert encode_message(message) == body


_KEY = bytes(32)
_CONTACT = Contact(_KEY, "a" * ADDRESS_BYTES_MAX)
LARGEST: list[Message] = [
    Push("t" * TOPIC_BYTES_MAX, bytes(DATA_BYTES_MAX), ROUND_MAX),
    Shuffle(_CONTACT, (_CONTACT,) * CONTACTS_MAX, WALK_MAX),
    ShuffleReply((_CONTACT,) * CONTACTS_MAX),
    Announce(((_KEY, ROUND_MAX),) * ANNOUNCED_MAX),
]


@pytest.mark.parametrize("message", LARGEST, ids=lambda message: type(message).__name__)
def test_the_largest_go_through(message: Message) -> None:
    body = encode_message(message)
    assert len(body) <= MESSAGE_BYTES_MAX < FRAME_BYTES_MAX
    assert decode_message(body) == message


TOO_MUCH: list[Any] = [
    ["push", "t" * (TOPIC_BYTES_MAX + 1), b"", 0],
    ["push", "", b"", 0],
    ["push", "t", bytes(DATA_BYTES_MAX + 1), 0],
    ["push", "t", b"", ROUND_MAX + 1],
    ["push", "t", b"", -1],
    ["push", "t", b"", True],
    ["push", "t", "text", 0],
    ["push", "t", b""],
    ["join", "a" * (ADDRESS_BYTES_MAX + 1)],
    ["join", 5],
    ["forward", [_KEY, "a"], WALK_MAX + 1],
    ["forward", [_KEY[1:], "a"], 1],
    ["forward", [_KEY, "a", 1], 1],
    ["neighbour", "a", 1],
    ["answer", 0],
    ["disconnect", 0],
    ["shuffle", [_KEY, "a"], [[_KEY, "a"]] * (CONTACTS_MAX + 1), 1],
    ["shuffle", [_KEY, "a"], 7, 1],
    ["shuffled", [[_KEY, "a"]] * (CONTACTS_MAX + 1)],
    ["have", []],
    ["have", [[_KEY, 1]] * (ANNOUNCED_MAX + 1)],
    ["have", [[_KEY]]],
    ["graft", _KEY + b"x", 0],
    ["graft", None, ROUND_MAX + 1],
    ["nothing"],
    [],
    [["push"]],
    {"push": 1},
    "push",
]


@pytest.mark.parametrize("value", TOO_MUCH, ids=lambda value: str(value)[:40])
def test_what_is_beyond_a_limit_is_refused(value: Any) -> None:
    with pytest.raises(CodecError):
        decode_message(encode(value))
