"""The integer operator equals its model on any graph, by any backend, order of particles and number of threads."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph, limited
from focusmesh.engine.focus import IntegerAxons, ProtocolParams
from focusmesh.engine.focus.certificate import large
from focusmesh.engine.focus.certificate import operator as operators
from focusmesh.engine.focus.certificate.axons import Totals
from focusmesh.engine.focus.certificate.operator import IntegerOperator
from focusmesh.engine.focus.certificate.params import Teleport
from focusmesh.engine.focus.certificate.wide import bit_lengths, product_shifted, wide_sum
from focusmesh.engine.links.structure import structure
from focusmesh.errors import CertificateError
from tests.engine.focus.certificate.cases import (
    BACKENDS,
    cases,
    mass,
    operator_of,
    random_model,
    random_vector,
)
from tests.engine.focus.certificate.model import LIMIT, ONE, Model, norm, uniform

if TYPE_CHECKING:
    from tests.conftest import Vectors

# Counts and weights by which shares are packed, do not fit because a hub holds too much, because totals are too wide,
# and are plain.
SHAPES = {
    "packed": (400, 1500, 5000),
    "heavy": (12, 40, 99),
    "wide": (400, 1500, 2**32 - 1),
    "plain": (300, 900, 1),
}


def star(count: int, weight: int) -> Model:
    """Half of all mass on one particle."""
    base = random_model(1, count, 0, 1)
    return Model(
        count,
        [(i, 0, weight) for i in range(1, count)],
        base.alpha,
        base.diffusion,
        base.series,
        base.u,
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("own", [True, False])
def test_every_stage_is_that_of_the_model(backend: str, shape: str, own: bool) -> None:
    model = random_model(7, *SHAPES[shape])
    x = random_vector(3, model)
    found = operator_of(model, backend, own=own).stages(mass(x))
    assert {stage.name: stage.values.tolist() for stage in found} == model.stages(x)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_hub_with_half_of_the_mass(backend: str) -> None:
    model = star(40, 9)
    x = random_vector(5, model)
    x[0], x[1:] = x[0] + sum(v // 2 for v in x[1:]), [v - v // 2 for v in x[1:]]
    assert operator_of(model, backend).image(mass(x)).tolist() == model.image(x)


def test_all_ways_of_keeping_shares_were_tried() -> None:
    packed = {}
    for shape in SHAPES:
        model = random_model(7, *SHAPES[shape])
        operator = operator_of(model, "numba")
        assert isinstance(operator.steps, large.CompiledSteps)
        held = mass(random_vector(3, model))[operator.axons.rank]
        shares = operator.steps._shares(held, operator.axons.degree)
        packed[shape] = (shares.packed, operator.axons.in_weight is None)
    assert packed == {
        "packed": (True, False),
        "heavy": (False, False),
        "wide": (False, False),
        "plain": (False, True),
    }


@st.composite
def models(draw: st.DrawFn) -> Model:
    count = draw(st.integers(1, 9))
    most = draw(st.sampled_from([1, 7, 1000, 2**32 - 1]))
    alpha = draw(st.integers(1, 2**32 - 1))
    cuts = sorted(draw(st.lists(st.integers(0, 2**32 - 1), max_size=4)))
    series = [b - a for a, b in zip([0, *cuts], [*cuts, cuts[-1] if cuts else 0], strict=True)]
    own = [draw(st.integers(1, 2**50)) for _ in range(count - 1)]
    u = draw(st.sampled_from([uniform(count), [*own, ONE - sum(own)]]))
    seed = draw(st.integers(0, 2**20))
    return random_model(
        seed,
        count,
        draw(st.integers(0, 30)),
        most,
        alpha=alpha,
        diffusion=2**32 - sum(series),
        series=series,
        u=u,
    )


@given(models(), st.integers(0, 2**20))
def test_any_graph_and_parameters(model: Model, seed: int) -> None:
    x = random_vector(seed, model)
    for own in (True, False)[: 1 + (model.u == uniform(model.count))]:
        operator = operator_of(model, "numpy", own=own)
        if model.refusal(x):
            with pytest.raises(CertificateError):
                operator.apply(mass(x))
            continue
        assert operator.image(mass(x)).tolist() == model.image(x)
        assert operator.apply(mass(x)).rise == model.rise(x)


@pytest.mark.parametrize("backend", BACKENDS)
def test_bits_do_not_depend_on_threads_or_chunks(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = random_model(11, 700, 5000, 99_999)
    x = mass(random_vector(4, model))
    expected = model.image(x.tolist())
    for threads, chunk, links in product((1, 2, None), (1 << 15, 64, 7), (1 << 19, 50)):
        monkeypatch.setattr(operators, "CHUNK", chunk)
        monkeypatch.setattr(large, "CHUNK", chunk)
        monkeypatch.setattr(structure, "_CHUNK_LINKS", links)
        operator = operator_of(model, backend)
        with limited(threads):
            assert operator.image(x).tolist() == expected


@pytest.mark.parametrize("backend", BACKENDS)
def test_bits_do_not_depend_on_the_order_of_particles_and_links(backend: str) -> None:
    draws = np.random.default_rng(2)
    names = [f"n{i}" for i in range(300)]
    rows = [
        (names[draws.integers(150)], names[draws.integers(300)], int(draws.integers(1, 9)))
        for _ in range(1500)
    ]
    images = []
    for _ in range(3):
        draws.shuffle(names)
        draws.shuffle(rows)
        graph = Graph.from_edges(*zip(*rows, strict=True), particles=names)
        axons = IntegerAxons.of(graph)
        operator = IntegerOperator.on(axons, ProtocolParams.of(FocusParams()), None, backend)
        images.append(operator.image(operator.teleport.part(0, 300)))
    assert len({image.tobytes() for image in images}) == 1


def test_every_flipped_bit_is_refused(vectors: Vectors) -> None:
    flipped = 0
    for case in cases(vectors("certificate.json"), "vectors"):
        if not case.valid:
            continue
        operator, x = case.operator("numpy"), mass(case.x)
        operator.verify_vector(x)
        for at, bit in product(range(len(x)), range(64)):
            wrong = x.copy()
            wrong[at] ^= np.uint64(1 << bit)
            with pytest.raises(CertificateError):
                operator.verify_vector(wrong)
            flipped += 1
    assert flipped > 9_000


def wrapping_sum(values: Any) -> int:
    return int(values.sum())


@pytest.mark.parametrize("factor", [3, 5])
def test_a_multiple_that_is_right_only_modulo_2_to_the_64(
    factor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 40
    operator = operator_of(random_model(3, count, 200, 9), "numpy")
    multiple = mass([factor * ONE // count] * (count - 1))
    multiple = np.append(multiple, np.uint64((factor * ONE - wide_sum(multiple)) % 2**64))
    assert int(multiple.max()) <= ONE
    with pytest.raises(CertificateError, match=f"add up to {factor * ONE},"):
        operator.verify_vector(multiple)
    # The must-fail twin: 64-bit sums would let it pass. Chunks hide the wrap, so there is one.
    monkeypatch.setattr(operators, "wide_sum", wrapping_sum)
    operator.verify_vector(multiple)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_residual_of_2_to_the_64_is_none_of_0(backend: str) -> None:
    operator = operator_of(random_model(3, 2, 2, 1), backend)
    steps = operator.steps
    rise = steps.rise(steps.hold(mass([ONE, 0])), steps.hold(mass([0, ONE])))
    assert rise == ONE > LIMIT
    assert 2 * rise == 2**64


def test_almost_all_mass_changes_sides() -> None:
    model = Model(2, [(0, 1, 1), (1, 0, 1)], 1, 2**32, [0], uniform(2))
    x = [ONE - 2**30, 2**30]
    assert model.refusal(x) is None
    assert operator_of(model, "numpy").apply(mass(x)).rise == model.rise(x) > 2**62


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1), st.integers(0, 2**64 - 1))
def test_wide_arithmetic(values: list[int], factor: int) -> None:
    array = mass(values)
    assert wide_sum(array) == sum(values)
    assert product_shifted(array, factor, 64).tolist() == [v * factor >> 64 for v in values]
    assert bit_lengths(array).tolist() == [v.bit_length() for v in values]
    small = factor % 2**32 + 1
    assert product_shifted(array, small, 32).tolist() == [(v * small >> 32) % 2**64 for v in values]


@given(
    st.lists(
        st.one_of(st.integers(1, 2**63 - 1), st.sampled_from([1, 2**32 - 1, 2**32, 2**33 - 1])),
        min_size=1,
    )
)
def test_norm(totals: list[int]) -> None:
    found = Totals.of(mass(totals))
    listed = zip(found.scaled.tolist(), found.shift.tolist(), strict=True)
    assert list(listed) == [(scaled, 31 - k) for scaled, k in map(norm, totals)]


@given(st.data())
def test_compiled_quotients_are_exact(data: st.DataObject) -> None:
    from focusmesh.engine.focus.certificate import steps_compiled as kernels

    masses = data.draw(st.lists(st.integers(0, ONE), min_size=1, max_size=20))
    scaled = [data.draw(st.integers(2**31, 2**32 - 1)) for _ in masses]
    edges = [s * (m // s) for m, s in zip(masses, scaled, strict=True)]
    x, by = mass([*masses, *edges, ONE, ONE]), mass([*scaled, *scaled, 2**31, 2**32 - 1])
    share = np.empty_like(x)
    kernels.wide_shares(x, by, 1.0 / by, (0, len(x)), share)
    assert share.tolist() == [m * 2**31 // s for m, s in zip(x.tolist(), by.tolist(), strict=True)]


def test_what_is_too_much_leaves_the_largest_entries() -> None:
    model = random_model(5, 30, 90, 9)
    operator = operator_of(model, "numpy")
    x = mass(random_vector(6, model))
    more, largest = x.copy(), int(np.argmax(x))
    more[largest] += np.uint64(1_000)
    assert np.array_equal(operator.correct_sum(more), x)


def test_what_the_largest_entry_cannot_give_leaves_the_next_one() -> None:
    model = random_model(5, 30, 90, 9)
    operator = operator_of(model, "numpy")
    floor = operator.teleport.floor(operator.params, 0, 30)
    x = floor.copy()
    largest, next_one = 3, 17
    x[largest], x[next_one] = np.uint64(ONE // 2 + 1), np.uint64(ONE // 2)
    given_up = int(x.sum()) - ONE
    corrected = operator.correct_sum(x)
    assert wide_sum(corrected) == ONE
    assert given_up == int(x[largest] - corrected[largest])
    x[[largest, next_one]] = np.uint64(ONE)
    assert wide_sum(operator.correct_sum(x)) == ONE
    assert np.all(operator.correct_sum(x) >= floor)


@pytest.mark.parametrize("count", [29, 31])
def test_a_teleport_has_an_entry_for_each_particle(count: int) -> None:
    axons = operator_of(random_model(5, 30, 90, 9), "numpy").axons
    with pytest.raises(CertificateError, match=f"u has {count} entries for 30 particles") as told:
        IntegerOperator.on(axons, ProtocolParams.of(FocusParams()), Teleport(count))
    assert told.value.reason == "teleport"
