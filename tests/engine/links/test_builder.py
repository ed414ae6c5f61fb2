"""Two builders, one structure, equal to a dict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.links.names.names import Names
from focusmesh.engine.links.snapshot import columns_of
from focusmesh.engine.links.structure import builder_large as building_large
from focusmesh.engine.links.structure.builder import build, build_small
from focusmesh.engine.links.structure.builder_checks import Labels
from focusmesh.errors import InputError
from tests.engine.strategies import (
    Rows,
    arrays_of,
    axons_of,
    columns,
    heavy_tailed,
    link_rows,
    naive_axons,
)

BUILDERS = [build_small, building_large.build]
EXACT = st.sampled_from([0.0, 0.25, 1.0, 3.0, 1e8, 2.0**30, 0.1])


@st.composite
def exact_rows(draw: st.DrawFn) -> tuple[int, Rows]:
    """Rows whose weights mostly add up without rounding."""
    count, rows = draw(link_rows())
    return count, [(source, target, draw(EXACT)) for source, target, _ in rows]


def assert_same(one: dict[str, Any], other: dict[str, Any], rounded: bool = False) -> None:
    """Equal with types; ``rounded`` leaves the last bits of totals open, which are added in another order."""
    for name, array in one.items():
        if array is None or other[name] is None:
            assert array is other[name], name
            continue
        assert array.dtype == other[name].dtype, name
        if rounded and name.endswith("_total"):
            np.testing.assert_allclose(array, other[name], rtol=1e-14)
        else:
            np.testing.assert_array_equal(array, other[name], err_msg=name)


def built(builder: Any, count: int, rows: Rows, single: bool = False) -> dict[str, Any]:
    source, target, weight = columns(rows)
    weight = weight.astype(np.float32) if single else weight
    return arrays_of(builder(source, target, weight, count))


@given(made=link_rows(), single=st.booleans())
def test_builders_agree(made: tuple[int, Rows], single: bool) -> None:
    small, large = (built(builder, *made, single=single) for builder in BUILDERS)
    assert_same(small, large, rounded=True)


@given(made=exact_rows(), single=st.booleans())
def test_builders_agree_on_weights_of_few_bits(made: tuple[int, Rows], single: bool) -> None:
    small, large = (built(builder, *made, single=single) for builder in BUILDERS)
    assert_same(small, large, rounded=True)


@given(made=link_rows())
def test_builders_agree_without_weights(made: tuple[int, Rows]) -> None:
    source, target, _ = columns(made[1])
    small, large = (arrays_of(builder(source, target, None, made[0])) for builder in BUILDERS)
    assert_same(small, large)


@pytest.mark.parametrize("builder", BUILDERS)
@given(made=link_rows())
def test_equal_to_a_dict(builder: Any, made: tuple[int, Rows]) -> None:
    count, rows = made
    source, target, weight = columns(rows)
    structure = builder(source, target, weight, count)
    axons = axons_of(columns_of(structure, Names.range(count), None))
    assert axons == pytest.approx(naive_axons(rows), rel=1e-14)
    assert set(axons) == set(naive_axons(rows))


@pytest.mark.parametrize("builder", BUILDERS)
@given(made=link_rows())
def test_invariants(builder: Any, made: tuple[int, Rows]) -> None:
    count, rows = made
    s = builder(*columns(rows), count)
    linking = np.diff(s.out_start) > 0
    assert np.all(linking[: s.linking_count])
    assert not np.any(linking[s.linking_count :])
    np.testing.assert_array_equal(s.order[s.position], np.arange(count))
    for start, ends in ((s.in_start, s.in_source), (s.out_start, s.out_target)):
        rows_of = [ends[start[i] : start[i + 1]] for i in range(count)]
        assert all(np.all(row[1:] > row[:-1]) for row in rows_of)
    out = [s.out_row(i)[1].sum() for i in range(count)]
    into = [s.in_row(i)[1].sum() for i in range(count)]
    np.testing.assert_allclose(s.out_total, out, rtol=1e-14)
    np.testing.assert_allclose(s.degree_total, np.add(out, into), rtol=1e-14)


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize(
    ("weights", "kind"),
    [
        ([1.0, 1.0, 1.0], None),
        ([0.5, 2.0, 3.0], np.float32),
        ([0.1, 2.0, 3.0], np.float64),
        ([1e300 * 1e-60, 1.0, 1.0], np.float64),
        ([2.0**24 + 1, 1.0, 1.0], np.float64),
        ([1e-40, 1.0, 1.0], np.float64),
    ],
)
def test_single_precision_only_where_lossless(builder: Any, weights: Any, kind: Any) -> None:
    source, target = np.array([0, 1, 2]), np.array([1, 2, 0])
    structure = builder(source, target, np.array(weights), 3)
    if kind is None:
        assert structure.out_weight is None
    else:
        assert structure.out_weight.dtype == kind
        kept = columns_of(structure, Names.range(3), None)
        assert list(axons_of(kept).values()) == weights


@pytest.mark.parametrize("builder", BUILDERS)
def test_sums_that_single_precision_cannot_hold(builder: Any) -> None:
    """2²⁴ + 1 duplicates' worth of weight, and float32 weights that add up past its range."""
    pair = np.zeros(2, np.uint32), np.ones(2, np.uint32)
    total = builder(*pair, np.array([2.0**24, 1.0]), 2)
    assert axons_of(columns_of(total, Names.range(2), None)) == {(0, 1): 2.0**24 + 1}
    huge = builder(*pair, np.full(2, 3e38, np.float32), 2)
    assert huge.out_weight.dtype == np.float64
    assert huge.out_total[0] == 2 * float(np.float32(3e38))


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1.0, -1e-300])
def test_bad_weights_are_named(builder: Any, bad: float) -> None:
    with pytest.raises(InputError, match=r"link 2: weight .* finite and not negative"):
        builder(np.array([0, 1, 1]), np.array([1, 0, 1]), np.array([1.0, 2.0, bad]), 2)


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("end", [2, -1, 2**32, 2**40])
def test_bad_ends_are_named(builder: Any, end: int) -> None:
    for pair in ((np.array([0, end]), np.array([1, 0])), (np.array([0, 1]), np.array([1, end]))):
        with pytest.raises(InputError, match=rf"link 1: index {end} is not among 2"):
            builder(*pair, None, 2)


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("weight", [1e260, 1e308, 1e-260, 5e-324])
def test_totals_out_of_reach(builder: Any, weight: float) -> None:
    with pytest.raises(InputError, match="rescale all weights"):
        builder(np.array([0]), np.array([1]), np.array([weight]), 2)


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_no_links(builder: Any, count: int) -> None:
    none = np.zeros(0, np.uint32)
    structure = builder(none, none, None, count)
    assert (structure.particle_count, structure.axon_count) == (count, 0)


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("kind", [np.int32, np.int64, np.uint32])
def test_types_of_ends_and_labels(builder: Any, kind: Any) -> None:
    source, target = np.array([7, 9, 9], kind), np.array([9, 7, 9], kind)
    labels = Labels(7, np.array([0, 99, 1], np.uint32))
    structure = builder(source, target, None, 2, labels)
    assert set(axons_of(columns_of(structure, Names.range(2), None))) == {(0, 1), (1, 0)}


def test_large_input_takes_the_compiled_builder() -> None:
    source, target, weight = heavy_tailed(3_000, 120_000, 4)
    whole = (weight * 16).astype(np.int64).astype(np.float64)
    one = arrays_of(build(source, target, whole, 3_000))
    assert_same(arrays_of(build_small(source, target, whole, 3_000)), one)


def test_too_many_particles() -> None:
    none = np.zeros(0, np.uint32)
    with pytest.raises(InputError, match="at most"):
        build(none, none, None, 2**32)
