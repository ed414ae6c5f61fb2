"""Items are counted before objects are made of them: memory stays within a few times the bytes."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from focusmesh.errors import CodecError, ItemCountError
from focusmesh.protocol.codec import (
    ARRAY,
    ITEMS_MAX,
    Cid,
    check_json_items,
    count_items,
    decode,
    encode,
    head,
)
from focusmesh.protocol.codec.json_items import _STRING
from tests.memory import peak_bytes
from tests.protocol.codec.strategies import VALUES

MANY = 1 << 20
UNITS = {
    "empty maps": b"\xa0",
    "empty arrays": b"\x80",
    "negative numbers": b"\x37",
    "maps of one": b"\xa1\x60\x80",
    "short texts": b"\x62ab",
    "floats": b"\xfb\x3f\xf8" + bytes(6),
}


def bomb(unit: bytes, count: int = MANY) -> bytes:
    """An array of as many of these."""
    return head(ARRAY, count) + unit * count


def items_of(value: Any) -> int:
    """As the definition says: every value, and every key."""
    if isinstance(value, dict):
        return 1 + sum(1 + items_of(each) for each in value.values())
    if isinstance(value, list | tuple):
        return 1 + sum(map(items_of, value))
    # A link is a tag and a byte string.
    return 2 if isinstance(value, Cid) else 1


@given(value=VALUES)
@example([1] * 63)
@example([1] * 64)
@example([b"x" * 300] * 100)
@example([b"x" * 70_000, "y" * 400, {"a" * 30: [[]]}] * 50)
@example([[each, -each, float(each), bytes(each), "z" * each] for each in range(200)])
@example([2**each for each in range(64)] + [-(2**each) for each in range(64)])
def test_what_is_counted_is_what_is_there(value: Any) -> None:
    data = encode(value)
    assert count_items(data, len(data)) == items_of(value)
    assert count_items(data, 0) > 0


@given(data=st.binary(max_size=300))
@example(b"\x9f\xff")
@example(b"\x7b" + b"\xff" * 8)
@example(b"\x58")
def test_any_bytes_can_be_counted(data: bytes) -> None:
    assert 0 <= count_items(data, 1_000) <= len(data)


@given(data=st.binary(max_size=200))
def test_no_more_is_read_than_was_counted(data: bytes) -> None:
    with suppress(CodecError):
        assert items_of(decode(data)) == count_items(data, len(data))


def test_as_many_as_are_allowed_are_read() -> None:
    data = encode([0] * (ITEMS_MAX - 1))
    assert len(decode(data)) == ITEMS_MAX - 1
    assert len(decode(encode([0] * 99), items_max=100)) == 99
    with pytest.raises(ItemCountError, match="101 bytes with more than 99 items"):
        decode(encode([0] * 99), items_max=99)
    with pytest.raises(ItemCountError):
        decode(encode([0] * ITEMS_MAX))


@pytest.mark.parametrize("unit", UNITS.values(), ids=list(UNITS))
def test_a_bomb_makes_nothing(unit: bytes) -> None:
    data = bomb(unit)

    def read() -> None:
        with pytest.raises(ItemCountError):
            decode(data)

    assert peak_bytes(read) < 1 << 18


@pytest.mark.parametrize("unit", UNITS.values(), ids=list(UNITS))
def test_and_would_without_a_bound(unit: bytes) -> None:
    """The twin: these are bombs."""
    data = bomb(unit, 1 << 17)
    assert peak_bytes(lambda: decode(data, items_max=None)) > 3 * len(data)


@pytest.mark.parametrize("unit", UNITS.values(), ids=list(UNITS))
def test_what_is_allowed_takes_a_hundred_bytes_an_item(unit: bytes) -> None:
    each = items_of(decode(unit))
    data = bomb(unit, (ITEMS_MAX - 1) // each)
    assert peak_bytes(lambda: decode(data)) < 100 * ITEMS_MAX + 4 * len(data)


def test_few_long_strings_are_copied_once() -> None:
    data = encode([b"x" * (1 << 22), "y" * (1 << 22)])
    assert peak_bytes(lambda: decode(data)) < 1.6 * len(data)


def marks_outside(text: bytes) -> int:
    """Marks of JSON that are in no string, byte by byte: the model of what is counted."""
    count, is_within, is_escaped = 0, False, False
    for byte in text:
        if is_escaped:
            is_escaped = False
        elif is_within:
            is_escaped = byte == ord("\\")
            is_within = byte != ord('"')
        elif byte == ord('"'):
            is_within = True
        else:
            count += byte in b",:[{"
    return count


@given(text=st.lists(st.sampled_from(b'",:[{\\a \n')).map(bytes), items_max=st.integers(1, 9))
@example(b'"' + b'\\"' * 9 + b",,,", 1)
@example(b'["a\\', 1)
@example(b'"",' * 3_000, 3_000)
@example(b'"",' * 3_000, 3_001)
def test_marks_of_json_are_counted_outside_of_strings(text: bytes, items_max: int) -> None:
    def is_refused() -> bool:
        try:
            check_json_items(text, items_max)
        except ItemCountError:
            return True
        return False

    assert is_refused() is (len(text) > items_max and marks_outside(text) >= items_max)


def test_a_string_without_an_end_is_looked_at_once() -> None:
    """Of many escaped quotes each was taken for a beginning, and read to the end: 36 kB took five seconds."""
    assert len(_STRING.findall(b'"' + b'\\"' * 1_000)) == 1
    assert len(_STRING.findall(b'"' + b'\\"' * 1_000 + b"\\")) == 1


def test_twin_a_string_that_needs_an_end_is_not_found_at_its_beginning() -> None:
    closed = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
    assert closed.match(b'"' + b'\\"' * 1_000) is None


def test_short_strings_are_taken_out_in_portions() -> None:
    """All at once they took 25 times the body."""
    text = b"[" + b",".join([b'{"a":[]}'] * 30_000) + b"]"

    def refuse() -> None:
        with pytest.raises(ItemCountError):
            check_json_items(text, 4_096)

    assert peak_bytes(refuse) < len(text)
    assert peak_bytes(lambda: _STRING.sub(b"", text)) > 4 * len(text)


def test_values_of_json_are_counted() -> None:
    # A mark may begin nothing: that of an empty object is counted too.
    check_json_items(b'{"a": [1, 2], "b": {}}', 8)
    with pytest.raises(ItemCountError, match="more than 4 values"):
        check_json_items(b'{"a": [1, 2], "b": {}}', 4)
    # Marks within strings are text.
    check_json_items(b'["' + b",:[{" * 1_000 + b'", "\\",,,,,,,,"]', 4)
    with pytest.raises(ItemCountError):
        check_json_items(b'["\\\\",' + b"[]," * 1_000 + b"0]", 100)
    with pytest.raises(ItemCountError):
        check_json_items(b"[" + b"[]," * (MANY - 1) + b"[]]", 1 << 16)
