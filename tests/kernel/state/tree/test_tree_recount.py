"""The root made anew is the root that was kept up, whatever came and went; what changed on disk makes another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.kernel.state import MemoryStore, Tree, recomputed_root

CHANGES = st.dictionaries(
    st.integers(0, 200).map(lambda number: b"/kv/%d" % number),
    st.none() | st.binary(min_size=1, max_size=40),
    max_size=80,
)


@given(st.lists(CHANGES, max_size=4))
def test_it_is_the_root(batches: list[dict[bytes, bytes | None]]) -> None:
    store = MemoryStore()
    with store.write() as writer:
        tree = Tree.open(writer)
        for changes in batches:
            tree.update(writer, changes)
        assert recomputed_root(writer) == tree.root


@pytest.mark.parametrize("wrong", ["value", "key", "stored hash", "bucket"])
def test_it_is_of_keys_and_values_alone(wrong: str) -> None:
    store = MemoryStore()
    with store.write() as writer:
        tree = Tree.open(writer)
        tree.update(writer, {b"/kv/%d" % number: b"a value" for number in range(40)})
        where, bucket = next(writer.scan("buckets"))
        if wrong == "bucket":
            writer.delete_many("buckets", [where])
        elif wrong == "stored hash":
            # The first leaf's own hash lies behind the ends and its path: nobody asks for it here.
            at = 4 + 4 * int.from_bytes(bucket[:4], "big") + 32
            writer.put("buckets", where, bucket[:at] + bytes(32) + bucket[at + 32 :])
        else:
            piece = b"a value" if wrong == "value" else b"/kv/"
            writer.put("buckets", where, bucket.replace(piece, piece[::-1], 1))
        assert (recomputed_root(writer) == tree.root) is (wrong == "stored hash")
