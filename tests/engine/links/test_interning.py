"""Both interners are one function: the same indices in order of first appearance, the same names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.links.names import interning
from focusmesh.engine.links.names.interning import DictInterner, Interner, Tokens, integer_of
from focusmesh.engine.links.names.interning_large import TableInterner
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

INTERNERS: list[Callable[[], Interner]] = [DictInterner, TableInterner]
integers = st.integers(-(2**63), 2**63 - 1).map(lambda value: str(value).encode())
names = st.text(max_size=6).map(str.encode) | integers
batches = st.lists(st.lists(names, max_size=12), max_size=6)
small = st.lists(st.lists(st.integers(-3, 9).map(lambda value: str(value).encode())), max_size=6)


def expected(listed: list[bytes]) -> tuple[list[int], list[int | str]]:
    """The answer by the definition."""
    order = list(dict.fromkeys(listed))
    values = [integer_of(name) for name in order]
    known: list[int | str] = [value for value in values if value is not None]
    if len(known) != len(order):
        known = [name.decode() for name in order]
    return [order.index(name) for name in listed], known


@pytest.mark.parametrize("make", INTERNERS)
@given(batches=batches | small)
def test_indices_go_by_first_appearance(
    make: Callable[[], Interner], batches: list[list[bytes]]
) -> None:
    interner = make()
    found = [interner.add(Tokens.of(batch)) for batch in batches]
    codes, known = expected([name for batch in batches for name in batch])
    assert [code for part in found for code in part.tolist()] == codes
    assert list(interner.names()) == known
    assert len(interner) == len(known)
    assert all(part.dtype == np.uint32 for part in found)


@given(before=st.lists(names, max_size=20), after=st.lists(names, max_size=20))
def test_the_table_goes_on_where_the_dict_ended(before: list[bytes], after: list[bytes]) -> None:
    small = DictInterner()
    small.add(Tokens.of(before))
    table = TableInterner.following(small)
    codes, known = expected(before + after)
    assert table.add(Tokens.of(after)).tolist() == codes[len(before) :]
    assert list(table.names()) == known


@pytest.mark.parametrize("make", INTERNERS)
def test_many_names_with_growing_tables(make: Callable[[], Interner]) -> None:
    numbers = np.random.default_rng(3).integers(0, 5_000, 20_000).tolist()
    for form in (b"%d", b"name-%d"):
        listed = [form % (value * 7919) for value in numbers]
        interner = make()
        found = [interner.add(Tokens.of(listed[at : at + 999])) for at in range(0, 20_000, 999)]
        codes = dict.fromkeys(listed)
        order = {name: i for i, name in enumerate(codes)}
        assert np.concatenate(found).tolist() == [order[name] for name in listed]
        assert [str(name).encode() for name in interner.names()] == list(order)


@pytest.mark.parametrize("make", INTERNERS)
def test_integers_become_text_when_a_name_is_none(make: Callable[[], Interner]) -> None:
    interner = make()
    interner.add(Tokens.of([b"-9223372036854775808", b"7", b"0"]))
    assert list(interner.names()) == [-(2**63), 7, 0]
    assert interner.add(Tokens.of([b"07", b"7"])).tolist() == [3, 1]
    assert list(interner.names()) == ["-9223372036854775808", "7", "0", "07"]


@pytest.mark.parametrize("make", INTERNERS)
def test_too_many_names(make: Callable[[], Interner], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interning, "MOST_NAMES", 2)
    interner = make()
    interner.add(Tokens.of([b"1", b"2", b"1"]))
    with pytest.raises(InputError, match="more than 2 distinct names"):
        interner.add(Tokens.of([b"3"]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"0", 0),
        (b"-1", -1),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"9223372036854775808", None),
        (b"-0", None),
        (b"+1", None),
        (b"01", None),
        (b"", None),
        (b"-", None),
        (b"1 ", None),
        ("\u0661".encode(), None),
    ],
)
def test_what_a_canonical_integer_is(name: bytes, value: int | None) -> None:
    assert integer_of(name) == value
