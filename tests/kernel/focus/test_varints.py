"""Pages of varints: one form, and both ways of reading it accept the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import BlockError
from focusmesh.kernel.focus import varints

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.support.arrays import OffsetArray

WORDS = st.one_of(st.just(0), st.integers(-70, 70), st.integers(-(2**63), 2**63 - 1))
WAYS = ("small", "large")
_PAGE = 4


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(varints, "COMPILED_FROM_VALUES", 0 if request.param == "large" else 10**9)
    return str(request.param)


@pytest.mark.usefixtures("way")
class TestEitherWay:
    @pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 40])
    @pytest.mark.parametrize("bits", [0, 1, 6, 7, 13, 14, 40, 63])
    def test_values_come_back(self, count: int, bits: int) -> None:
        high = np.int64(2**bits - 1)
        values = np.random.default_rng(bits).integers(-high - 1, high, count, endpoint=True)
        values[8:24] = 0
        content = varints.encode_pages(values, _PAGE)
        assert np.array_equal(varints.decode_pages(content, count, _PAGE), values)

    @pytest.mark.parametrize(
        ("values", "content"),
        [
            ([0, 0, 0, 0, 1], "000102"),
            ([-1, 1, -64, 64], "0501027f8001"),
            ([2**63 - 1], "0afeffffffffffffffff01"),
            ([-(2**63)], "0affffffffffffffffff01"),
        ],
    )
    def test_the_form_is_this_one(self, values: list[int], content: str) -> None:
        assert varints.encode_pages(np.array(values), _PAGE).hex() == content

    @pytest.mark.parametrize(
        ("content", "count", "word"),
        [
            ("", 1, "cut short"),
            ("02", 1, "cut short"),
            ("0202", 1, "cut short"),
            ("8100", 1, "shortest form"),
            ("028200", 1, "shortest form"),
            ("0affffffffffffffffff02", 1, "above 64 bits"),
            ("0bffffffffffffffffffff01", 1, "above 64 bits"),
            ("020202", 1, "another number"),
            ("0102", 2, "another number"),
            ("0182", 1, "another number"),
            ("0100", 1, "written out"),
            ("010200", 1, "after the last page"),
        ],
    )
    def test_any_other_form_is_refused(self, content: str, count: int, word: str) -> None:
        with pytest.raises(BlockError, match=word) as caught:
            varints.decode_pages(bytes.fromhex(content), count, _PAGE)
        assert caught.value.code == "focus-delta"


@given(
    values=st.lists(WORDS, max_size=9),
    damage=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 255), st.booleans()), max_size=2),
)
def test_both_ways_write_and_refuse_the_same(
    values: list[int], damage: list[tuple[int, int, bool]]
) -> None:
    given_values = np.array(values, dtype=np.int64)
    content = bytearray(_written("small", given_values))
    assert _written("large", given_values) == content
    for at, byte, inserted in damage:
        place = at % (len(content) + 1)
        content[place : place if inserted else place + 1] = bytes((byte,))
    read = [_read(way, bytes(content), len(values)) for way in WAYS]
    assert read[0] == read[1]
    if read[0] is not None:
        assert _written("small", np.array(read[0], dtype=np.int64)) == content


def _written(way: str, values: OffsetArray) -> bytes:
    ways: dict[str, Callable[[OffsetArray, int], bytes]] = {
        "small": varints._encode,
        "large": varints._encode_large,
    }
    return ways[way](values, _PAGE)


def _read(way: str, content: bytes, count: int) -> list[int] | None:
    values = np.zeros(count, dtype=np.int64)
    decode = varints._decode if way == "small" else varints._decode_large
    fault = decode(np.frombuffer(content, dtype=np.uint8), _PAGE, values)
    return None if fault else values.tolist()
