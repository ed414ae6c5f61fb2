"""FocusRank: scikit-learn's own checks, and the same scores as the graph's."""

from __future__ import annotations

import pickle
import sys
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from focusmesh import FocusParams, Graph, eigentrust
from focusmesh.errors import InputError, MissingExtraError, ParameterError
from focusmesh.interface.sklearn import FocusRank
from tests.engine.strategies import link_rows

if TYPE_CHECKING:
    from tests.conftest import LeftOut, Measured, Needs

WHY = "partial_fit takes links (i, j, weight), the check hands it a matrix"
NOT_APPLICABLE = {"check_fit_score_takes_y": WHY, "check_n_features_in_after_fitting": WHY}
ESTIMATORS = [FocusRank(), FocusRank.pagerank(), FocusRank(alpha=0.5, beta=1.0, solver="plain")]
A = np.array([[0, 100, 0, 0], [0, 0, 50, 0], [200, 0, 0, 0], [300, 0, 0, 0]], dtype=float)
T3 = [0.379997114117, 0.273437705853, 0.247534710075, 0.099030469955]


# A declared failure that passes fails here, since expected failures are strict.
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda _: NOT_APPLICABLE)  # type: ignore[untyped-decorator]
def test_what_scikit_learn_checks(estimator: FocusRank, check: Any, left_out: LeftOut) -> None:
    try:
        check(estimator)
    except SkipTest as reason:
        left_out("scikit-learn checks", str(reason))
    assert estimator.get_params() == type(estimator)(**estimator.get_params()).get_params()


def test_the_checks_are_counted(measured: Measured) -> None:
    checks = [check for _, check in estimator_checks_generator(FocusRank(), legacy=True)]
    names = {getattr(check, "func", check).__name__ for check in checks}
    assert len(checks) >= 40
    assert set(NOT_APPLICABLE) <= names
    measured(
        f"scikit-learn's estimator checks: {len(checks)} for each of {len(ESTIMATORS)} estimators, of which "
        f"{len(NOT_APPLICABLE)} do not apply ({', '.join(sorted(NOT_APPLICABLE))}: {WHY})"
    )


@pytest.mark.parametrize(
    "form",
    [
        *(np.array, np.asfortranarray, np.ndarray.tolist),
        *(sparse.csr_array, sparse.csc_array, sparse.coo_array, sparse.csr_matrix),
        sparse.lil_array,
    ],
)
def test_reference_values_in_every_form(form: Any) -> None:
    model = FocusRank(tolerance=1e-11).fit(form(A))
    np.testing.assert_allclose(model.scores_, T3, atol=2e-11)
    assert model.bound_ <= 1e-11
    assert (model.n_features_in_, model.n_iter_ > 1, model.seeds_) == (4, True, None)


@given(made=link_rows(), seeded=st.booleans())
def test_equal_to_the_graph(made: tuple[int, Any], seeded: bool) -> None:
    count, rows = made
    matrix = np.zeros((count, count))
    for source, target, weight in rows:
        matrix[source, target] += weight
    weights = {0: 1.0, count - 1: 2.0} if seeded else None
    scores = FocusRank().fit_predict(matrix, weights=weights)
    graph = Graph.from_scipy(sparse.coo_array(matrix))
    np.testing.assert_array_equal(scores, graph.focus(seeds=weights).scores)


def test_parameters_reach_the_operator() -> None:
    params = {"alpha": 0.3, "mu": 2.0, "tau": 0.5, "diffusion": 0.6, "springs": 0.1, "heat": 0.3}
    model = FocusRank(**params, terms=3, tolerance=1e-9, beta=0.25, solver="plain")
    model.fit(A, weights={1: 1.0})
    expected = Graph.from_scipy(sparse.coo_array(A)).focus(
        FocusParams(**params, terms=3), 1e-9, [1], beta=0.25, solver="plain"
    )
    np.testing.assert_array_equal(model.scores_, expected.scores)
    assert (model.focus_.solver, model.seeds_) == ("plain", {1: 1.0})


def test_where_teleport_and_dangling_mass_go() -> None:
    line = np.array([[0.0, 1.0], [0.0, 0.0]])
    model = FocusRank.pagerank(0.85, teleport={0: 1.0}, dangling=[1.0, 0.0]).fit(line)
    np.testing.assert_allclose(model.scores_, np.array([1, 0.85]) / 1.85, atol=1e-6)


def test_eigentrust_is_the_function() -> None:
    pretrusted = {0: 1.0, 3: 3.0}
    model = FocusRank.eigentrust(pretrusted, alpha=0.2).fit(A)
    trust = eigentrust(Graph.from_scipy(sparse.coo_array(A)), pretrusted, alpha=0.2)
    np.testing.assert_array_equal(model.scores_, trust.scores)


LINKS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.sampled_from([0.5, 1.0, 3.0])), max_size=20
)


@given(start=LINKS, batches=st.lists(LINKS, max_size=3))
def test_partial_fits_are_one_fit(start: list[Any], batches: list[list[Any]]) -> None:
    model = FocusRank(tolerance=1e-9).partial_fit(start)
    for batch in batches:
        model.partial_fit(np.array(batch).reshape(-1, 3))
    rows = [*start, *(row for batch in batches for row in batch)]
    count = max((1 + max(source, target) for source, target, _ in rows), default=0)
    matrix = np.zeros((count, count))
    for source, target, weight in rows:
        matrix[source, target] += weight
    assert model.n_features_in_ == count == len(model.scores_)
    if count:
        whole = FocusRank(tolerance=1e-9).fit(matrix)
        assert np.abs(model.scores_ - whole.scores_).sum() <= model.bound_ + whole.bound_


def test_partial_fit_keeps_the_seeds_and_the_first_fit() -> None:
    first = FocusRank().fit(A, weights={3: 1.0})
    graph, before = first.graph_, first.scores_.copy()
    first.partial_fit([(1, 3), (5, 3, 2.0)])
    assert first.seeds_ == {3: 1.0}
    assert first.n_features_in_ == 6
    assert graph.particle_count == 4
    np.testing.assert_array_equal(graph.focus(seeds={3: 1.0}).scores, before)
    changed = first.graph_.to_scipy()
    assert (changed[1, 3], changed[5, 3], changed[0, 1]) == (1.0, 2.0, 100.0)
    assert list(first.graph_.particles) == list(range(6))


@pytest.mark.parametrize(
    "bad",
    [(0,), (0, 1, 2, 3), (0.5, 1), (-1, 0), ("a", 1), (None, 1), (0, 1, -1.0), (0, 1, np.nan)],
)
def test_partial_fit_refuses_what_is_no_link_and_changes_nothing(bad: Any) -> None:
    model = FocusRank().fit(A)
    before = model.scores_
    with pytest.raises(InputError, match="edge 1"):
        model.partial_fit([(0, 7), bad])
    assert model.scores_ is before
    assert (model.graph_.particle_count, model.n_features_in_) == (4, 4)


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (np.ones((2, 3)), "square"),
        (-np.ones((2, 2)), "Negative"),
        (np.full((2, 2), np.nan), "NaN"),
        (np.zeros((0, 0)), "0 sample"),
        (np.ones(3), "1D array"),
    ],
)
def test_what_is_no_adjacency_matrix_is_refused(matrix: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FocusRank().fit(matrix)


def test_bad_parameters_show_when_fitted() -> None:
    model = FocusRank(alpha=0.0)
    with pytest.raises(ParameterError, match="0 < alpha"):
        model.fit(A)
    assert model.set_params(alpha=0.2).fit(A).focus_.params.alpha == 0.2


def test_clone_and_pickle() -> None:
    model = FocusRank(alpha=0.3, teleport={1: 1.0}, dangling=np.full(4, 0.25)).fit(A)
    fresh = clone(model)
    assert not hasattr(fresh, "scores_")
    np.testing.assert_array_equal(fresh.fit(A).scores_, model.scores_)
    back = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(back.scores_, model.scores_)
    assert back.partial_fit([(0, 3)]).n_features_in_ == 4


def test_names_of_columns(needs: Needs) -> None:
    frame = needs("pandas").DataFrame(A, columns=list("abcd"))
    model = FocusRank().fit(frame)
    assert list(model.feature_names_in_) == list("abcd")
    model.partial_fit([(4, 0)])
    assert not hasattr(model, "feature_names_in_")


def test_in_a_pipeline() -> None:
    steps = make_pipeline(FunctionTransformer(np.sqrt), FocusRank())
    scores = steps.fit_predict(A)
    np.testing.assert_array_equal(scores, FocusRank().fit_predict(np.sqrt(A)))


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    monkeypatch.delitem(sys.modules, "focusmesh.interface.sklearn")
    with pytest.raises(MissingExtraError, match=r"focusmesh\[sklearn\]"):
        import focusmesh.interface.sklearn  # noqa: F401
