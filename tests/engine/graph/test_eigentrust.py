"""EigenTrust against a dense power iteration written from the paper's formula."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Graph, eigentrust, local_trust
from focusmesh.errors import InputError, ParameterError, UnknownParticleError

Rating: TypeAlias = tuple[int, int, float]
PEERS = 7
RATINGS = st.lists(
    st.tuples(
        st.integers(0, PEERS - 1),
        st.integers(0, PEERS - 1),
        st.sampled_from([-3.0, -1.0, 0.0, 0.5, 1.0, 4.0]),
    ),
    max_size=40,
)


def paper(ratings: list[Rating], p: Any, alpha: float) -> Any:
    """t ← (1 − α) Cᵀ t + α p until it stands; c_ij = max(s_ij, 0) / Σ_j max(s_ij, 0), or p_j where that is 0 / 0.

    Kamvar, Schlosser, Garcia-Molina, WWW 2003, §4.1–4.5 with a for α. A peer does not rate itself.
    """
    s = np.zeros((PEERS, PEERS))
    for truster, trusted, value in ratings:
        s[truster, trusted] += value
    np.fill_diagonal(s, 0.0)
    c = np.maximum(s, 0.0)
    for i in range(PEERS):
        c[i] = c[i] / c[i].sum() if c[i].sum() > 0 else p
    t = p
    while True:
        following = (1 - alpha) * c.T @ t + alpha * p
        if np.abs(following - t).sum() < 1e-15:
            return following
        t = following


def trust_of(ratings: list[Rating]) -> Graph:
    """The graph of ``ratings`` among all peers: each of them is named by ratings of 0."""
    everyone = [*((peer, peer, 0.0) for peer in range(PEERS)), *ratings]
    truster, trusted, value = zip(*everyone, strict=True)
    return local_trust(truster, trusted, value)


@given(
    ratings=RATINGS,
    weights=st.lists(st.sampled_from([0.0, 1.0, 2.5]), min_size=PEERS, max_size=PEERS),
    alpha=st.sampled_from([0.05, 0.15, 0.5, 1.0]),
)
def test_equal_to_the_formula(ratings: list[Rating], weights: list[float], alpha: float) -> None:
    chosen = {peer: weight for peer, weight in enumerate(weights) if weight} or {0: 1.0}
    p = np.array([chosen.get(peer, 0.0) for peer in range(PEERS)]) / sum(chosen.values())
    trust = eigentrust(trust_of(ratings), chosen, alpha, tolerance=1e-10)
    assert trust.bound <= 1e-10
    assert np.abs(trust.scores - paper(ratings, p, alpha)).sum() <= trust.bound + 1e-12


def test_by_hand() -> None:
    """a trusts b, b trusts nobody: t_a = α + (1 − α) t_b, t_b = (1 − α) t_a."""
    trust = eigentrust(local_trust(["a"], ["b"], [3.0]), ["a"], alpha=0.2, tolerance=1e-12)
    np.testing.assert_allclose(trust.scores, [1 / 1.8, 0.8 / 1.8], atol=1e-12)


def test_those_whom_no_trust_reaches_have_none() -> None:
    ring = [("x", "y", 9.0), ("y", "z", 9.0), ("z", "x", 9.0), ("x", "a", 9.0)]
    truster, trusted, value = zip(("a", "b", 1.0), ("b", "a", 1.0), *ring, strict=True)
    trust = eigentrust(local_trust(truster, trusted, value), ["a"])
    assert [trust.score(name) for name in "xyz"] == [0.0, 0.0, 0.0]
    assert trust.score("a") + trust.score("b") == pytest.approx(1.0)


def test_uniform_teleport_would_give_them_some() -> None:
    graph = local_trust(["x", "y", "a"], ["y", "x", "b"], [1.0, 1.0, 1.0])
    trust = eigentrust(graph, ["x", "y", "a", "b"])
    assert trust.score("x") > 0.2


def test_bad_experience_takes_trust_back_but_never_below_none() -> None:
    graph = local_trust(["a", "a", "a", "a"], ["b", "b", "c", "d"], [3.0, -1.0, -5.0, 2.0])
    assert graph.successors("a") == [("b", 2.0), ("d", 2.0)]
    assert list(graph.particles) == ["a", "b", "c", "d"]


def test_sparse_integers_keep_their_names() -> None:
    graph = local_trust(np.array([70, 5]), np.array([5, 900]), np.array([1, 2]))
    assert list(graph.particles) == [5, 70, 900]
    assert graph.weight(5, 900) == 2.0


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([1.0, np.nan], "row 1"),
        ([np.inf, 1.0], "row 0"),
        ([1.0], "shape"),
        (["much", "little"], "numbers"),
    ],
)
def test_bad_values(value: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        local_trust(["a", "b"], ["b", "a"], value)


def test_bad_arguments() -> None:
    graph = local_trust(["a"], ["b"], [1.0])
    with pytest.raises(UnknownParticleError, match="nobody"):
        eigentrust(graph, ["nobody"])
    with pytest.raises(InputError, match="at least one seed"):
        eigentrust(graph, [])
    with pytest.raises(ParameterError, match="0 < alpha"):
        eigentrust(graph, ["a"], alpha=0.0)


def test_an_edit_changes_trust() -> None:
    graph = local_trust(["a"], ["b"], [1.0])
    graph.link("b", "c", 1.0)
    assert eigentrust(graph, ["a"]).score("c") > 0.1
