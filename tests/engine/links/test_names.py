"""Names: every layout finds what it holds and holds what it was given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Names
from focusmesh.engine.links import label
from focusmesh.errors import InputError, UnknownParticleError
from focusmesh.ids import digest, to_cid

LAYOUTS = st.one_of(
    st.integers(0, 20).map(lambda count: list(range(count))),
    st.lists(st.integers(-(2**63), 2**63 - 1), unique=True),
    st.lists(st.integers(-(2**70), 2**70), unique=True),
    st.lists(st.binary(min_size=32, max_size=32), unique=True),
    st.lists(st.text(), unique=True),
    st.lists(
        st.one_of(st.text(), st.integers(), st.binary(), st.tuples(st.integers())), unique=True
    ),
)


@given(LAYOUTS)
def test_sequence(names: list[Any]) -> None:
    made = Names.of(names)
    assert list(made) == names
    assert [made[i] for i in range(len(made))] == names
    assert made[1:] == names[1:]
    assert [made.index(name) for name in names] == list(range(len(names)))
    assert made.indices(names).dtype == np.uint32
    assert made == Names.of(names)
    assert made.nbytes >= 0
    if names:
        assert made[-1] == names[-1]
    for outside in (len(names), -len(names) - 1):
        with pytest.raises(IndexError):
            made[outside]


@given(st.lists(st.text(st.characters(codec=None)), unique=True))
def test_texts(names: list[str]) -> None:
    made = Names.texts(names)
    assert (list(made), [made[i] for i in range(len(made))]) == (names, names)
    assert list(made.with_names(["\ud800", ""])) == [*names, "\ud800", ""]


@given(names=LAYOUTS, extra=st.lists(st.integers(2**80, 2**81), unique=True, max_size=3))
def test_extended(names: list[Any], extra: list[int]) -> None:
    assert list(Names.of(names).with_names(extra)) == [*names, *extra]


@pytest.mark.parametrize("names", [[1, 1], ["a", "a"], [1, True], [1, 1.0], [b"x" * 32] * 2])
def test_twice_is_refused(names: list[Any]) -> None:
    with pytest.raises(InputError, match="occurs twice"):
        Names.of(names)


def test_equal_numbers_are_one_name() -> None:
    for made in (Names.range(4), Names.of([9, 2, 3]), Names.of([2, 5]), Names.of([2, "a"])):
        assert made.find(2) == made.find(np.int64(2)) == made.find(2.0)
        assert made.find(2.5) is None
        assert made.find("2") is None
        assert made.find(2**70) is None
        assert made.find(float("inf")) is None
        assert made.find(float("nan")) is None


def test_digests_by_cid() -> None:
    one = digest(b"one")
    made = Names.of([one])
    assert made.index(to_cid(one)) == made.index(one) == 0
    assert made.find(to_cid(digest(b"two"))) is None
    assert made.find("no cid") is None
    assert label(one) == to_cid(one)
    assert label(5) == "5"


def test_a_digest_among_texts_is_found_by_its_cid() -> None:
    one, two = digest(b"one"), digest(b"two")
    made = Names.of(["a", one, 5])
    assert made.find(to_cid(one)) == made.find(one) == 1
    assert made.find(to_cid(two)) is None
    listed = Names.of([to_cid(one), one, 5])
    assert [listed.find(to_cid(one)), listed.find(one)] == [0, 1]


def test_unknown_names_suggest_close_ones() -> None:
    made = Names.of(["alpha", "beta", "alphabet"])
    with pytest.raises(UnknownParticleError, match="close names: alpha, alphabet"):
        made.index("alph")
    with pytest.raises(UnknownParticleError, match="'betta'; close names: beta"):
        made.indices(["alpha", "betta"])
    with pytest.raises(UnknownParticleError):
        made.index("alpha", 1)
    assert "alpha" in made
    assert 5 not in made


def test_the_first_names_are_looked_for_without_a_table_and_found_alike() -> None:
    known = ["", "a", "ab", "ba", "aa", "é", "e\u0301", *map(str, range(200))]
    names = Names.texts(known)
    for name in [*known, "b", "200", "abc", "\ud800", "日本"]:
        assert Names.texts(known).find(name) == (known.index(name) if name in known else None)
        for _ in range(3):  # the table is made on the way
            assert names.find(name) == (known.index(name) if name in known else None)
    assert Names.texts([]).find("") is None
