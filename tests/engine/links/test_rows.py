"""Packed rows: the sums of any side, in any precision, of single vectors and of pairs."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine.links.structure.rows import SHORT, Rows
from focusmesh.engine.support.parallel import limited

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray, IndexArray, OffsetArray, WeightArray

Side = tuple["OffsetArray", "IndexArray", "WeightArray | None"]
KINDS = (None, np.float32, np.float64)


def side(lengths: list[int], kind: type[np.floating] | None, seed: int) -> Side:
    """Rows of these lengths with random columns and weights."""
    random = np.random.default_rng(seed)
    start = np.append(0, np.cumsum(lengths)).astype(np.int64)
    column = random.integers(0, len(lengths), int(start[-1])).astype(np.uint32)
    weight = None if kind is None else random.uniform(0.1, 9, len(column)).astype(kind)
    return start, column, weight


def expected(of: Side, gathered: FloatArray) -> list[float]:
    start, column, weight = of
    terms = gathered[column].astype(np.float64) * (1.0 if weight is None else weight)
    return [float(terms[a:b].sum()) for a, b in pairwise(start)]


lengths = st.lists(
    st.one_of(st.integers(0, 9), st.integers(SHORT - 2, SHORT + 2), st.integers(500, 1600)),
    min_size=1,
    max_size=60,
)


@pytest.mark.parametrize("kind", KINDS)
@given(lengths=lengths, seed=st.integers(0, 999))
def test_sums_of_any_rows(lengths: list[int], kind: type[np.floating] | None, seed: int) -> None:
    of = side(lengths, kind, seed)
    gathered = np.random.default_rng(seed).standard_normal(len(lengths))
    total = Rows.of(*of).sums(gathered, np.zeros(len(lengths)))
    scale = max(1.0, max(expected(of, np.abs(gathered))))
    assert np.allclose(total, expected(of, gathered), rtol=0, atol=1e-14 * scale)


@pytest.mark.parametrize("kind", KINDS)
@given(lengths=lengths, seed=st.integers(0, 999))
def test_pairs_are_two_vectors_at_once(
    lengths: list[int], kind: type[np.floating] | None, seed: int
) -> None:
    of = side(lengths, kind, seed)
    pairs = np.random.default_rng(seed).random((len(lengths), 2), dtype=np.float32)
    totals = np.zeros((2, len(lengths)), dtype=np.float32)
    Rows.of(*of).pair_sums(pairs, *totals)
    for total, single in zip(totals, pairs.T, strict=True):
        assert np.allclose(total, expected(of, single), rtol=3e-7)


def test_every_row_is_in_one_place() -> None:
    lengths = [0, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, SHORT - 1, SHORT, 2000]
    rows = Rows.of(*side(lengths, None, 1))
    assert sorted([*rows.long, *rows.short]) == [i for i, length in enumerate(lengths) if length]
    assert rows.short.tolist() == [2, 3, 4, 5, 6, 7, 8, 9]
    assert len(rows.packed_column) == 8 * 3


def test_long_rows_are_added_with_compensation() -> None:
    """Must-fail twin: plain addition would lose the small terms beside the large one."""
    count = 1 << 16
    start = np.array([0, count] + [count] * (count - 1), dtype=np.int64)
    gathered = np.full(count, 1.0)
    gathered[0] = 2.0**53
    rows = Rows.of(start, np.arange(count, dtype=np.uint32), None)
    assert rows.sums(gathered, np.zeros(count))[0] == 2.0**53 + count - 1 - 63
    assert float(np.cumsum(gathered)[-1]) == 2.0**53


@given(seed=st.integers(0, 99))
def test_bits_do_not_depend_on_the_threads(seed: int) -> None:
    random = np.random.default_rng(seed)
    of = side(random.integers(0, 3000, 300).tolist(), np.float32, seed)
    gathered, rows = random.random(300), Rows.of(*of)
    with limited(1):
        alone = rows.sums(gathered, np.zeros(300))
    assert alone.tobytes() == rows.sums(gathered, np.zeros(300)).tobytes()


@pytest.mark.parametrize(
    ("links", "symmetric"),
    [
        ([(0, 1, 2.0), (1, 0, 2.0)], True),
        ([(0, 1, 2.0), (1, 0, 3.0)], False),
        ([(0, 1, 1.0)], False),
        ([], True),
    ],
)
def test_symmetry_is_noticed(links: list[tuple[int, int, float]], symmetric: bool) -> None:
    columns = tuple(zip(*links, strict=True)) or ((), (), ())
    structure = Graph.from_edges(*columns, particles=3).structure
    assert structure.symmetric == symmetric
    assert (structure.outward is structure.inward) == symmetric
