"""An overlay answers as a writer that has written would, and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from focusmesh.kernel.state import MemoryStore
from focusmesh.kernel.state.store import Overlay

if TYPE_CHECKING:
    from focusmesh.kernel.state import Writer

TABLE = "keys"
KEYS = st.integers(0, 12).map(lambda i: b"%02d" % i)
CHANGES = st.dictionaries(KEYS, st.none() | st.binary(max_size=3), max_size=10)


def write(writer: Writer, changes: dict[bytes, bytes | None]) -> None:
    writer.delete_many(TABLE, [key for key, value in changes.items() if value is None])
    writer.put_many(TABLE, [(k, value) for k, value in changes.items() if value is not None])


@given(below=CHANGES, changes=st.lists(CHANGES, max_size=3), start=KEYS, stop=KEYS | st.none())
def test_as_if_written(
    below: dict[bytes, bytes | None],
    changes: list[dict[bytes, bytes | None]],
    start: bytes,
    stop: bytes | None,
) -> None:
    store = MemoryStore()
    with store.write() as writer:
        write(writer, below)
    with store.read() as reader:
        overlay = Overlay(reader)
        for change in changes:
            write(overlay, change)
        kept = list(reader.scan(TABLE))
    with store.write() as writer:
        for change in changes:
            write(writer, change)
        keys = [b"%02d" % number for number in range(13)]
        assert overlay.get_many(TABLE, keys) == writer.get_many(TABLE, keys)
        assert [overlay.get(TABLE, key) for key in keys] == writer.get_many(TABLE, keys)
        assert overlay.count(TABLE) == writer.count(TABLE)
        for reverse in (False, True):
            span = TABLE, start, stop, reverse
            assert list(overlay.scan(*span)) == list(writer.scan(*span))
    assert kept == sorted((key, value) for key, value in below.items() if value is not None)
