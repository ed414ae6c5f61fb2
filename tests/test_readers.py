"""Readers of what strangers send: of too many items nothing is made, and what is made stays in proportion to the bytes.

Memory is counted, every allocation of Python's; nothing of time. Must fail: with the bound of a reader taken away, the
same bodies take more than is allowed.
"""

from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from focusmesh.kernel.state.snapshot import page_reader
from focusmesh.kernel.state.snapshot.pages import CONTENT_BYTES_MAX, ReadLeaves, unpack
from focusmesh.protocol.codec import ARRAY, decode, encode, head
from focusmesh.protocol.compression import compress
from tests.memory import peak_bytes
from tests.readers import READERS, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNT = 1 << 14
"""Items of a bomb, or as many more as are too many: without a bound a megabyte and more is made of them."""
WRAPPING = 512
BESIDE = 1 << 17
"""What refusing may take beside three times the bytes: messages, and what was made of the wrapping."""


@pytest.fixture(scope="module", autouse=True)
def _traced() -> Iterator[None]:
    """Every allocation from here on, rather than from each call on."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


def room(reader: Reader, unit: bytes) -> int:
    """How many of these there can be within the bound of bytes."""
    return (reader.bytes_max - WRAPPING) // (len(unit) + reader.is_json)


def too_many(reader: Reader) -> list[bytes]:
    """Bodies within the bound of bytes and above that of items, of each unit that is small enough."""
    count = max(COUNT, reader.items_max + 64)
    return [reader.array(unit, count) for unit in reader.units() if count <= room(reader, unit)]


def allowed(reader: Reader) -> list[bytes]:
    """Bodies with as many items as may be, no more than COUNT of them."""
    counts = [min(room(reader, unit), reader.items_max // 3 - 4, COUNT) for unit in reader.units()]
    pairs = zip(reader.units(), counts, strict=True)
    return [reader.array(unit, count) for unit, count in pairs if count > 0]


def peak(reader: Reader, bodies: list[bytes]) -> int:
    """The most that reading one of the bodies takes; imports and tables of the first call are nobody's cost."""
    reader.call(b"[]" if reader.is_json else b"\x80")

    def read() -> None:
        for body in bodies:
            reader.call(body)

    return peak_bytes(read)


def nothing(body: bytes) -> int:
    """What a body may take of which nothing is made."""
    return 3 * len(body) + BESIDE


def name_of(reader: Reader) -> str:
    return reader.name


COUNTED = [reader for reader in READERS if too_many(reader)]
SHORT = [reader for reader in READERS if not too_many(reader)]
LIFTED = [reader for reader in COUNTED if reader.bound is not None]


def test_each_reader_is_held_to_a_bound() -> None:
    """Those that are short have fewer bytes than items are allowed; no byte is more than one."""
    assert len(COUNTED) > 30
    assert all(reader.bytes_max < reader.items_max + COUNT for reader in SHORT)
    assert {reader.bound for reader in LIFTED} == {reader.bound for reader in READERS} - {None}


@pytest.mark.parametrize("reader", COUNTED, ids=name_of)
def test_of_too_many_items_nothing_is_made(reader: Reader) -> None:
    bodies = too_many(reader)
    reader.call(bodies[0])
    assert peak(reader, bodies) < nothing(max(bodies, key=len))


@pytest.mark.parametrize("reader", LIFTED, ids=name_of)
def test_without_its_bound_a_reader_makes_them(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Must fail: the smallest of these bodies."""
    assert reader.bound is not None
    monkeypatch.setattr(".".join(reader.bound), lambda *given: 1 << 40)
    body = too_many(reader)[0]
    assert peak(reader, [body]) > nothing(body)


@pytest.mark.parametrize("reader", [each for each in COUNTED if each not in LIFTED], ids=name_of)
def test_where_the_form_is_the_bound_any_other_reader_makes_them(reader: Reader) -> None:
    """Must fail: a reader that takes any form, and counts nothing."""
    body = too_many(reader)[0]

    def read() -> None:
        json.loads(body) if reader.is_json else decode(body, items_max=None)

    assert peak_bytes(read) > nothing(body)


@pytest.mark.parametrize("reader", READERS, ids=name_of)
def test_what_is_allowed_takes_four_times_its_bytes_and_a_hundred_an_item(reader: Reader) -> None:
    bodies = allowed(reader)
    assert peak(reader, bodies) < max(map(reader.limit, bodies), default=BESIDE)


# A page of a snapshot has no items but its own, and takes four times its bytes whatever they are.


def page_of(entry: bytes, size: int = 1 << 16) -> bytes:
    """A page of leaves of so many bytes, all of them one entry after the other."""
    count = size // len(entry)
    return head(ARRAY, 2) + encode([b""] * 9) + head(ARRAY, count) + entry * count


def page_peak(content: bytes) -> int:
    page = compress(content, 0)

    def read() -> None:
        with suppress(Exception):
            unpack(page, ReadLeaves.read)

    return peak_bytes(read)


ENTRIES = {
    "floats": b"\xfb\x3f\xf8" + bytes(6),
    "pairs of floats": b"\x82" + 2 * (b"\xfb\x3f\xf8" + bytes(6)),
    "pairs of nothing": b"\x82\x40\x40",
    "as short as may be": encode([b"/abc/key", b"value"]),
    "accounts": encode([b"/token/account/" + bytes(32), bytes(24)]),
    "maps": b"\xa0",
}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=list(ENTRIES))
def test_a_page_takes_less_than_four_times_its_bytes(entry: bytes) -> None:
    content = page_of(entry, CONTENT_BYTES_MAX // 16)
    assert page_peak(content) < 4 * len(content)


def test_the_shortest_entries_are_read() -> None:
    read = unpack(compress(page_of(ENTRIES["as short as may be"], 1_600)), ReadLeaves.read)
    assert list(read.entries) == [(b"/abc/key", b"value")] * 100


def test_without_its_bound_a_page_takes_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Must fail: spans of what is shorter than they are; and objects of all, where they are made at once."""
    content = page_of(ENTRIES["pairs of nothing"])
    monkeypatch.setattr(page_reader, "check_entries", lambda count, size: None)
    assert page_peak(content) > 4 * len(content)
    floats = page_of(ENTRIES["floats"])
    assert peak_bytes(lambda: decode(floats, items_max=None)) > 4 * len(floats)
