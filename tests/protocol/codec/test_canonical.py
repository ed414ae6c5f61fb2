"""One value, one encoding; the quick way and the own one are the same function."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from focusmesh.errors import CodecError
from focusmesh.protocol.codec import DEPTH_MAX, Cid, canonical, decode, encode
from focusmesh.protocol.codec.reader import read
from focusmesh.protocol.codec.writer import write
from tests.protocol.codec.strategies import LINKLESS, VALUES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Needs

LINK = Cid(0x55, 0x12, bytes(range(32)))
LIKE_A_LINK = b"\x01\x55\x12\x1c" + bytes(28)


def tried(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives, or the class of its refusal."""
    try:
        return function(*arguments)
    except CodecError:
        return CodecError


@given(value=VALUES)
def test_round_trip(value: Any) -> None:
    data = encode(value)
    again = decode(data)
    assert again == value
    assert write(again) == write(value) == data  # equal also where True == 1 == 1.0
    assert read(data, DEPTH_MAX) == value


def test_another_library_writes_the_same(needs: Needs) -> None:
    theirs = needs("dag_cbor")

    @given(value=LINKLESS)
    def compare(value: Any) -> None:
        assert theirs.encode(value) == encode(value)

    compare()
    assert theirs.encode([1]) == encode([1])


@given(value=VALUES, changes=st.data())
def test_changed_bytes_are_refused_or_another_value(value: Any, changes: st.DataObject) -> None:
    data = bytearray(encode(value))
    for _ in range(changes.draw(st.integers(1, 3))):
        at = changes.draw(st.integers(0, len(data)))
        data[at : at + changes.draw(st.integers(0, 2))] = changes.draw(st.binary(max_size=2))
    agree(bytes(data))


@given(data=st.binary(max_size=40))
@example(data=bytes.fromhex("d9002a58250001551220") + bytes(32))
@example(data=b"\xd8\x2a\x58\x21\x00" + LIKE_A_LINK)
@example(data=b"\x58\x20" + LIKE_A_LINK)
@example(data=b"\x9b" + b"\xff" * 8)
@example(data=b"\xbb" + b"\xff" * 8)
@example(data=b"\x81" * 200_000)
@example(data=b"")
def test_any_bytes(data: bytes) -> None:
    agree(data)


def agree(data: bytes) -> None:
    """Both ways say the same, and what they accept has this one encoding."""
    value = tried(decode, data)
    assert value == tried(read, data, DEPTH_MAX)
    if value is not CodecError:
        assert encode(value) == data
        assert write(value) == data


def test_a_digest_that_looks_like_a_link_stays_bytes(needs: Needs) -> None:
    data = encode([LIKE_A_LINK, LINK])
    assert data == b"\x82\x58\x20" + LIKE_A_LINK + b"\xd8\x2a\x58\x25\x00" + LINK.binary
    assert decode(data) == [LIKE_A_LINK, LINK]
    # The reason why bytes are looked at again: libipld alone would have made a link of it.
    assert needs("libipld").encode_dag_cbor(LIKE_A_LINK).startswith(b"\xd8\x2a")


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("1801", "more bytes than it needs"),
        ("820001ff", "1 bytes follow the value, from byte 3"),
        ("8201", "ends within the 2 items announced at byte 0"),
        ("a1616161", "ends"),
        ("a2616201616100", "'a' at byte 4 is out of order"),
        ("a2616101616101", "'a' at byte 4 stands twice"),
        ("a10001", "byte 1 that is not text"),
        ("f93c00", "0xf9 at byte 0"),
        ("ff", "0xff at byte 0"),
        ("9f00ff", "indefinite"),
        ("1c", "reserved"),
        ("fb7ff8000000000000", "nan"),
        ("fb8000000000000000", "-0.0"),
        ("c101", "tag 1 at byte 0"),
        ("d82a01", "link at byte 0"),
        ("d82a4100", "CIDv1"),
        ("61ff", "UTF-8"),
        ("", "ends at byte 0"),
    ],
)
def test_refusals_say_where(data: str, fault: str) -> None:
    with pytest.raises(CodecError, match=fault):
        decode(bytes.fromhex(data))


@pytest.mark.parametrize(
    "value",
    [
        2**64,
        -(2**64) - 1,
        float("nan"),
        float("inf"),
        -0.0,
        {1: 2},
        {"a", "b"},
        bytearray(b"a"),
        "\ud800",
        {"\ud800": 1},
        object(),
        Cid(0x70, 0x12, bytes(32)),
        Cid(0x55, 0x12, bytes(31)),
        [[-0.0], LINK],
    ],
)
def test_what_has_no_encoding(value: Any) -> None:
    for way in (encode, write):
        with pytest.raises(CodecError):
            way(value)


def test_a_circle_has_no_encoding() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(CodecError, match="without end"):
        encode(circle)


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value] if depth % 2 else {"a": value}
    return value


@pytest.mark.parametrize("depth", [1, 2, 5, 6, 400, 4_000])
def test_depth_and_size_are_limited_in_both_ways(depth: int) -> None:
    data = b"\x81" * depth + b"\x00" if depth > 100 else encode(nested(depth))
    for way in (decode, lambda data, depth_max: read(data, depth_max)):
        with pytest.raises(CodecError, match="within each other"):
            way(data, depth_max=min(depth - 1, 100))
        if depth <= 100:
            assert way(data, depth_max=depth) == nested(depth)
    with pytest.raises(CodecError, match="at most"):
        decode(data, bytes_max=len(data) - 1)


def test_tuples_are_arrays() -> None:
    assert encode((1, (2, b"a"))) == encode([1, [2, b"a"]])


def test_without_libipld(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libipld", None)
    canonical._quick.cache_clear()
    try:
        assert canonical._quick() is None
        data = encode({"a": [1, LINK, LIKE_A_LINK]})
        assert decode(data) == {"a": [1, LINK, LIKE_A_LINK]}
        with pytest.raises(CodecError):
            decode(b"\x18\x01")
    finally:
        canonical._quick.cache_clear()


@pytest.mark.parametrize(
    "data", [b"\xd8\x2a" * 100_000, b"\xa1\xd8\x2a" * 50_000, b"\x81" * 100_000]
)
def test_nothing_is_nested_without_end(data: bytes) -> None:
    """Found by fuzzing: links within links took Python's stack, where arrays and maps are counted."""
    with pytest.raises(CodecError, match="at byte"):
        decode(data, items_max=None)
