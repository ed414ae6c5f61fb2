"""From a graph to a certificate and back: what is accepted, what is refused and why."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import focusmesh
from focusmesh import Certificate, FocusParams, Graph, certify, verify
from focusmesh.engine.focus import IntegerAxons, ProtocolParams
from focusmesh.engine.focus.certificate.axons import Totals
from focusmesh.engine.focus.certificate.certificate import operator_of
from focusmesh.errors import CertificateError, ConvergenceError, InputError, ParameterError
from tests.engine.focus.certificate.cases import mass
from tests.engine.focus.certificate.model import ONE
from tests.engine.strategies import heavy_tailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.support.progress import Step

NAMES = ["d", "a", "c", "b"]


def graph(weight: Any = (100, 50, 200, 300), names: Any = NAMES) -> Graph:
    """T3 of the normative page."""
    ends = [names[0], names[1], names[2], names[3]], [names[1], names[2], names[0], names[0]]
    return Graph.from_edges(*ends, list(weight))


def reason(act: Callable[[], object]) -> str:
    with pytest.raises(CertificateError) as caught:
        act()
    assert isinstance(caught.value, InputError)
    assert pickle.loads(pickle.dumps(caught.value)).reason == caught.value.reason
    return caught.value.reason


def test_a_focus_is_certified_and_verified() -> None:
    focus = graph().focus()
    certificate = certify(graph(), focus)
    verified = verify(graph(), certificate, params=FocusParams())
    assert verified.residual <= 1e-8
    assert verified.rise <= verified.limit == 46116860184
    exact = graph().focus(tolerance=1e-12).scores
    error = np.abs(certificate.scores(graph()) - exact).sum()
    assert error <= verified.bound <= 1.34e-7
    assert certificate.vector.sum() == np.uint64(ONE)


def test_the_scores_come_back_in_the_order_of_any_copy() -> None:
    certificate = certify(graph())
    ranked = dict(zip(graph().particles, certificate.scores(graph()), strict=True))
    other = graph().renamed(NAMES)
    mirrored = Graph.from_edges(*other_order(other), particles=list(reversed(NAMES)))
    again = dict(zip(mirrored.particles, certificate.scores(mirrored), strict=True))
    assert again == ranked
    assert verify(mirrored, certificate).rise == verify(graph(), certificate).rise


def other_order(given: Graph) -> tuple[list[Any], list[Any], list[float]]:
    links = given.links()
    assert links.weight is not None
    rows = list(zip(links.source.tolist(), links.target.tolist(), links.weight, strict=True))[::-1]
    return (
        [given.particles[s] for s, _, _ in rows],
        [given.particles[t] for _, t, _ in rows],
        [float(w) for _, _, w in rows],
    )


@pytest.mark.parametrize("names", [NAMES, [7, -1, 2**60, 0], [b"x", b"", b"y" * 32, b"z" * 32]])
def test_names_of_all_kinds(names: list[Any]) -> None:
    certificate = certify(graph(names=names))
    assert verify(graph(names=names), certificate).residual <= 1e-8
    assert reason(lambda: verify(graph(names=[8, 9, 10, 11]), certificate)) == "particles"


def test_a_name_that_has_no_digest() -> None:
    assert reason(lambda: certify(graph(names=["a", "b", ("c",), "d"]))) == "names"
    assert reason(lambda: certify(graph(names=["a", "b", "\udc80", "d"]))) == "names"
    assert reason(lambda: certify(graph(names=["a", "b", True, 2.5]))) == "names"


def test_weights_are_integers_or_are_counted_in_a_unit() -> None:
    with pytest.raises(CertificateError, match=r"'c' → 'd' weighs 7\.5, which is not an integer"):
        certify(graph((5, 2, 7.5, 7)))
    halves = graph((0.5, 1.25, 0.01, 7))
    assert reason(lambda: certify(halves)) == "weights"
    certificate = certify(halves, weight_unit=0.25)
    assert certificate.weight_unit == 0.25
    assert verify(halves, certificate).residual <= 1e-8
    # Halves go to even, and nothing becomes less than one unit.
    same = graph((2, 5, 1, 28))
    np.testing.assert_array_equal(certify(same).vector, certificate.vector)
    # Other units of the same weights are the same operator; other weights are not.
    assert verify(same, certificate).residual <= 1e-8
    assert reason(lambda: verify(graph((2, 6, 1, 28)), certificate)) == "residual"


@pytest.mark.parametrize("weight", [2.0**32, 2.0**63, 1e20])
def test_a_weight_that_is_too_large(weight: float) -> None:
    assert reason(lambda: certify(graph((weight, 1, 1, 1)))) == "weights"
    assert reason(lambda: certify(graph((weight, 1, 1, 1)), weight_unit=1e-3)) == "weights"
    largest = graph((2**32 - 1, 1, 1, 1))
    assert verify(largest, certify(largest)).residual <= 1e-8


@pytest.mark.parametrize("unit", [0.0, -1.0, float("inf"), float("nan")])
def test_a_unit_that_is_none(unit: float) -> None:
    with pytest.raises(ParameterError, match="weight_unit"):
        certify(graph(), weight_unit=unit)


def test_a_graph_without_weights_in_units() -> None:
    plain = Graph.from_edges(list("abc"), list("bca"))
    certificate = certify(plain, weight_unit=0.1)
    assert IntegerAxons.of(plain, 0.1).in_weight is not None
    assert verify(plain, certificate).residual <= 1e-8


def test_totals_end_below_2_to_the_63() -> None:
    assert reason(lambda: Totals.of(mass([2**63]))) == "weights"


def test_axons_that_are_given_one_by_one() -> None:
    assert IntegerAxons.from_links(3, [0, 1], [1, 2], [1, 5]).count == 3
    for links in (
        ([0, 0], [1, 1], [1, 1]),
        ([0, 1], [1, 1], [1, 1]),
        ([0], [1], [0]),
        ([0], [1], [2**32]),
        ([0], [1], [1.0]),
    ):
        assert reason(partial(IntegerAxons.from_links, 2, *links)) == "weights"


@pytest.mark.parametrize(
    "changed",
    [
        {"vector": lambda x: x[:-1]},
        {"vector": lambda x: x.astype(np.int64)},
        {"particles": lambda _: bytes(32)},
    ],
)
def test_a_certificate_of_other_particles(changed: dict[str, Callable[[Any], Any]]) -> None:
    certificate = certify(graph())
    (name,) = changed
    wrong = replace(certificate, **{name: changed[name](getattr(certificate, name))})
    assert reason(lambda: verify(graph(), wrong)) == "particles"


def test_a_certificate_of_other_links_or_parameters() -> None:
    certificate = certify(graph())
    other = graph((100, 50, 200, 301))
    operator = operator_of(other, certificate, "auto")
    residual = 2 * operator.apply(certificate.vector).rise / ONE
    with pytest.raises(CertificateError, match=f"the residual is {residual:.3g}, above 1e-08"):
        verify(other, certificate)
    assert reason(lambda: verify(graph((100, 50, 200, 301)), certificate)) == "residual"
    assert (
        reason(lambda: verify(graph(), certificate, params=FocusParams.pagerank())) == "parameters"
    )
    pagerank = replace(certificate, params=ProtocolParams.of(FocusParams.pagerank()))
    assert reason(lambda: verify(graph(), pagerank)) == "residual"
    assert reason(lambda: verify(graph(), replace(certificate, weight_unit=70.0))) == "residual"
    axons = IntegerAxons.of(graph())
    assert reason(lambda: verify(axons, replace(certificate, weight_unit=70.0))) == "weights"


def test_vectors_that_are_no_distribution_above_their_floors() -> None:
    certificate = certify(graph())
    x = certificate.vector
    for wrong, expected in (
        (x * np.uint64(3), "range"),
        (x + np.array([1, 0, 0, 0], dtype=np.uint64), "sum"),
        (x - np.array([1, 0, 0, 0], dtype=np.uint64), "sum"),
        (mass([0, 0, 0, ONE]), "floor"),
    ):
        changed = replace(certificate, vector=wrong)
        assert reason(partial(verify, graph(), changed)) == expected


@pytest.mark.parametrize(
    "params",
    [
        (0, 2**32, (0,)),
        (2**32, 2**32, (0,)),
        (5, 0, (2**32,)),
        (5, 2**32 + 1, (0,)),
        (5, 2**31, (2**31 + 1, -1)),
        (5, 2**31, ()),
        (5, 2**31, (2**31 - 1,)),
        (5, 2**31, (2**31, *[0] * 1025)),
    ],
)
def test_parameters_outside_of_their_ranges(params: tuple[int, int, tuple[int, ...]]) -> None:
    assert reason(lambda: ProtocolParams(*params)) == "parameters"


@pytest.mark.parametrize("epsilon", [0.0, 1.0, -1.0, float("nan")])
def test_an_epsilon_that_is_none(epsilon: float) -> None:
    with pytest.raises(ParameterError, match="epsilon"):
        certify(graph(), epsilon=epsilon)
    with pytest.raises(ParameterError, match="epsilon"):
        verify(graph(), certify(graph()), epsilon=epsilon)


@given(st.integers(0, 60), st.floats(0.01, 0.99), st.integers(0, 12))
def test_parameters_become_integers_that_add_up(mu: int, alpha: float, terms: int) -> None:
    params = FocusParams(alpha=alpha, mu=(mu + 1) / 10, tau=mu / 20, terms=terms)
    found = ProtocolParams.of(params)
    assert found.gap == pytest.approx(params.gap, abs=1e-9)
    for own, exact in zip(found.series, params.coefficients, strict=True):
        assert abs(own / 2**32 - exact) <= (terms + 1) * 2.0**-32


def test_a_teleport_of_its_own() -> None:
    shares = {"a": 0.7, "b": 0.1, "c": 0.1, "d": 0.1}
    certificate = certify(graph(), u=shares)
    assert verify(graph(), certificate).residual <= 1e-8
    focus = graph().focus(u=shares, tolerance=1e-10)
    assert np.abs(certificate.scores(graph()) - focus.scores).sum() <= 1.4e-7
    assert reason(lambda: certify(graph(), u=[1, 0, 1, 1])) == "teleport"
    assert certificate.teleport is not None
    for wrong in (
        certificate.teleport[:-1],
        certificate.teleport + np.uint64(1),
        mass([0, 0, 0, ONE]),
    ):
        changed = replace(certificate, teleport=wrong)
        assert reason(partial(verify, graph(), changed)) == "teleport"


def test_what_can_have_no_certificate() -> None:
    assert reason(lambda: certify(graph(), graph().focus(seeds=["a"]))) == "teleport"
    assert reason(lambda: certify(graph(), graph(names=[1, 2, 3, 4]).focus())) == "particles"
    assert reason(lambda: certify(Graph.from_edges([], []))) == "teleport"
    with pytest.raises(ConvergenceError, match="choose a larger epsilon"):
        certify(Graph.from_edges(*heavy_tailed(300, 2_000, 1)), weight_unit=0.1, epsilon=1e-19)


def test_graphs_without_links() -> None:
    for count in (1, 5):
        empty = Graph.from_edges([], [], particles=count)
        assert verify(empty, certify(empty)).residual <= 1e-8


def test_fine_residuals_are_reached_by_applying_the_integer_operator() -> None:
    certificate = certify(graph(), epsilon=1e-16)
    assert verify(graph(), certificate, epsilon=1e-16).residual <= 1e-16


def test_a_large_graph_compiled() -> None:
    source, target, weight = heavy_tailed(5_000, 120_000, 3)
    large = Graph.from_edges(source, target, weight, particles=5_000)
    assert large.structure.is_compiled
    steps: list[Step] = []
    certificate = certify(large, large.focus(), weight_unit=1e-3, progress=steps.append)
    verified = verify(large, certificate, progress=steps.append)
    assert verified.residual <= 1e-8
    assert verified.rounding < 1e-9
    assert {step.what for step in steps} == {"ranking", "checking"}
    assert steps[-1].done == steps[-1].total == 11
    wrong = certificate.vector.copy()
    wrong[:2] += np.array([2**40, -(2**40)]).astype(np.uint64)
    assert reason(lambda: verify(large, replace(certificate, vector=wrong))) == "residual"


def test_a_check_can_be_stopped() -> None:
    def stop(_: Step) -> None:
        raise KeyboardInterrupt

    certificate = certify(graph())
    with pytest.raises(KeyboardInterrupt):
        verify(graph(), certificate, progress=stop)


@pytest.mark.parametrize("threads", [0, -1, 1.5])
def test_threads_are_a_count(threads: Any) -> None:
    certificate = certify(graph(), threads=1)
    assert verify(graph(), certificate, threads=2).residual <= 1e-8
    with pytest.raises(ParameterError, match="threads"):
        certify(graph(), threads=threads)
    with pytest.raises(ParameterError, match="threads"):
        verify(graph(), certificate, threads=threads)


def test_it_is_public() -> None:
    assert focusmesh.certify is certify
    assert repr(certify(graph())) == "<Certificate of 4 particles, 8 undirected steps>"
    assert isinstance(certify(graph()), Certificate)
